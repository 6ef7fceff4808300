/* setup.c - the verb setup: makes what the cloud needs once, or says what it would make; prints the policy that this takes. */
#include <signal.h>
#include <stdio.h>

#include "lib/frame/settings.h"
#include "lib/loop/fiber.h"
#include "services/ingestion/cloud/setup.h"
#include "taquilla/flags.h"
#include "taquilla/keeping.h"
#include "taquilla/verbs.h"

#define ARENA_BYTES_MAX ((size_t)64 * 1024 * 1024)

struct setting_up {
    arena *a;
    const struct ingestion_settings *settings;
    str data;
    bool plan, policy;
    int made;
    const fault *problem;
};

static void line_tell(void *arg, const char *what, enum setup_state state)
{
    static const char *const words[] = { [SETUP_THERE] = "there", [SETUP_MISSING] = "to make", [SETUP_DONE] = "made",
                                         [SETUP_UNKNOWN] = "unknown", [SETUP_FOREIGN] = "not ours" };
    struct setting_up *s = arg;
    s->made += state == SETUP_MISSING || state == SETUP_DONE;
    printf("  %-8s  %s\n", words[state], what);
    if (state == SETUP_UNKNOWN)
        printf("            this server, which is not Amazon's, does not know it\n");
    if (state == SETUP_FOREIGN)
        printf("            the bucket has rules of somebody else, which would be lost: add these there by hand\n");
    fflush(stdout);
}

static const fault *set_up(struct setting_up *s)
{
    struct cloud c;
    struct buf text = { .in = s->a };
    TRY(ingestion_cloud_open(s->a, &c, s->settings, s->data));
    const fault *problem = NULL;
    if (!c.aws)
        problem = fault_new(s->a, FAULT_UNAVAILABLE, "cloud_not_configured",
                            "No cloud is configured: set AWS_ACCESS_KEY_ID or S3_BUCKET_NAME.");
    else if (s->policy)
        ingestion_policy_write(&text, &c);
    else
        problem = ingestion_setup(s->a, &(struct setup_order){ .cloud = &c, .plan = s->plan, .told = line_tell, .arg = s });
    fwrite(text.at, 1, text.len, stdout);
    ingestion_cloud_close(&c);
    return problem;
}

static void run(void *arg)
{
    struct setting_up *s = arg;
    s->problem = set_up(s);
    loop_stop();
}

static int setup_now(arena *a, const char *data, bool plan, bool policy)
{
    struct settings shared;
    struct ingestion_settings set;
    const fault *wrong = settings_read(a, &settings_shape, &shared);
    if (!wrong)
        wrong = settings_read(a, &ingestion_settings_shape, &set);
    if (wrong)
        return keeping_failed("setup", wrong);
    struct setting_up s = { .a = a, .settings = &set, .data = data ? str_of(data) : shared.data_dir, .plan = plan, .policy = policy };
    signal(SIGPIPE, SIG_IGN);
    loop_open();
    if (fiber_start("setup", run, &s))
        loop_run();
    loop_close();
    if (s.problem)
        return keeping_failed("setup", s.problem);
    if (!policy)
        printf(plan ? "%d to make; nothing was changed.\n" : "%d made; the rest was there.\n", s.made);
    return 0;
}

int setup_run(int argc, char **argv)
{
    const char *data = NULL;
    bool plan = flag_taken(&argc, argv, "--plan"), policy = flag_taken(&argc, argv, "--policy");
    const struct flag known[] = { { "--data", &data } };
    if (!flags_read(argc, argv, known, COUNT_OF(known)))
        return 2;
    arena *a = arena_new(ARENA_BYTES_MAX);
    int code = setup_now(a, data, plan, policy);
    arena_free(a);
    return code;
}
