/* keeping.h - backups and restores as verbs do them: in a cinema that was found, told to a person. */
#ifndef TAQUILLA_KEEPING_H
#define TAQUILLA_KEEPING_H

#include "services/ingestion/restore/restore.h"
#include "taquilla/cinema.h"

/* Says what comes about: on a terminal one line that moves, else a line a table. */
struct teller {
    struct backup_watcher watcher;
    bool terminal;
    bool restores;
    int64_t told_ms;
};
void teller_begin(struct teller *t, bool restores);

/* Tasks for cinema_visit. */
struct backup_task {
    const char *shelf;
    struct teller teller;
    struct backup_made made;
    int64_t keep, removed; /* keep 0: all */
};
const fault *backup_task_run(struct cinema *c, arena *a, void *arg);

struct restore_task {
    struct backup_chosen backup;
    struct teller teller;
    bool there;
};
const fault *restore_task_run(struct cinema *c, arena *a, void *arg);

/* Chooses and says which; exit code 1 after a sentence when there is none. */
int backup_choose_aloud(arena *a, const char *verb, const char *from, struct backup_chosen *out);

void backup_account(const struct backup_task *t);
void restore_account(const struct cinema *c, const struct restore_task *t);

/* "3.4 MiB" */
const char *bytes_said(char room[32], int64_t bytes);

/* The sentence of a fault on standard error; 2 when a setting is wrong, else 1. */
int keeping_failed(const char *verb, const fault *problem);

#endif
