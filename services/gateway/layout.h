/* layout.h - the seats of a room in memory, packed: 16 bytes each, and the names of its rows. */
#ifndef TAQUILLA_GATEWAY_LAYOUT_H
#define TAQUILLA_GATEWAY_LAYOUT_H

#include "services/gateway/model.h"

struct layout_seat {
    int64_t id;
    int32_t number;
    uint16_t row; /* of the layout's names */
    unsigned char type;
    bool accessible : 1, is_available : 1, house : 1;
};

struct layout {
    struct layout_seat *seats; /* in order: A .. Z, AA .. */
    size_t count;
    str *rows;                 /* their texts follow them */
    size_t row_count;
};

/* What is told replaces or joins what is there; fewer than 65,536 seats. */
void layout_join(struct layout *l, const list *told); /* of struct seat */
/* Of struct seat in the arena, its texts too; each what it is as long as nobody claims it, at that price. */
list layout_seats(const struct layout *l, arena *a, money price);
void layout_free(struct layout *l);

#endif
