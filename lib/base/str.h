/* str.h - text as pointer and length: never owning, never assumed to end in NUL. */
#ifndef TAQUILLA_BASE_STR_H
#define TAQUILLA_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(text_at, first) __attribute__((format(printf, text_at, first), nonnull(text_at)))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* at == NULL is "no text" (JSON null); len 0 with at set is the empty text. */
typedef struct {
    const char *at;
    size_t len;
} str;

#define STR(literal) ((str){ "" literal, sizeof(literal) - 1 })
#define STR_ARG(s) (int)(s).len, (s).at /* for "%.*s" */

/* NULL gives "no text". Here, so that the length of a literal is known when the program is built. */
static inline str str_of(const char *terminated)
{
    return terminated ? (str){ terminated, strlen(terminated) } : (str){ NULL, 0 };
}

bool str_equal(str a, str b);
bool str_equal_nocase(str a, str b); /* ASCII letters only */
bool str_starts(str text, str prefix);
bool str_ends(str text, str suffix);
str str_trim(str text);           /* without the white space (ASCII) at both ends */
bool str_blank(str text);         /* nothing but white space */
str str_after(str text, size_t n); /* without its first n bytes; empty when shorter */

/* Takes the text before `separator` off the front of *rest. False when *rest was already used up. */
bool str_cut(str *rest, char separator, str *piece);

/* The whole text as a decimal integer: optional '-', digits, nothing else; false also on overflow. */
bool str_to_int(str text, int64_t *out) MUST_CHECK;

/* Code points of a UTF-8 text; limits on texts are counted in them. */
size_t str_code_points(str utf8);
bool str_is_utf8(str text);
bool str_is_ascii(str text);
/* Bytes of the well-formed UTF-8 sequence at its front; 0 when there is none. */
size_t str_utf8_step(str text);

#endif
