/* reports.h - what analytics says on the day of a backup, kept beside it; and how far its own copy in RDS has got. Fibers only. */
#ifndef TAQUILLA_INGESTION_REPORTS_H
#define TAQUILLA_INGESTION_REPORTS_H

#include "services/ingestion/cloud/cloud.h"

#define REPORT_KINDS 5

/* Puts one under {analytics_folder}/{kind}/{stamp}_{kind}.json. */
const fault *ingestion_report_put(const struct cloud *c, arena *a, const char *kind, str stamp, str json) MUST_CHECK;

/* The five answers of analytics, as they are but without users' names. *put counts them. UNAVAILABLE upstream_away and so on. */
const fault *ingestion_reports_make(const struct cloud *c, arena *a, str stamp, int64_t *put) MUST_CHECK;

/* Waits until analytics has taken all that the backup holds into its sums, wait_ms at most. UNAVAILABLE figures_late. */
const fault *ingestion_figures_await(const struct cloud *c, arena *a, const struct backup_manifest *m, int64_t wait_ms) MUST_CHECK;

#endif
