/* demo_rooms.c - the demo cinema's rooms, drawn seat by seat, and its regulars. */
#include "taquilla/demo.h"

#include <string.h>

#include "lib/base/buf.h"

/* --- rooms --- */

static const char *const first_rows[] = {
    "rrrrraarrrrr", "rrrrrrrrrrrr", "rrrrrrrrrrrr", "rrrrrrrrrrrr", "rrrrrrrrrrrr", "rrrrrrrrrrrr", "rrrrrrrrrrrr",
    "pppppppppppp", "pppppppppppp", "vvvvvvvvvvvv", NULL,
};

static const char *const second_rows[] = {
    "rrrr.aa.rrrr", "rrrr.rr.rrrr", "rrrrrrrrrrrr", "rrrrrrrrrrrr", "rrrrrrrrrrrr", "pppppppppppp", "pppppppppppp", NULL,
};

static const char *const third_rows[] = {
    "..rrr.rraa.rrr..", "..rrr.rrrr.rrr..", "rrrrr.rrrr.rrrrr", "rrrrr.rrrr.rrrrr", "rrrrr.rrrr.rrrrr", "rrrrr.rrrr.rrrrr",
    "ppppp.pppp.ppppp", "ppppp.pppp.ppppp", "vvvvv.vvvv.vvvvv", NULL,
};

static const char *const imax_rows[] = {
    "...rr.rrrraarrrr.rr...", ".rrrr.rrrrrrrrrr.rrrr.", "rrrrr.rrrrrrrrrr.rrrrr", "rrrrr.rrrrrrrrrr.rrrrr",
    "rrrrr.rrrrrrrrrr.rrrrr", "rrrrr.rrrrrrrrrr.rrrrr", "rrrrr.rrrrrrrrrr.rrrrr", "rrrrr.rrrrrrrrrr.rrrrr",
    "ppppp.pppppppppp.ppppp", "ppppp.pppppppppp.ppppp", "ppppp.pppppppppp.ppppp", "vvvvv.vvvvvvvvvv.vvvvv", NULL,
};

static const char *const salon_rows[] = { "aa.vv.vv", "vv.vv.vv", "vv.vv.vv", "vv.vv.vv", NULL };

const struct demo_room demo_rooms[DEMO_ROOM_COUNT] = {
    { { "Screen 1", "Sala 1" }, "2D", 850, first_rows },
    { { "Screen 2", "Sala 2" }, "2D", 850, second_rows },
    { { "Screen 3", "Sala 3" }, "3D", 1050, third_rows },
    { { "Screen 4", "Sala 4" }, "IMAX", 1400, imax_rows },
    { { "The Salon", "El Salón" }, "2D", 1800, salon_rows },
};

size_t demo_room_seats(const struct demo_room *room)
{
    size_t seats = 0;
    for (const char *const *row = room->rows; *row; row++)
        for (const char *at = *row; *at; at++)
            seats += *at != '.';
    return seats;
}

/* --- regulars --- */

static const char *const first_names[] = {
    "Ana", "Luis", "Rosa", "Jorge", "Carmen", "Pedro", "Lucía", "Miguel", "Elena", "Raúl",
    "Sofía", "Andrés", "Julia", "Tomás", "Inés", "Pablo", "Nora", "Hugo", "Valeria", "Iván",
};
static const char *const family_names[] = {
    "Quispe", "García", "Rojas", "Mendoza", "Flores", "Torres", "Vargas", "Castillo", "Núñez", "Paredes", "Salas",
};

/* Letters of an e-mail: the accents of our names go. */
static str plain(arena *a, const char *name)
{
    static const char *const marked[][2] = { { "á", "a" }, { "é", "e" }, { "í", "i" }, { "ó", "o" }, { "ú", "u" }, { "ñ", "n" } };
    struct buf out = { .in = a };
    for (const char *at = name; *at; at++) {
        bool found = false;
        for (size_t i = 0; i < COUNT_OF(marked) && !found; i++)
            if ((found = strncmp(at, marked[i][0], 2) == 0)) {
                buf_text(&out, str_of(marked[i][1]));
                at++;
            }
        if (!found)
            buf_char(&out, *at >= 'A' && *at <= 'Z' ? (char)(*at + 32) : *at);
    }
    return buf_str(&out);
}

struct demo_user demo_user_of(arena *a, size_t index)
{
    const char *first = first_names[index % COUNT_OF(first_names)];
    const char *family = family_names[(index * 7 + index / COUNT_OF(first_names)) % COUNT_OF(family_names)];
    return (struct demo_user){
        .name = arena_printf(a, "%s %s", first, family),
        .email = arena_printf(a, "%.*s.%.*s%zu@example.com", STR_ARG(plain(a, first)), STR_ARG(plain(a, family)), index + 1),
        .phone = arena_printf(a, "555-01%02zu", index),
    };
}
