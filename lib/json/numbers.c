/* numbers.c - numbers as clients send them, and the one place where money meets a double. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json/reading.h"
#include "lib/json/write.h"

/* A JSON number as text and nothing else: strtod alone takes hexadecimal, inf and nan too. */
bool number_of_text(str text, double *out)
{
    char room[64];
    if (text.len == 0 || text.len >= sizeof room)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (memchr("0123456789+-.eE", text.at[i], 15) == NULL)
            return false;
    if (text.at[0] == '+' || text.at[0] == '.')
        return false;
    memcpy(room, text.at, text.len);
    room[text.len] = '\0';
    char *end;
    double n = strtod(room, &end);
    if (*end || !isfinite(n))
        return false;
    *out = n;
    return true;
}

/* 12.0 is twelve: old clients compute ids and minutes in floating point. */
static bool int_of_number(double n, int64_t *out)
{
    if (n != floor(n) || fabs(n) >= 9.2e18)
        return false;
    *out = (int64_t)n;
    return true;
}

bool int_of_text(str text, int64_t *out)
{
    double n;
    return str_to_int(text, out) || (number_of_text(text, &n) && int_of_number(n, out));
}

bool int_of_json(const json_t *value, int64_t *out)
{
    if (json_is_integer(value)) {
        *out = json_integer_value(value);
        return true;
    }
    if (json_is_real(value))
        return int_of_number(json_real_value(value), out);
    return json_is_string(value) &&
           str_to_int((str){ json_string_value(value), json_string_length(value) }, out);
}

/* Half up as the client wrote it: 10.005 is a little less than that in binary, and its owner
 * means 10.01. The shortest decimal that gives the same double is what he wrote. */
static int64_t cents_rounded(double size)
{
    char room[40];
    struct buf text = { .at = room,
                        .cap = sizeof room }; /* never full: a number has 24 bytes at most */
    if (size < 0.0001)
        return 0; /* below that it would be written with an exponent */
    json_write_number(&text, size);
    int64_t cents = 0, digits_after = -1;
    bool up = false;
    for (size_t i = 0; i < text.len && digits_after < 3; i++) {
        if (digits_after >= 0)
            digits_after++;
        if (room[i] == '.')
            digits_after = 0;
        else if (digits_after < 3)
            cents = cents * 10 + (room[i] - '0');
        else
            up = room[i] >= '5';
    }
    for (; digits_after < 2; digits_after++)
        if (digits_after >= 0)
            cents *= 10;
    return cents + up;
}

bool money_of_number(double number, money *out, bool *exact)
{
    double size = fabs(number);
    if (!(size <= (double)MONEY_MAX_CENTS / 100 + 1))
        return false;
    /* Both are whole numbers that a double holds, so the quotient is the double nearest to that
     * decimal. */
    int64_t cents = llround(size * 100);
    *exact = (double)cents / 100 == size;
    if (!*exact)
        cents = cents_rounded(size);
    if (cents > MONEY_MAX_CENTS)
        return false;
    out->cents = number < 0 ? -cents : cents;
    return true;
}
