/* handlers.c - what belongs to the cloud says that there is none. */
#include "services/ingestion/ingestion.h"

#define ASK_AGAIN_S 3600 /* only a new start of the service changes it */

const fault *ingestion_cloud(struct call *c)
{
    const struct ingestion *svc = c->service;
    const char *why = ingestion_cloud_wished(svc->settings)
                          ? "This version of Taquilla does not speak to AWS, although its settings are there"
                          : "No cloud is configured";
    fault *made = fault_new(c->arena, FAULT_UNAVAILABLE, "cloud_not_configured",
                            "%s. Backups go to a directory: see `taquilla backup` and BACKUP_DIR.", why);
    made->retry_after_s = ASK_AGAIN_S;
    return made;
}
