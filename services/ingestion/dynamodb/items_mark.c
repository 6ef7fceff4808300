/* items_mark.c - DIR/migrate/taquilla-STAMP/dynamodb.json. */
#include "services/ingestion/dynamodb/items_mark.h"

#include <string.h>

#include "lib/json/read.h"
#include "lib/json/write.h"
#include "services/ingestion/state.h"

struct marks {
    struct items_mark of[CLOUD_TABLES];
};
#define MARK(table, its_name, what)                                                                                  \
    { .name = its_name, .column = its_name, .kind = KIND_INTEGER, .fallback = "0",                                   \
      .offset = offsetof(struct marks, of) + (table) * sizeof(struct items_mark) + offsetof(struct items_mark, what) }
static const struct field marks_fields[] = {
    MARK(CLOUD_MOVIES, "movies_rows", rows),             MARK(CLOUD_MOVIES, "movies_live", live),
    MARK(CLOUD_ROOMS, "rooms_rows", rows),               MARK(CLOUD_ROOMS, "rooms_live", live),
    MARK(CLOUD_RESERVATIONS, "reservations_rows", rows), MARK(CLOUD_RESERVATIONS, "reservations_live", live),
    MARK(CLOUD_USERS, "users_rows", rows),               MARK(CLOUD_USERS, "users_live", live),
};
static const struct shape marks_shape = SHAPE(marks, marks_fields);

static const char *path_of(arena *a, const char *folder)
{
    return arena_printf(a, "%s/dynamodb.json", folder).at;
}

void items_marks_read(arena *a, const char *folder, struct items_mark marks[CLOUD_TABLES])
{
    struct marks found = { 0 };
    str text = { NULL, 0 };
    bool there = !ingestion_state_read(a, path_of(a, folder), &text) && text.at && !json_restore(a, text, &marks_shape, &found);
    for (size_t i = 0; i < CLOUD_TABLES; i++) {
        bool sane = there && found.of[i].live >= 0 && found.of[i].rows >= found.of[i].live;
        marks[i] = sane ? found.of[i] : (struct items_mark){ 0, 0 };
    }
}

const fault *items_marks_write(arena *a, const char *folder, const struct items_mark marks[CLOUD_TABLES])
{
    struct marks now;
    struct buf out = { .in = a };
    memcpy(now.of, marks, sizeof now.of);
    json_store(&out, &marks_shape, &now);
    buf_char(&out, '\n');
    return ingestion_state_write(a, path_of(a, folder), buf_str(&out));
}
