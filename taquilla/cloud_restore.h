/* cloud_restore.h - a restore out of S3, to a backup or to a moment, as the verbs restore and ingestion --mode do it. */
#ifndef TAQUILLA_CLOUD_RESTORE_H
#define TAQUILLA_CLOUD_RESTORE_H

#include "taquilla/keeping.h"

struct cloud_restore {
    const char *verb;  /* begins what is said */
    const char *from;  /* s3://BUCKET or s3://BUCKET/PREFIX, under which the folders of backups and figures lie; NULL: as set */
    const char *at;    /* TIME; NULL: the newest backup as it is */
    bool only_check;   /* it is fetched, held against its manifest, and goes again */
    struct restore_task restore;
};

bool is_cloud_place(const char *from);

/* For cinema_visit. Says what comes about. */
const fault *cloud_restore_run(struct cinema *c, arena *a, void *arg);

#endif
