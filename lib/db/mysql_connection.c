/* mysql_connection.c - one connection: dialled on another thread, then libmariadb's non-blocking calls, awaited on the loop. */
#include "lib/db/mysql_internal.h"

#include <mariadb/errmsg.h>
#include <mariadb/mysqld_error.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define AWAY_RETRY_S 1
#define FULL_RETRY_S 5
#define LIBRARY_STACK_BYTES ((size_t)256 * 1024) /* of libmariadb's own coroutine; only what is touched costs memory */

/* ONLY_FULL_GROUP_BY and the zero dates' modes are left out: old tables may hold such dates. A sender that stops in the middle
 * of a statement is waited for a few seconds, not the usual 30. */
#define SESSION_SETUP                                                                              \
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;"                                      \
    "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', "  \
    "innodb_lock_wait_timeout = 4, net_read_timeout = 5"

/* --- faults --- */

const fault *my_away(arena *a, str why)
{
    fault *made = fault_new(a, FAULT_UNAVAILABLE, "store_unavailable",
                            "The store cannot be reached at the moment; please try again.");
    made->retry_after_s = AWAY_RETRY_S;
    made->internal = arena_copy(a, why);
    return made;
}

const fault *my_busy(arena *a, const char *why)
{
    fault *made = fault_new(a, FAULT_UNAVAILABLE, "store_busy",
                            "The store is busy at the moment; please try again.");
    made->retry_after_s = AWAY_RETRY_S;
    made->internal = arena_copy(a, str_of(why));
    return made;
}

/* From here on in the numbers of MariaDB alone or of MySQL alone, which libmariadb's header does not name. */
enum {
    MARIADB_CHECK_BROKEN = 4025,
    MARIADB_KILLED = 1927,
    MARIADB_STATEMENT_LATE = 1969,
    MYSQL_CHECK_BROKEN = 3819,
    MYSQL_STATEMENT_LATE = 3024,
    MYSQL_IDLE_CLOSED = 4031,
    DISK_FULL_OS = 28,
};

static bool code_is_lost(unsigned code)
{
    return (code >= CR_MIN_ERROR && code <= CR_MAX_ERROR) || code == ER_SERVER_SHUTDOWN || code == ER_NORMAL_SHUTDOWN ||
           code == MARIADB_KILLED || code == MYSQL_IDLE_CLOSED;
}

static bool code_is_away(unsigned code)
{
    switch (code) {
    case ER_CON_COUNT_ERROR:
    case ER_ACCESS_DENIED_ERROR:
    case ER_DBACCESS_DENIED_ERROR:
    case ER_BAD_DB_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
    case ER_USER_LIMIT_REACHED:
    case ER_OPTION_PREVENTS_STATEMENT: /* read-only: not the one that may be written, or not yet */
    case ER_QUERY_INTERRUPTED:
    case MARIADB_STATEMENT_LATE:
    case MYSQL_STATEMENT_LATE:
        return true;
    default:
        return code_is_lost(code);
    }
}

static bool code_is_constraint(unsigned code)
{
    switch (code) {
    case ER_ROW_IS_REFERENCED_2:
    case ER_NO_REFERENCED_ROW_2:
    case ER_BAD_NULL_ERROR:
    case ER_WARN_DATA_OUT_OF_RANGE:
    case ER_DATA_TOO_LONG:
    case ER_TRUNCATED_WRONG_VALUE:
    case ER_TRUNCATED_WRONG_VALUE_FOR_FIELD:
    case MARIADB_CHECK_BROKEN:
    case MYSQL_CHECK_BROKEN:
        return true;
    default:
        return false;
    }
}

/* Messages that repeat a value. They go to the log, and no value does: the number and the statement must do. */
static bool code_tells_values(unsigned code)
{
    return code == ER_DUP_ENTRY || code == ER_TRUNCATED_WRONG_VALUE || code == ER_TRUNCATED_WRONG_VALUE_FOR_FIELD;
}

