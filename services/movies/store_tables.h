/* store_tables.h - the tables of movies as exports and restores see them, whatever database keeps them. */
#ifndef TAQUILLA_MOVIES_STORE_TABLES_H
#define TAQUILLA_MOVIES_STORE_TABLES_H

#include "lib/feed/export.h"
#include "services/movies/model.h"

/* movies (struct movie), genres (struct genre), posters (struct poster_part), log. */
extern const struct export_table movies_tables[];

#endif
