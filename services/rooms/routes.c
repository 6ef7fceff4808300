/* routes.c - the API of rooms as one table. */
#include "lib/feed/export.h"
#include "lib/feed/import.h"
#include "services/rooms/handlers.h"

/* clang-format off */
static const char *const create_faults[] = { "validation_failed", NULL };
static const char *const room_faults[] = { "room_unknown", NULL };
static const char *const room_edit_faults[] = {
    "room_unknown", "capacity_exceeded", "showing_has_tickets", "changed_meanwhile", "upstream_away",
    "change_under_way", NULL };
static const char *const seats_faults[] = { "room_unknown", "seat_exists", "capacity_exceeded", NULL };
static const char *const seat_edit_faults[] = {
    "room_unknown", "seat_unknown", "seat_exists", "showing_has_tickets", "upstream_away",
    "change_under_way", NULL };
static const char *const showing_faults[] = { "showing_unknown", NULL };
static const char *const showing_create_faults[] = {
    "room_unknown", "room_inactive", "film_unknown", "film_inactive", "showing_overlaps", "upstream_away", NULL };
static const char *const showing_edit_faults[] = {
    "showing_unknown", "room_unknown", "room_inactive", "film_unknown", "film_inactive", "showing_overlaps",
    "showing_has_tickets", "changed_meanwhile", "upstream_away",
    "change_under_way", NULL };
static const char *const showing_delete_faults[] = {
    "showing_unknown", "showing_has_tickets", "upstream_away",
    "change_under_way", NULL };

static const char *const feed_faults[] = { "feed_archived", NULL };
static const char *const cursor_faults[] = { "cursor_invalid", NULL };

const struct route rooms_routes[] = {
    { GET,    "/api/rooms",                       rooms_room_list,         NULL,                      &rooms_room_shape,
      "Rooms in use, by id",                      .query = &rooms_paging_shape, .gives_list = true },
    { POST,   "/api/rooms",                       rooms_room_create,       &rooms_room_new_shape,     &rooms_room_shape,
      "Add a room",                               .status = 201, .faults = create_faults },
    { GET,    "/api/rooms/{id}",                  rooms_room_show,         NULL,                      &rooms_room_shape,
      "One room, also one out of use",            .faults = room_faults },
    { PUT,    "/api/rooms/{id}",                  rooms_room_edit,         &rooms_room_edit_shape,    &rooms_room_shape,
      "Change what is given of a room",           .faults = room_edit_faults },
    { DELETE, "/api/rooms/{id}",                  rooms_room_delete,       NULL,                      &rooms_room_shape,
      "Take a room out of use, and its showings to come with it", .faults = room_edit_faults },

    { GET,    "/api/rooms/{id}/seats",            rooms_seat_list,         NULL,                      &rooms_seat_shape,
      "Seats of a room, by row then number",      .query = &rooms_paging_all_shape, .gives_list = true,
                                                  .faults = room_faults },
    { POST,   "/api/rooms/{id}/seats",            rooms_seat_create,       &rooms_seats_new_shape,    &rooms_seat_shape,
      "Add the seats listed, or rows until the room is full: all or none", .status = 201, .gives_list = true,
                                                  .faults = seats_faults },
    { PUT,    "/api/rooms/{id}/seats/{seatId}",   rooms_seat_edit,         &rooms_seat_edit_shape,    &rooms_seat_shape,
      "Change what is given of a seat",           .faults = seat_edit_faults },
    { DELETE, "/api/rooms/{id}/seats/{seatId}",   rooms_seat_delete,       NULL,                      &rooms_seat_shape,
      "Take a seat out of service for every showing", .faults = seat_edit_faults },

    { GET,    "/api/schedules",                   rooms_showing_list,      NULL,                      &rooms_showing_shape,
      "Showings: those not yet over by time, then past ones, latest first",
                                                  .query = &rooms_program_query_shape, .gives_list = true },
    { POST,   "/api/schedules",                   rooms_showing_create,    &rooms_showing_new_shape,  &rooms_showing_shape,
      "Add a showing",                            .status = 201, .faults = showing_create_faults },
    { GET,    "/api/schedules/{id}",              rooms_showing_show,      NULL,                      &rooms_showing_shape,
      "One showing, also a cancelled one",        .faults = showing_faults },
    { PUT,    "/api/schedules/{id}",              rooms_showing_edit,      &rooms_showing_edit_shape, &rooms_showing_shape,
      "Change what is given of a showing",        .faults = showing_edit_faults },
    { DELETE, "/api/schedules/{id}",              rooms_showing_delete,    NULL,                      &rooms_showing_closed_shape,
      "Cancel a showing; with ?refund=true its tickets too (202)", .also_status = 202, .query = &rooms_closing_query_shape,
                                                  .faults = showing_delete_faults },
    { GET,    "/api/schedules/movie/{*movieId}",  rooms_showings_of_film,  NULL,                      &rooms_showing_of_film_shape,
      "A film's showings",                        .query = &rooms_paging_all_shape, .gives_list = true },

    { GET,    "/internal/showings",               rooms_internal_showings, NULL,                      &rooms_showing_listed_shape,
      NULL,                                       .query = &rooms_showings_query_shape, .gives_list = true,
                                                  .access = ACCESS_INTERNAL },
    { POST,   "/internal/rooms/import",           rooms_import_rooms,      &import_order_shape,      &imported_shape,
      NULL,                                       .access = ACCESS_INTERNAL },
    { POST,   "/internal/schedules/import",       rooms_import_showings,   &import_order_shape,      &imported_shape,
      NULL,                                       .access = ACCESS_INTERNAL },
    { GET,    "/feed",                            owner_feed,              NULL,                      NULL,
      NULL,                                       .query = &feed_query_shape, .access = ACCESS_INTERNAL, .faults = feed_faults },
    { GET,    "/feed/snapshot",             owner_snapshot,      NULL,                NULL,
      NULL,                                 .query = &snapshot_query_shape, .access = ACCESS_INTERNAL, .faults = cursor_faults },
    { GET,    "/export",                                    owner_export,             NULL, NULL,
      NULL, .plain = true, .query = &export_query_shape, .access = ACCESS_INTERNAL, .when_closed = true },
    { GET,    "/export/{*table}",                           owner_export_table,       NULL, NULL,
      NULL, .plain = true, .access = ACCESS_INTERNAL, .when_closed = true },
    { POST,   "/internal/log/archived",                          owner_archived, &archived_order_shape, &archived_answer_shape,
      NULL, .access = ACCESS_INTERNAL },
    { POST,   "/internal/restore/start",                    owner_restore_start,      NULL, &restore_answer_shape,
      NULL, .access = ACCESS_INTERNAL, .when_closed = true },
    { POST,   "/internal/restore/rows",                     owner_restore_rows,       &restore_rows_shape, &restore_answer_shape,
      NULL, .access = ACCESS_INTERNAL, .when_closed = true },
    { POST,   "/internal/restore/finish",                   rooms_restore_finish,     &restore_finish_shape, &restore_answer_shape,
      NULL, .access = ACCESS_INTERNAL, .when_closed = true },
    { .path = NULL },
};
/* clang-format on */
