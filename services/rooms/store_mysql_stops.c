/* store_mysql_stops.c - sales stopped for a change, with several replicas: one of them changes at a time, and what one left behind another
 * takes over. */
#include "services/rooms/store_mysql.h"

#define LEFT_BEHIND_MS 60000 /* no change takes as long: its replica is gone */

struct stops_act {
    const struct mysql_store *s;
    const ids *schedule_ids;
    bool others; /* another replica's change is under way */
};

/* Two would put on sale what the other still needs stopped. */
static const fault *begin_act(struct my *db, arena *a, void *arg)
{
    struct stops_act *act = arg;
    int64_t now_ms = my_now(db).ms, others = 0;
    TRY(my_number(db, a, &others,
                  "SELECT COUNT(*) FROM sales_stops WHERE replica <> ? AND begun_ms > ?",
                  MY_BIND(my_text(act->s->replica), my_int(now_ms - LEFT_BEHIND_MS))));
    act->others = others > 0;
    if (act->others)
        return NULL;
    return my_run(db, a,
                  "REPLACE INTO sales_stops (schedule_id, replica, begun_ms) "
                  "SELECT s.id, ?, ? FROM " MYSQL_WANTED
                  "STRAIGHT_JOIN schedules s ON s.id = wanted.id",
                  MY_BIND(my_text(act->s->replica), my_int(now_ms), my_ids(a, act->schedule_ids)));
}

static const fault *stops_begin(struct store *store, arena *a, const ids *schedule_ids)
{
    struct stops_act act = { .s = MYSQL_STORE_OF(store), .schedule_ids = schedule_ids };
    TRY(my_write(act.s->db, a, begin_act, &act));
    if (!act.others)
        return NULL;
    fault *problem =
        fault_new(a, FAULT_UNAVAILABLE, "change_under_way",
                  "Another change of showings is still under way; please try again.");
    problem->retry_after_s = 1;
    return problem;
}

static const fault *end_act(struct my *db, arena *a, void *arg)
{
    const struct stops_act *act = arg;
    return my_run(db, a,
                  "DELETE t FROM sales_stops t JOIN " MYSQL_WANTED
                  "ON wanted.id = t.schedule_id WHERE t.replica = ?",
                  MY_BIND(my_ids(a, act->schedule_ids), my_text(act->s->replica)));
}

static const fault *stops_end(struct store *store, arena *a, const ids *schedule_ids)
{
    struct stops_act act = { .s = MYSQL_STORE_OF(store), .schedule_ids = schedule_ids };
    return my_write(act.s->db, a, end_act, &act);
}

/* --- what was left behind --- */

static const fault *take_over_act(struct my *db, arena *a, void *arg)
{
    const struct mysql_store *s = arg;
    int64_t now_ms = my_now(db).ms;
    return my_run(db, a,
                  "UPDATE sales_stops SET replica = ?, begun_ms = ? WHERE replica <> ? AND begun_ms <= ?",
                  MY_BIND(my_text(s->replica), my_int(now_ms), my_text(s->replica),
                          my_int(now_ms - LEFT_BEHIND_MS)));
}

/* This replica's, and those that nobody ends any more. */
static const fault *stops_list(struct store *store, arena *a, list *out)
{
    struct mysql_store *s = MYSQL_STORE_OF(store);
    int64_t left = 0;
    TRY(my_number(my_reader(s->db), a, &left,
                  "SELECT COUNT(*) FROM sales_stops WHERE replica <> ? AND begun_ms <= ?",
                  MY_BIND(my_text(s->replica), my_int(clock_now().ms - LEFT_BEHIND_MS))));
    if (left > 0)
        TRY(my_write(s->db, a, take_over_act, s));
    return my_list(my_reader(s->db), a, &rooms_stopped_shape, out,
                   "SELECT t.schedule_id, s.is_active FROM sales_stops t JOIN schedules s ON s.id "
                   "= t.schedule_id WHERE t.replica = ? ORDER BY t.schedule_id",
                   MY_BIND(my_text(s->replica)));
}

void rooms_mysql_stops_fill(struct store *s)
{
    s->stops_begin = stops_begin;
    s->stops_list = stops_list;
    s->stops_end = stops_end;
}
