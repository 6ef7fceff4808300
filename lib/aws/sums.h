/* sums.h - the digests that S3 is sent with what it stores. Long ones are made by another thread while the fiber waits. */
#ifndef TAQUILLA_AWS_SUMS_H
#define TAQUILLA_AWS_SUMS_H

#include "lib/base/arena.h"

#define SHA256_BYTES 32
#define MD5_BYTES 16

struct sums; /* a SHA-256 that is fed in pieces */

struct sums *sums_begin(void);
/* Feeds it, and says the piece's own SHA-256 too. Fibers only. */
void sums_add(struct sums *all, str piece, unsigned char own[SHA256_BYTES]);
void sums_end(struct sums *all, unsigned char whole[SHA256_BYTES]); /* and gives it back */

void sha256_of(str bytes, unsigned char out[SHA256_BYTES]); /* fibers only */
void md5_of(str bytes, unsigned char out[MD5_BYTES]);

str base64_of(arena *a, const unsigned char *bytes, size_t count) MUST_CHECK;
str hex_of(arena *a, const unsigned char *bytes, size_t count) MUST_CHECK;

#endif
