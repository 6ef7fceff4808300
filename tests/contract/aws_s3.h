/* aws_s3.h - the bucket that the contract of S3 is tried in. */
#ifndef TAQUILLA_TESTS_CONTRACT_AWS_S3_H
#define TAQUILLA_TESTS_CONTRACT_AWS_S3_H

#include "tests/contract/aws_support.h"

#include "lib/aws/s3_internal.h"

extern struct s3 bucket;
void bucket_use(void); /* of this run, by this scene's client; the first scene makes it */
bool server_is(const char *name);

int s3_parts_run(void); /* of aws_s3_parts.c */

#endif