/* What the server said, in the store's words. */
const fault *connection_fault(struct my_connection *c, arena *a, unsigned code, const char *said, const char *text)
{
    str detail = arena_printf(a, "mysql %u: %s in: %s", code, code_tells_values(code) ? "a value" : said, text);
    fault *made;
    if (c && code_is_lost(code))
        c->broken = true;
    if (c && (code == ER_LOCK_DEADLOCK || code == ER_LOCK_WAIT_TIMEOUT))
        c->undone = true;
    if (code == ER_LOCK_DEADLOCK || code == ER_LOCK_WAIT_TIMEOUT)
        return my_busy(a, detail.at);
    if (code_is_away(code))
        return my_away(a, detail);
    if (code == ER_DUP_ENTRY) {
        made = fault_new(a, FAULT_CONFLICT, "unique_broken", "This exists already.");
    } else if (code_is_constraint(code)) {
        made = fault_new(a, FAULT_INVALID, "constraint_broken", "A value is not possible here.");
    } else if (code == ER_DISK_FULL || code == ER_RECORD_FILE_FULL || code == DISK_FULL_OS) {
        made = fault_new(a, FAULT_UNAVAILABLE, "storage_full", "The store has no room left; nothing was changed.");
        made->retry_after_s = FULL_RETRY_S;
    } else {
        made = fault_new(a, FAULT_INTERNAL, "internal_error", "Something went wrong on our side.");
    }
    made->internal = detail;
    return made;
}

/* --- dialling --- */

struct dial {
    const struct my_address *address;
    MYSQL *handle; /* NULL: refused */
    unsigned code;
    char said[256];
};

static void dial_secure(MYSQL *handle, const struct my_address *address)
{
    my_bool enforced = address->tls != MY_TLS_DISABLE, verified = address->tls == MY_TLS_VERIFY;
    if (enforced)
        mysql_ssl_set(handle, address->key, address->cert, address->ca, NULL, NULL);
    mysql_optionsv(handle, MYSQL_OPT_SSL_ENFORCE, &enforced);
    mysql_optionsv(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verified);
}

