/* test_tickets.c - ticket codes, and the file of their key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "services/reservations/ticket_keys.h"

static arena *a;

static int arena_begin(void **state)
{
    (void)state;
    a = arena_new((size_t)16 << 20);
    return 0;
}

static int arena_end(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static void assert_refused(const fault *problem, const char *code)
{
    assert_non_null(problem);
    assert_string_equal(problem->code, code);
}

/* --- codes --- */

static const unsigned char seed[TICKET_SEED_BYTES] = { 1, 2, 3 };
static const struct ticket_sold sold = { 12, 345, 6789 };

/* Made by PyNaCl 1.6.2 of the same seed. */
#define KNOWN_CODE                                                                                 \
    "TQ1.TFPM0XWF.eyJyIjoxMiwicyI6MzQ1LCJoIjo2Nzg5fQ.dGriF1R7XX4GCUqLRt-"                          \
    "RrD2WBVWY-e388yntk3HlEZ3jQIREgc76fAfbsJLic-uVIVRXl7BjQcEVsspdYulBAw"

static void a_code_is_always_the_same(void **state)
{
    (void)state;
    struct ticket_keys keys = { .count = 1 };
    struct ticket_sold read;
    ticket_key_make(&keys.at[0], seed);
    str code = ticket_code(a, &keys.at[0], &sold);
    if (!str_equal(code, STR(KNOWN_CODE)))
        fail_msg("%.*s", STR_ARG(code));
    assert_null(ticket_code_read(a, &keys, code, &read));
    assert_int_equal(read.reservation_id, 12);
    assert_int_equal(read.seat_id, 345);
    assert_int_equal(read.schedule_id, 6789);
}

static void every_letter_of_a_code_counts(void **state)
{
    (void)state;
    struct ticket_keys keys = { .count = 1 };
    struct ticket_sold read;
    ticket_key_make(&keys.at[0], seed);
    str code = ticket_code(a, &keys.at[0], &sold);
    for (size_t i = 0; i < code.len; i++) {
        char *changed = arena_take(a, code.len + 1);
        memcpy(changed, code.at, code.len);
        changed[i] = changed[i] == 'B' ? 'C' : 'B';
        assert_refused(ticket_code_read(a, &keys, (str){ changed, code.len }, &read), "ticket_not_ours");
        assert_refused(ticket_code_read(a, &keys, (str){ code.at, i }, &read), "ticket_not_ours");
    }
    assert_refused(ticket_code_read(a, &keys, (str){ NULL, 0 }, &read), "ticket_not_ours");
    assert_refused(ticket_code_read(a, &(struct ticket_keys){ .count = 0 }, code, &read), "ticket_not_ours");
}

static void both_keys_are_believed(void **state)
{
    (void)state;
    struct ticket_keys keys = { .count = 2 };
    static const unsigned char other[TICKET_SEED_BYTES] = { 9 };
    struct ticket_sold read;
    ticket_key_make(&keys.at[0], seed);
    ticket_key_make(&keys.at[1], other);
    assert_string_not_equal(keys.at[0].id, keys.at[1].id);
    assert_int_equal(strlen(keys.at[0].id), TICKET_KEY_ID_LEN);
    assert_null(ticket_code_read(a, &keys, ticket_code(a, &keys.at[1], &sold), &read));
    keys.count = 1;
    assert_refused(ticket_code_read(a, &keys, ticket_code(a, &keys.at[1], &sold), &read), "ticket_not_ours");
}

/* --- keys as texts --- */

#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_B "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"

static void keys_are_read(void **state)
{
    (void)state;
    struct ticket_ring ring;
    assert_null(ticket_keys_read(a, STR("# mine\n" KEY_A "\n\n  " KEY_B " \n"), "x", &ring));
    assert_int_equal(ring.keys.count, 2);
    assert_int_equal(ring.own_at, -1);
    assert_null(ticket_keys_read(a, STR(KEY_B ", own"), "x", &ring));
    assert_int_equal(ring.own_at, 1);
    static const char *const wrong[] = { "", "#", ",", "own,own", KEY_A "," KEY_A, KEY_A "," KEY_B "," KEY_A, KEY_A "a", "zz", "own own" };
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_refused(ticket_keys_read(a, str_of(wrong[i]), "TICKET_KEY", &ring), "setting_invalid");
}

