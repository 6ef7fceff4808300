/* import_send.h - rows to their owner, a batch at a time. */
#ifndef TAQUILLA_IMPORT_SEND_H
#define TAQUILLA_IMPORT_SEND_H

#include "taquilla/cinema.h"
#include "taquilla/import_account.h"

/* Which keys a file has had, and on which line: 16 bytes a slot, two slots a row. */
struct seen {
    struct seen_slot {
        uint64_t hash; /* 0: free */
        size_t line;
    } *slots;
    size_t count; /* a power of two */
};
void seen_open(arena *a, struct seen *s, size_t rows);
/* The line on which that key stands first; 0: it is new, and now on this line, unless that is 0. Without case. */
size_t seen_line(struct seen *s, str key, size_t line);

struct sending {
    const struct import_kind *kind;
    struct import_file *file;
    const struct lore *lore;
    struct account *account;
    arena *boot;
    bool check;
};

/* Reads the file to its end and sends what can be sent. What was sent is in the account, also when it stops early: INVALID
 * import_unreadable, UNAVAILABLE (the owner is away), import_interrupted (SIGINT). Fibers only. */
const fault *rows_send(struct cinema *c, arena *a, void *sending) MUST_CHECK;

/* Each row of the file and what it is made of alone, in its first reading. */
const fault *rows_survey(struct import_file *file, const struct import_kind *kind, struct lore *lore, arena *a) MUST_CHECK;

/* The interrupt that ends rows_send after the batch under way. */
void interrupt_catch(void);

#endif
