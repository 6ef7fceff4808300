/* sums.c - by OpenSSL. */
#include "lib/aws/sums.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "lib/base/heap.h"
#include "lib/loop/fiber.h"

#define HERE_BYTES_MAX ((size_t)128 * 1024) /* takes the loop's thread half a millisecond at most */

struct sums {
    EVP_MD_CTX *context;
};

/* OpenSSL fails here only without memory. */
static void must(int done)
{
    if (done != 1)
        abort();
}

struct job {
    EVP_MD_CTX *all; /* NULL: only the piece */
    str piece;
    unsigned char *own;
};

static void job_do(void *arg)
{
    struct job *j = arg;
    if (j->all)
        must(EVP_DigestUpdate(j->all, j->piece.at, j->piece.len));
    must(EVP_Digest(j->piece.at, j->piece.len, j->own, NULL, EVP_sha256(), NULL));
}

static void job_run(struct job *j)
{
    if (j->piece.len <= HERE_BYTES_MAX || !offload("s3 sums", job_do, j))
        job_do(j);
}

struct sums *sums_begin(void)
{
    struct sums *made = heap_take(sizeof *made);
    made->context = EVP_MD_CTX_new();
    if (!made->context)
        abort();
    must(EVP_DigestInit_ex(made->context, EVP_sha256(), NULL));
    return made;
}

void sums_add(struct sums *all, str piece, unsigned char own[SHA256_BYTES])
{
    job_run(&(struct job){ all->context, piece, own });
}

void sums_end(struct sums *all, unsigned char whole[SHA256_BYTES])
{
    must(EVP_DigestFinal_ex(all->context, whole, NULL));
    EVP_MD_CTX_free(all->context);
    free(all);
}

void sha256_of(str bytes, unsigned char out[SHA256_BYTES])
{
    job_run(&(struct job){ NULL, bytes, out });
}

void md5_of(str bytes, unsigned char out[MD5_BYTES])
{
    must(EVP_Digest(bytes.at, bytes.len, out, NULL, EVP_md5(), NULL));
}

str base64_of(arena *a, const unsigned char *bytes, size_t count)
{
    unsigned char *made = arena_take(a, (count + 2) / 3 * 4 + 1);
    return (str){ (char *)made, (size_t)EVP_EncodeBlock(made, bytes, (int)count) };
}

str hex_of(arena *a, const unsigned char *bytes, size_t count)
{
    char *made = arena_take(a, 2 * count + 1);
    for (size_t i = 0; i < count; i++) {
        made[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        made[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    return (str){ made, 2 * count };
}
