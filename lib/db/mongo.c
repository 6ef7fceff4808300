/* mongo.c - one pool of connections to one database, and the calls that go over it. */
#include "lib/db/mongo_internal.h"

#include <pthread.h>
#include <string.h>

#include "lib/loop/fiber.h"

#define SELECT_MS 1500
#define CONNECT_MS 1500
#define SOCKET_MS 5000
#define POOL_MAX 8 /* over the threads of offload, so that none waits for a connection */
#define CODE_DUPLICATE 11000
#define FIRST_ROWS 64
#define AWAY "The store cannot be reached at the moment; please try again."

/* --- opening --- */

static void mongoc_silent(mongoc_log_level_t level, const char *domain, const char *message, void *arg)
{
    (void)level, (void)domain, (void)message, (void)arg; /* what a call met is in its fault */
}

static void option_default(mongoc_uri_t *uri, const char *option, int32_t value)
{
    if (mongoc_uri_get_option_as_int32(uri, option, -1) < 0)
        mongoc_uri_set_option_as_int32(uri, option, value);
}

static const fault *url_read(struct mongo *m, arena *a, const char *setting, str url, const char *database)
{
    bson_error_t error;
    m->uri = mongoc_uri_new_with_error(arena_cstr(a, url), &error);
    if (!m->uri)
        return fault_new(a, FAULT_INVALID, "setting_invalid",
                         "%s must be like mongodb://user:password@host:27017/database, each part percent-encoded.", setting);
    const char *named = mongoc_uri_get_database(m->uri);
    m->database = arena_cstr(a, str_of(named && *named ? named : database));
    option_default(m->uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, SELECT_MS);
    option_default(m->uri, MONGOC_URI_CONNECTTIMEOUTMS, CONNECT_MS);
    option_default(m->uri, MONGOC_URI_SOCKETTIMEOUTMS, SOCKET_MS);
    option_default(m->uri, MONGOC_URI_WAITQUEUETIMEOUTMS, SELECT_MS);
    mongoc_uri_set_option_as_int32(m->uri, MONGOC_URI_MAXPOOLSIZE, POOL_MAX);
    return NULL;
}

static const fault *pool_make(struct mongo *m, arena *a, const char *setting)
{
    bson_error_t error;
    m->pool = mongoc_client_pool_new_with_error(m->uri, &error);
    if (!m->pool)
        return fault_new(a, FAULT_INVALID, "setting_invalid", "%s asks for something that cannot be done.", setting);
    mongoc_client_pool_set_error_api(m->pool, MONGOC_ERROR_API_VERSION_2);
    mongoc_client_pool_set_appname(m->pool, "taquilla");
    return NULL;
}

const fault *mongo_open(arena *a, struct mongo **out, const char *setting, str url, const char *database)
{
    static bool begun;
    if (!begun) {
        mongoc_init();
        mongoc_log_set_handler(mongoc_silent, NULL);
    }
    begun = true;
    struct mongo *m = NEW(a, struct mongo);
    const fault *problem = url_read(m, a, setting, url, database);
    if (!problem)
        problem = pool_make(m, a, setting);
    if (problem) {
        mongo_close(m);
        return problem;
    }
    *out = m;
    return NULL;
}

void mongo_close(struct mongo *m)
{
    if (m->closed)
        return;
    m->closed = true;
    while (m->calls > 0)
        fiber_sleep(1);
    if (m->pool)
        mongoc_client_pool_destroy(m->pool);
    if (m->uri)
        mongoc_uri_destroy(m->uri);
}

void mongo_metrics(const struct mongo *m, struct buf *out)
{
    buf_printf(out,
               "# TYPE taquilla_mongo_calls_total counter\ntaquilla_mongo_calls_total %llu\n"
               "# TYPE taquilla_mongo_calls_failed_total counter\ntaquilla_mongo_calls_failed_total %llu\n"
               "# TYPE taquilla_mongo_calls_refused_total counter\ntaquilla_mongo_calls_refused_total %llu\n"
               "# TYPE taquilla_mongo_calls gauge\ntaquilla_mongo_calls %d\n",
               (unsigned long long)m->made, (unsigned long long)m->failed, (unsigned long long)m->refused, m->calls);
}

/* --- a call, on a thread of the pool --- */

