/* setup.h - what the cloud needs once: a bucket that is versioned, encrypted, closed to the public and forgets in time, and four tables
 * with their indexes. Looks first and changes only what is missing, so it may be run as often as one likes. Fibers only. */
#ifndef TAQUILLA_INGESTION_SETUP_H
#define TAQUILLA_INGESTION_SETUP_H

#include "services/ingestion/cloud/cloud.h"

enum setup_state {
    SETUP_THERE,   /* nothing to do */
    SETUP_MISSING, /* a plan: would be done */
    SETUP_DONE,
    SETUP_UNKNOWN, /* this server, which is not Amazon's, does not know such a thing */
    SETUP_FOREIGN, /* something of somebody else's stands in its place, and stays */
};

struct setup_order {
    const struct cloud *cloud;
    bool plan; /* only look */
    void (*told)(void *arg, const char *what, enum setup_state state); /* a line each, in order */
    void *arg;
};

const fault *ingestion_setup(arena *a, const struct setup_order *want) MUST_CHECK;

/* The least that an identity must be allowed: JSON of IAM. Its statements Run* are for the service, Restore for `taquilla restore`,
 * SetUp* for `taquilla setup` alone. */
void ingestion_policy_write(struct buf *out, const struct cloud *c);

#endif
