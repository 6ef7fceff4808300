/* offload.c - a few threads for work that can only block; the fiber that asked is parked meanwhile. */
#include "lib/loop/offload.h"
#include "lib/loop/parts.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>

#define THREADS_MAX 4
#define QUEUE_MAX 1024
#define THREAD_STACK_BYTES ((size_t)1024 * 1024)

/* Lies on the stack of the fiber that waits for it. */
struct job {
    void (*work)(void *);
    void *arg;
    struct job *next;
    struct task done_task;
    fiber *who;
    bool done; /* loop thread */
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct job *first, **end;
    size_t queued, resting;
    bool closing;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER, .end = &pool.first };

static pthread_t threads[THREADS_MAX]; /* loop thread */
static size_t thread_count;

static void job_done(struct task *t)
{
    struct job *j = t->owner;
    j->done = true;
    fiber_wake(j->who);
}

static struct job *job_next(void)
{
    pthread_mutex_lock(&pool.lock);
    while (!pool.first && !pool.closing) {
        pool.resting++;
        pthread_cond_wait(&pool.more, &pool.lock);
        pool.resting--;
    }
    struct job *j = pool.closing ? NULL : pool.first;
    if (j) {
        pool.first = j->next;
        if (!pool.first)
            pool.end = &pool.first;
        pool.queued--;
    }
    pthread_mutex_unlock(&pool.lock);
    return j;
}

static void *thread_run(void *arg)
{
    (void)arg;
    for (struct job *j = job_next(); j; j = job_next()) {
        j->work(j->arg);
        loop_post(&j->done_task);
    }
    return NULL;
}

/* Signals belong to the loop's thread. */
static void thread_add(void)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&threads[thread_count], &attributes, thread_run, NULL) == 0)
        thread_count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
}

/* False when the queue is full; *short_of tells that every thread has something to do. */
static bool job_queue(struct job *j, bool *short_of)
{
    pthread_mutex_lock(&pool.lock);
    bool room = pool.queued < QUEUE_MAX;
    if (room) {
        *pool.end = j;
        pool.end = &j->next;
        pool.queued++;
        *short_of = pool.queued > pool.resting;
        pthread_cond_signal(&pool.more);
    }
    pthread_mutex_unlock(&pool.lock);
    return room;
}

bool offload(const char *what, void (*work)(void *), void *arg)
{
    struct job j = { .work = work, .arg = arg, .who = fiber_self() };
    assert(j.who);
    j.done_task = (struct task){ .run = job_done, .owner = &j };
    if (thread_count == 0)
        thread_add();
    bool short_of = false;
    if (thread_count == 0 || !job_queue(&j, &short_of))
        return false;
    if (short_of && thread_count < THREADS_MAX)
        thread_add();
    while (!j.done)
        fiber_park(what, INT64_MAX);
    return true;
}

size_t offload_queued(void)
{
    pthread_mutex_lock(&pool.lock);
    size_t queued = pool.queued;
    pthread_mutex_unlock(&pool.lock);
    return queued;
}

void offload_close(void)
{
    pthread_mutex_lock(&pool.lock);
    pool.closing = true;
    pthread_cond_broadcast(&pool.more);
    pthread_mutex_unlock(&pool.lock);
    while (thread_count)
        pthread_join(threads[--thread_count], NULL);
    pool.closing = false;
    pool.first = NULL;
    pool.end = &pool.first;
    pool.queued = pool.resting = 0;
}
