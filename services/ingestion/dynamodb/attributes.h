/* attributes.h - the attributes of one DynamoDB item, as a whole item's JSON or as a change of some of them. Pure: no I/O. */
#ifndef TAQUILLA_INGESTION_ATTRIBUTES_H
#define TAQUILLA_INGESTION_ATTRIBUTES_H

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/money.h"

#define ATTRIBUTES_MAX 40

struct attributes {
    arena *in;
    struct attribute {
        const char *name;
        str value;  /* DynamoDB's JSON: {"S":"x"}; no text: the item has none */
        bool named; /* and nothing else */
    } at[ATTRIBUTES_MAX];
    size_t count;
};

void attribute_text(struct attributes *of, const char *name, str value);       /* none of no text */
void attribute_key_text(struct attributes *of, const char *name, str value);   /* of an index: none of an empty one either */
void attribute_number(struct attributes *of, const char *name, int64_t value); /* none of INTEGER_NONE */
void attribute_real(struct attributes *of, const char *name, double value);    /* none unless finite */
void attribute_bool(struct attributes *of, const char *name, bool value);
void attribute_cents(struct attributes *of, const char *name, money value);
void attribute_moment(struct attributes *of, const char *name, instant value, enum time_form form); /* none of none */
void attribute_wall(struct attributes *of, const char *name, wall value);
void attribute_texts(struct attributes *of, const char *name, const strs *values, size_t count);    /* a list */
/* A list of maps: each is put at the end of `maps`, zero at first, with the arena. */
void attribute_map_put(struct buf *maps, const struct attributes *map);
void attribute_maps(struct attributes *of, const char *name, const struct buf *maps);
void attribute_none(struct attributes *of, const char *name);  /* a change takes it away */
void attribute_named(struct attributes *of, const char *name); /* nothing happens to it: a change's condition speaks of it */

/* {"name":{"S":"x"},...}: what the item has. */
str attributes_item(const struct attributes *of);

/* The same as an update: SET what it has, REMOVE what it has not; the names and values that it speaks of. The attributes of the
 * table's key must not be among them. */
struct attributes_change {
    str expression, names, values;
};
struct attributes_change attributes_change(const struct attributes *of);

#endif