/* --- the file --- */

static unsigned char secret;
static bool secret_known;

static bool seed_of_store(struct store *store, unsigned char out[32])
{
    (void)store;
    memset(out, secret, 32);
    return secret_known;
}
static struct store fake = { .ticket_seed = seed_of_store };

static char folder[32];
static const char *path;

static int folder_begin(void **state)
{
    strcpy(folder, "/tmp/test-tickets-XXXXXX");
    secret = 7;
    secret_known = true;
    arena_begin(state);
    assert_non_null(mkdtemp(folder));
    path = arena_printf(a, "%s/ticket.key", folder).at;
    return 0;
}

static int folder_end(void **state)
{
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
    return arena_end(state);
}

static const char *signs(str said)
{
    static struct ticket_ring ring;
    const struct ticket_keys *keys;
    assert_null(ticket_ring_open(&ring, a, &fake, said, folder));
    assert_null(ticket_ring_keys(&ring, a, &fake, &keys));
    return keys->at[0].id;
}

static void write_file(const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static mode_t mode_of_file(void)
{
    struct stat is;
    assert_int_equal(stat(path, &is), 0);
    return is.st_mode & 0777;
}

static void a_file_is_made_for_its_owner_alone(void **state)
{
    (void)state;
    umask(0);
    const char *id = arena_cstr(a, str_of(signs((str){ NULL, 0 })));
    assert_int_equal(mode_of_file(), 0600);
    assert_string_equal(signs((str){ NULL, 0 }), id); /* and then read */
    assert_int_equal(chmod(path, 0644), 0);
    assert_string_equal(signs((str){ NULL, 0 }), id);
    assert_int_equal(mode_of_file(), 0600);
}

/* After a restore the secret is another: a file of our own making follows it, one of the operator's stays. */
static void a_file_that_was_made_here_follows_the_store(void **state)
{
    (void)state;
    const char *first = arena_cstr(a, str_of(signs((str){ NULL, 0 })));
    secret = 8;
    const char *second = arena_cstr(a, str_of(signs((str){ NULL, 0 })));
    assert_string_not_equal(first, second);
    write_file(KEY_A "\n", 0600);
    const char *said = arena_cstr(a, str_of(signs((str){ NULL, 0 })));
    secret = 9;
    assert_string_equal(signs((str){ NULL, 0 }), said);
    assert_string_equal(signs(STR(KEY_B)), signs(STR(KEY_B "," KEY_A)));
    write_file("nothing", 0600);
    struct ticket_ring ring;
    assert_refused(ticket_ring_open(&ring, a, &fake, (str){ NULL, 0 }, folder), "setting_invalid");
}

static void while_a_restore_runs_there_is_none(void **state)
{
    (void)state;
    struct ticket_ring ring;
    const struct ticket_keys *keys;
    secret_known = false;
    assert_null(ticket_ring_open(&ring, a, &fake, (str){ NULL, 0 }, folder));
    assert_int_not_equal(access(path, F_OK), 0);
    assert_refused(ticket_ring_keys(&ring, a, &fake, &keys), "store_unavailable");
    assert_null(ticket_ring_open(&ring, a, &fake, (str){ NULL, 0 }, NULL)); /* a shared store, not there yet */
    assert_refused(ticket_ring_keys(&ring, a, &fake, &keys), "store_unavailable");
    secret_known = true;
    assert_null(ticket_ring_keys(&ring, a, &fake, &keys));
    const char *first = arena_cstr(a, str_of(keys->at[0].id));
    secret = 8; /* restored by another replica */
    assert_null(ticket_ring_keys(&ring, a, &fake, &keys));
    assert_string_not_equal(keys->at[0].id, first);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_code_is_always_the_same, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(every_letter_of_a_code_counts, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(both_keys_are_believed, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(keys_are_read, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(a_file_is_made_for_its_owner_alone, folder_begin, folder_end),
        cmocka_unit_test_setup_teardown(a_file_that_was_made_here_follows_the_store, folder_begin, folder_end),
        cmocka_unit_test_setup_teardown(while_a_restore_runs_there_is_none, folder_begin, folder_end),
    };
    return cmocka_run_group_tests_name("tickets and their keys", tests, NULL, NULL);
}
