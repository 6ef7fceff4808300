/* ingestion.h - the service's own struct, and what its files share. */
#ifndef TAQUILLA_INGESTION_INGESTION_H
#define TAQUILLA_INGESTION_INGESTION_H

#include "lib/http/route.h"
#include "lib/loop/fiber.h"
#include "services/ingestion/backup/backup.h"
#include "services/ingestion/cloud/watch.h"
#include "services/ingestion/jobs/cloud_jobs.h"
#include "services/ingestion/sync/sync.h"

struct ingestion {
    const struct ingestion_settings *settings;
    struct ingestion_owners owners;
    struct cloud cloud;      /* without `aws`: none is configured */
    struct cloud_jobs work;
    struct cloud_watch watch;
    struct sync sync;        /* only with a cloud */
    const char *program;
    struct scheduler {
        fiber *self;       /* while it runs */
        bool resting;      /* and waits for its own time: it may be woken */
        bool ending;
        bool running;      /* a backup is being made */
        bool failed;       /* the last try did not succeed */
        char code[64];     /* and why */
        instant began;     /* of the scheduler */
        instant next;      /* INSTANT_NONE: never */
        struct backup_made last; /* the newest whole one; its figures are known only of one made here */
        char last_name[BACKUP_NAME_MAX]; /* empty: there is none */
        int64_t took_ms;
        uint64_t made, failures;
    } scheduler;
};

extern const struct route ingestion_routes[];

struct backups_query {
    str source_db, table_name;
};

/* UNAVAILABLE cloud_not_configured. */
const fault *ingestion_cloud_there(struct call *c) MUST_CHECK;
handler ingestion_backups_list;
handler ingestion_sync, ingestion_tables, ingestion_items; /* handlers.c */
handler ingestion_migrate, ingestion_backup, ingestion_job_show; /* handlers_jobs.c */

/* --- scheduler.c: backups into BACKUP_DIR and the cloud by BACKUP_SCHEDULE --- */

const fault *ingestion_scheduler_start(struct ingestion *svc, arena *a) MUST_CHECK;
void ingestion_scheduler_stop(struct ingestion *svc);  /* says so; from anywhere */
void ingestion_scheduler_await(struct ingestion *svc); /* waits for its end; fibers only */

/* Members of /health behind a comma, and lines of /metrics. */
extern const struct shape ingestion_health_shape;
void ingestion_health_write(const struct ingestion *svc, struct buf *out);
void ingestion_metrics_write(const struct ingestion *svc, struct buf *out);

#endif