static void dial_options(MYSQL *handle, const struct my_address *address)
{
    unsigned seconds = CONNECT_S, no_files = 0, protocol = MYSQL_PROTOCOL_TCP;
    size_t stack = LIBRARY_STACK_BYTES;
    mysql_optionsv(handle, MYSQL_OPT_NONBLOCK, &stack);
    mysql_optionsv(handle, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    mysql_optionsv(handle, MYSQL_OPT_READ_TIMEOUT, &seconds);
    mysql_optionsv(handle, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
    mysql_optionsv(handle, MYSQL_OPT_PROTOCOL, &protocol); /* "localhost" is no socket file */
    mysql_optionsv(handle, MYSQL_OPT_LOCAL_INFILE, &no_files);
    mysql_optionsv(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    dial_secure(handle, address);
}

static bool session_set_up(MYSQL *handle)
{
    if (mysql_real_query(handle, SESSION_SETUP, sizeof SESSION_SETUP - 1) != 0)
        return false;
    int more = 0;
    while ((more = mysql_next_result(handle)) == 0)
        ;
    return more == -1;
}

/* On a thread of the pool: name resolution, a host that does not answer and the handshakes can only block. */
static void dial_run(void *arg)
{
    struct dial *d = arg;
    const struct my_address *to = d->address;
    MYSQL *handle = mysql_init(NULL);
    if (!handle)
        abort();
    dial_options(handle, to);
    if (mysql_real_connect(handle, to->host, to->user, to->password, to->database, (unsigned)to->port, NULL,
                           CLIENT_MULTI_STATEMENTS) &&
        session_set_up(handle)) {
        d->handle = handle;
        return;
    }
    d->code = mysql_errno(handle);
    strncpy(d->said, mysql_error(handle), sizeof d->said - 1);
    mysql_close(handle);
}

const fault *connection_dial(const struct my_address *address, arena *a, struct my_connection **out)
{
    struct dial d = { .address = address };
    if (!offload("connecting to the store", dial_run, &d))
        return my_away(a, STR("no thread is free to connect"));
    if (!d.handle)
        return connection_fault(NULL, a, d.code, d.said, "connect");
    struct my_connection *made = calloc(1, sizeof *made);
    if (!made)
        abort();
    made->handle = d.handle;
    *out = made;
    return NULL;
}

/* A lost one is cut first: the goodbye that libmariadb sends must not wait for a server that does not read. */
void connection_end(struct my_connection *c)
{
    if (c->broken && mysql_get_socket(c->handle) != MARIADB_INVALID_SOCKET)
        shutdown(mysql_get_socket(c->handle), SHUT_RDWR);
    mysql_close(c->handle); /* lets go of its statements, which are only memory then */
    statements_drop(c);
    free(c);
}

/* Between two statements nothing comes from a server but its end. */
bool connection_stale(const struct my_connection *c)
{
    struct pollfd look = { .fd = mysql_get_socket(c->handle), .events = POLLIN };
    return poll(&look, 1, 0) != 0;
}

/* --- waiting --- */

/* What libmariadb waits for; a deadline that passes is told to it, and the call ends with an error. */
int connection_await(struct my_connection *c, int status, int64_t deadline_ms)
{
    uint32_t wanted = (status & MYSQL_WAIT_READ ? EPOLLIN : 0) | (status & MYSQL_WAIT_WRITE ? EPOLLOUT : 0);
    uint32_t ready = await_fd(mysql_get_socket(c->handle), wanted, deadline_ms);
    if (ready == 0) {
        c->broken = c->late = true;
        return MYSQL_WAIT_TIMEOUT;
    }
    return status & (MYSQL_WAIT_READ | MYSQL_WAIT_WRITE);
}

static MYSQL_RES *result_store(struct my_connection *c, int64_t deadline_ms)
{
    MYSQL_RES *result = NULL;
    int status = mysql_store_result_start(&result, c->handle);
    while (status)
        status = mysql_store_result_cont(&result, c->handle, connection_await(c, status, deadline_ms));
    return result;
}

static int result_next(struct my_connection *c, int64_t deadline_ms)
{
    int code = 0, status = mysql_next_result_start(&code, c->handle);
    while (status)
        status = mysql_next_result_cont(&code, c->handle, connection_await(c, status, deadline_ms));
    return code;
}

static void numbers_take(MYSQL_RES *result, int64_t *numbers, size_t *count)
{
    for (MYSQL_ROW row; (row = mysql_fetch_row(result)) != NULL;)
        if (numbers && *count < TEXT_NUMBERS_MAX)
            numbers[(*count)++] = row[0] ? strtoll(row[0], NULL, 10) : 0;
}

const fault *connection_text(struct my_connection *c, arena *a, str text, int64_t wait_ms, int64_t *numbers,
                             size_t *count)
{
    int64_t deadline_ms = loop_now_ms() + wait_ms;
    size_t unwanted = 0;
    int code = 0, status = mysql_real_query_start(&code, c->handle, text.at, text.len);
    while (status)
        status = mysql_real_query_cont(&code, c->handle, connection_await(c, status, deadline_ms));
    if (count)
        *count = 0;
    while (code == 0) {
        MYSQL_RES *result = result_store(c, deadline_ms);
        if (result)
            numbers_take(result, numbers, count ? count : &unwanted);
        mysql_free_result(result);
        if (!result && mysql_errno(c->handle) != 0)
            break;
        code = result_next(c, deadline_ms);
    }
    if (mysql_errno(c->handle) == 0)
        return NULL;
    return connection_fault(c, a, mysql_errno(c->handle), mysql_error(c->handle), arena_cstr(a, text));
}
