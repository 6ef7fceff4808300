/* token.h - the secret that the services of one cinema show each other. */
#ifndef TAQUILLA_TOKEN_H
#define TAQUILLA_TOKEN_H

#include "lib/base/fault.h"

/* Reads DIR/service.token, or makes it: 32 random bytes in hex, for the owner's eyes alone (0600). Makes the directory
 * (0700) too. INVALID token_unreadable. */
const fault *service_token_of(arena *a, const char *directory, str *token) MUST_CHECK;

#endif
