/* model_report.h - what a backup to the cloud and a migration tell at their end. No I/O. */
#ifndef TAQUILLA_INGESTION_MODEL_REPORT_H
#define TAQUILLA_INGESTION_MODEL_REPORT_H

#include "lib/json/shape.h"
#include "services/ingestion/model.h"

struct rooms_counts {
    int64_t rooms, seats, schedules;
};
struct reservations_counts {
    int64_t users, reservations, reserved_seats, payments;
};
struct movies_counts {
    int64_t movies, genres;
};
struct record_counts {
    struct rooms_counts *mysql;
    struct reservations_counts *postgresql;
    struct movies_counts *mongodb;
};
struct item_counts {
    int64_t movies, rooms, reservations, users;
};
struct position_counts {
    int64_t movies, rooms, reservations;
};
struct report_error {
    str step, code, message;
};

struct cloud_report {
    str message;
    instant timestamp;
    struct record_counts *record_counts; /* NULL: it did not come so far */
    int64_t total;                       /* of these */
    unsigned status;                     /* SUCCESS, PARTIAL; of a migration */
    str backup;                          /* its stamp in S3; none: it did not come so far */
    int64_t objects, bytes, reports, lake_rows, log_rows_removed;
    struct position_counts *positions;
    struct item_counts *dynamodb;        /* of a migration */
    str rds;                             /* of a migration: "not_configured", "success", "error" */
    list errors;                         /* of struct report_error */
    str error, code;                     /* what made it fail */
};
enum report_status { REPORT_SUCCESS, REPORT_PARTIAL };

extern const struct shape ingestion_backup_report_shape, ingestion_migration_report_shape;

/* Fills in counts, total and positions. */
void ingestion_report_count(arena *a, struct cloud_report *r, const struct backup_manifest *m);

#endif
