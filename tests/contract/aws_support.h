/* aws_support.h - what the contracts of S3 and DynamoDB need: a client by the environment, scenes in a fiber, a line that is cut. */
#ifndef TAQUILLA_TESTS_CONTRACT_AWS_SUPPORT_H
#define TAQUILLA_TESTS_CONTRACT_AWS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/aws/aws.h"

extern arena *a;            /* of one scene */
extern struct aws *cloud;   /* asks with AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_DYNAMODB, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY */
extern const char *server;  /* the program's first argument: versitygw, s3s, moto, dynamodb */

/* Another client: with that secret when it is there, and S3 at that address when it is. */
struct aws *cloud_open(const char *secret, str s3);

int scene_open(void **state);
int scene_close(void **state);
void in_a_fiber(void (*run)(void)); /* until it ended */
#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

void well(const fault *problem);                      /* there must be none */
void refused(const fault *problem, const char *code); /* there must be this one, and its sentence hold no secret */
void is_text(str text, const char *wanted);

/* A line to the server of `url` (http://127.0.0.1:PORT): the first `cuts` connections end after so many bytes of answers. */
struct line;
struct line *line_open(const char *url, int cuts, size_t bytes);
str line_url(struct line *l);
int line_cuts_left(struct line *l);
void line_close(struct line *l);

#endif