struct mongo_call {
    struct mongo *m;
    arena *a; /* the thread's alone while the fiber is parked */
    const fault *(*run)(struct mongo_call *, mongoc_client_t *, mongoc_collection_t *);
    const char *collection;
    struct mongo_filter filter;
    const struct shape *shape;
    const void *value;
    const char *field;
    bool upsert;
    void *out;
    bool found;
    struct mongo_rows rows;
    const fault *problem;
};

static const fault *call_failed(arena *a, const char *what, const bson_error_t *error)
{
    if (error->code == CODE_DUPLICATE) {
        fault *taken = fault_new(a, FAULT_CONFLICT, "unique_broken", "This exists already.");
        taken->internal = arena_printf(a, "mongo %s %u: duplicate key", what, error->code); /* the message has the value */
        return taken;
    }
    fault *away = fault_new(a, FAULT_UNAVAILABLE, "store_unavailable", AWAY);
    away->retry_after_s = 1;
    away->internal = arena_printf(a, "mongo %s %u.%u: %s", what, error->domain, error->code, error->message);
    return away;
}

static const fault *pool_is_empty(arena *a)
{
    fault *busy = fault_new(a, FAULT_UNAVAILABLE, "store_busy", "The store is busy at the moment; please try again.");
    busy->retry_after_s = 1;
    return busy;
}

static void call_work(void *arg)
{
    struct mongo_call *call = arg;
    mongoc_client_t *client = mongoc_client_pool_pop(call->m->pool);
    if (!client) {
        call->problem = pool_is_empty(call->a);
        return;
    }
    mongoc_collection_t *collection = mongoc_client_get_collection(client, call->m->database, call->collection);
    call->problem = call->run(call, client, collection);
    mongoc_collection_destroy(collection);
    mongoc_client_pool_push(call->m->pool, client);
    if (call->problem && call->problem->kind == FAULT_UNAVAILABLE)
        atomic_fetch_add(&call->m->failed, 1);
}

static const fault *call_make(struct mongo_call *call)
{
    struct mongo *m = call->m;
    if (m->closed || m->calls >= MONGO_CALLS_MAX) {
        m->refused++;
        return pool_is_empty(call->a);
    }
    m->calls++;
    m->made++;
    bool taken = offload("MongoDB", call_work, call);
    m->calls--;
    if (taken)
        return call->problem;
    m->refused++;
    return pool_is_empty(call->a);
}

/* --- reading --- */

/* What the majority has: a word that only one server heard may yet be taken back. */
static void read_options(bson_t *options)
{
    bson_t concern;
    bson_init(options);
    bson_append_document_begin(options, "readConcern", -1, &concern);
    bson_append_utf8(&concern, "level", -1, "majority", -1);
    bson_append_document_end(options, &concern);
}

static const fault *find_run(struct mongo_call *call, mongoc_client_t *client, mongoc_collection_t *collection)
{
    (void)client;
    bson_t filter = BSON_INITIALIZER, options;
    const bson_t *document;
    bson_error_t error;
    bool text_id;
    const fault *problem = NULL;
    read_options(&options);
    bson_append_int64(&options, "limit", -1, 1);
    mongo_filter_write(&filter, call->filter);
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(collection, &filter, &options, NULL);
    call->found = mongoc_cursor_next(cursor, &document);
    if (mongoc_cursor_error(cursor, &error))
        problem = call_failed(call->a, "find", &error);
    else if (call->found)
        problem = mongo_document_read(call->a, document, call->shape, call->out, &text_id);
    mongoc_cursor_destroy(cursor);
    bson_destroy(&filter);
    bson_destroy(&options);
    return problem;
}

const fault *mongo_find(struct mongo *m, arena *a, const char *collection, struct mongo_filter filter,
                        const struct shape *s, void *out, bool *found)
{
    struct mongo_call call = { .m = m, .a = a, .run = find_run, .collection = collection, .filter = filter, .shape = s,
                               .out = out };
    TRY(call_make(&call));
    *found = call.found;
    return NULL;
}

/* Doubles the room of what is gathered when it is full. */
static void rows_widen(arena *a, struct mongo_rows *rows, size_t *room, size_t size)
{
    size_t count = rows->rows.count, more = *room ? *room * 2 : FIRST_ROWS;
    if (count < *room)
        return;
    void *wider = arena_take(a, more * size);
    bool *flags = NEW_ARRAY(a, bool, more);
    if (count > 0) {
        memcpy(wider, rows->rows.at, count * size);
        memcpy(flags, rows->text_ids, count * sizeof(bool));
    }
    rows->rows.at = wider;
    rows->text_ids = flags;
    *room = more;
}

static const fault *find_all_run(struct mongo_call *call, mongoc_client_t *client, mongoc_collection_t *collection)
{
    (void)client;
    bson_t filter = BSON_INITIALIZER, options;
    const bson_t *document;
    bson_error_t error;
    size_t room = 0, size = call->shape->size;
    const fault *problem = NULL;
    read_options(&options);
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(collection, &filter, &options, NULL);
    while (!problem && mongoc_cursor_next(cursor, &document)) {
        struct mongo_rows *rows = &call->rows;
        bool text_id;
        rows_widen(call->a, rows, &room, size);
        problem = mongo_document_read(call->a, document, call->shape, (char *)rows->rows.at + rows->rows.count * size, &text_id);
        ((bool *)(uintptr_t)rows->text_ids)[rows->rows.count++] = text_id;
    }
    if (!problem && mongoc_cursor_error(cursor, &error))
        problem = call_failed(call->a, "find", &error);
    mongoc_cursor_destroy(cursor);
    bson_destroy(&filter);
    bson_destroy(&options);
    return problem;
}

const fault *mongo_find_all(struct mongo *m, arena *a, const char *collection, const struct shape *s,
                            struct mongo_rows *out)
{
    struct mongo_call call = { .m = m, .a = a, .run = find_all_run, .collection = collection, .shape = s };
    TRY(call_make(&call));
    *out = call.rows;
    return NULL;
}

/* --- writing --- */

static void write_options(bson_t *options)
{
    bson_t concern;
    bson_init(options);
    bson_append_document_begin(options, "writeConcern", -1, &concern);
    bson_append_utf8(&concern, "w", -1, "majority", -1);
    bson_append_bool(&concern, "j", -1, true);
    bson_append_document_end(options, &concern);
}

/* A refused document comes under ok: 1, in writeErrors; and one that was written but not by the majority, in
 * writeConcernErrors. */
static const fault *reply_fault(arena *a, const char *what, const bson_t *reply)
{
    static const char *const places[] = { "writeErrors", "writeConcernErrors" };
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        bson_iter_t it, errors, error;
        bson_error_t found = { .domain = MONGOC_ERROR_WRITE_CONCERN, .message = "refused" };
        if (!bson_iter_init_find(&it, reply, places[i]) || !bson_iter_recurse(&it, &errors) || !bson_iter_next(&errors))
            continue;
        if (bson_iter_recurse(&errors, &error) && bson_iter_find(&error, "code"))
            found.code = (uint32_t)bson_iter_as_int64(&error);
        return call_failed(a, what, &found);
    }
    return NULL;
}

static const fault *written(struct mongo_call *call, const char *what, bool done, bson_t *reply, const bson_error_t *error)
{
    const fault *problem = done ? reply_fault(call->a, what, reply) : call_failed(call->a, what, error);
    bson_destroy(reply);
    if (!problem || problem->kind != FAULT_UNAVAILABLE || (!done && error->domain == MONGOC_ERROR_SERVER_SELECTION))
        return problem;
    fault *unknown = fault_new(call->a, FAULT_UNAVAILABLE, "outcome_unknown",
                               "The store was cut off before it said whether this was done; please look before you try again.");
    unknown->retry_after_s = 1;
    unknown->internal = problem->internal;
    return unknown;
}

static const fault *insert_run(struct mongo_call *call, mongoc_client_t *client, mongoc_collection_t *collection)
{
    (void)client;
    bson_t document = BSON_INITIALIZER, options, reply;
    bson_error_t error = { 0 };
    write_options(&options);
    mongo_document_write(call->a, &document, call->shape, call->value, true);
    bool done = mongoc_collection_insert_one(collection, &document, &options, &reply, &error);
    bson_destroy(&document);
    bson_destroy(&options);
    return written(call, "insert", done, &reply, &error);
}

const fault *mongo_insert(struct mongo *m, arena *a, const char *collection, const struct shape *s, const void *value)
{
    struct mongo_call call = { .m = m, .a = a, .run = insert_run, .collection = collection, .shape = s, .value = value };
    return call_make(&call);
}

static const fault *set_run(struct mongo_call *call, mongoc_client_t *client, mongoc_collection_t *collection)
{
    (void)client;
    bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER, fields, options, reply;
    bson_error_t error = { 0 };
    write_options(&options);
    if (call->upsert)
        bson_append_bool(&options, "upsert", -1, true);
    mongo_filter_write(&filter, call->filter);
    bson_append_document_begin(&update, "$set", -1, &fields);
    mongo_document_write(call->a, &fields, call->shape, call->value, false);
    bson_append_document_end(&update, &fields);
    bool done = mongoc_collection_update_one(collection, &filter, &update, &options, &reply, &error);
    bson_destroy(&filter);
    bson_destroy(&update);
    bson_destroy(&options);
    return written(call, "update", done, &reply, &error);
}

const fault *mongo_set(struct mongo *m, arena *a, const char *collection, struct mongo_filter filter, const struct shape *s,
                       const void *value, bool upsert)
{
    struct mongo_call call = { .m = m, .a = a, .run = set_run, .collection = collection, .filter = filter, .shape = s,
                               .value = value, .upsert = upsert };
    return call_make(&call);
}

static const fault *delete_run(struct mongo_call *call, mongoc_client_t *client, mongoc_collection_t *collection)
{
    (void)client;
    bson_t filter = BSON_INITIALIZER, options, reply;
    bson_error_t error = { 0 };
    write_options(&options);
    mongo_filter_write(&filter, call->filter);
    bool done = mongoc_collection_delete_many(collection, &filter, &options, &reply, &error);
    bson_destroy(&filter);
    bson_destroy(&options);
    return written(call, "delete", done, &reply, &error);
}

const fault *mongo_delete(struct mongo *m, arena *a, const char *collection, struct mongo_filter filter)
{
    struct mongo_call call = { .m = m, .a = a, .run = delete_run, .collection = collection, .filter = filter };
    return call_make(&call);
}

/* --- the rest --- */

static const fault *unique_run(struct mongo_call *call, mongoc_client_t *client, mongoc_collection_t *collection)
{
    (void)collection;
    bson_t reply;
    bson_error_t error = { 0 };
    bson_t *command = BCON_NEW("createIndexes", BCON_UTF8(call->collection), "indexes", "[", "{", "name",
                               BCON_UTF8(arena_printf(call->a, "%s_1", call->field).at), "key", "{", call->field, BCON_INT32(1),
                               "}", "unique", BCON_BOOL(true), "}", "]");
    bool done = mongoc_client_write_command_with_opts(client, call->m->database, command, NULL, &reply, &error);
    bson_destroy(command);
    bson_destroy(&reply);
    return done ? NULL : call_failed(call->a, "createIndexes", &error);
}

const fault *mongo_unique(struct mongo *m, arena *a, const char *collection, const char *field)
{
    struct mongo_call call = { .m = m, .a = a, .run = unique_run, .collection = collection, .field = field };
    return call_make(&call);
}

static const fault *ping_run(struct mongo_call *call, mongoc_client_t *client, mongoc_collection_t *collection)
{
    (void)collection;
    bson_t reply;
    bson_error_t error = { 0 };
    bson_t *command = BCON_NEW("ping", BCON_INT32(1));
    bool done = mongoc_client_command_simple(client, call->m->database, command, NULL, &reply, &error);
    bson_destroy(command);
    bson_destroy(&reply);
    return done ? NULL : call_failed(call->a, "ping", &error);
}

const fault *mongo_check(struct mongo *m, arena *a)
{
    struct mongo_call call = { .m = m, .a = a, .run = ping_run, .collection = "$cmd" };
    return call_make(&call);
}

struct mongo_match mongo_is(const char *field, int64_t number)
{
    return (struct mongo_match){ .field = field, .test = MONGO_IS, .number = number };
}

struct mongo_match mongo_is_text(const char *field, str text)
{
    return (struct mongo_match){ .field = field, .test = MONGO_IS, .text = text };
}

struct mongo_match mongo_is_id(const char *field, str hex)
{
    return (struct mongo_match){ .field = field, .test = MONGO_IS, .text = hex, .id = true };
}

struct mongo_match mongo_below(const char *field, int64_t number)
{
    return (struct mongo_match){ .field = field, .test = MONGO_BELOW, .number = number };
}

struct mongo_match mongo_absent(const char *field)
{
    return (struct mongo_match){ .field = field, .test = MONGO_ABSENT };
}
