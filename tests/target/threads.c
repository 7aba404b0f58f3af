/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of the library, and what they wait on. */
/* timeout: 120 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "clock.h"
#include "start.h"
#include "syscall.h"
#include "tap.h"
#include "thread.h"

#define THREADS 8
#define ROUNDS  2000

static void join_all(struct thread **threads, int count)
{
    for (int i = 0; i < count; i++)
        thread_join(threads[i]);
}

static int start_all(struct thread **threads, int count, void (*function)(void *))
{
    int started = 0;
    while (started < count &&
           thread_create(&threads[started], function, (void *)(uintptr_t)started, NULL) == 0)
        started++;
    return started;
}

/* ---- Their own data.
 * ----------------------------------------------------------------------------- */

static __thread int local = 5;
static int wrong_local;
static struct thread *seen_self;
static anser_handle seen_handle;

static void use_local(void *argument)
{
    if (local != 5)
        __atomic_fetch_add(&wrong_local, 1, __ATOMIC_RELAXED);
    local = (int)(uintptr_t)argument;
    errno = 1000 + local;
    for (int i = 0; i < 20; i++)
        thread_yield();
    if (local != (int)(uintptr_t)argument || errno != 1000 + local)
        __atomic_fetch_add(&wrong_local, 1, __ATOMIC_RELAXED);
}

static void look_at_self(void *argument)
{
    (void)argument;
    seen_self = thread_self();
    seen_handle = thread_handle();
    thread_exit();
}

static void test_own_data(void)
{
    struct thread *threads[THREADS], *one;
    TEST(start_all(threads, THREADS, use_local) == THREADS, "%d threads start", THREADS);
    join_all(threads, THREADS);
    TEST(wrong_local == 0, "each has its own thread-local data and errno");
    TEST(local == 5, "and so has the first one");

    TEST(thread_create(&one, look_at_self, NULL, NULL) == 0, "a thread that looks at itself");
    thread_join(one);
    TEST(seen_self == one, "its struct is what its creator got");
    TEST(sys_handle_info(seen_handle).status == -EBADF, "its handle is closed after the join");
    TEST(thread_self() == NULL && thread_handle() == 0, "the first thread has neither");
    TEST(thread_create(NULL, look_at_self, NULL, NULL) == -EINVAL, "nobody could join it: refused");
}

/* ---- Mutex.
 * --------------------------------------------------------------------------------------- */

static struct mutex mutex;
static uint64_t counter;

static void count_up(void *argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        mutex_lock(&mutex);
        uint64_t value = counter;
        if (i % 64 == 0)
            thread_yield();
        counter = value + 1;
        mutex_unlock(&mutex);
    }
}

static void test_mutex(void)
{
    struct thread *threads[THREADS];
    int started = start_all(threads, THREADS, count_up);
    join_all(threads, started);
    TEST(counter == (uint64_t)THREADS * ROUNDS, "%lu increments under a mutex, none lost",
         (unsigned long)counter);
    TEST(mutex_try_lock(&mutex), "a free one is taken");
    TEST(!mutex_try_lock(&mutex), "a taken one is not");
    mutex_unlock(&mutex);
}

/* ---- Semaphore and queue.
 * -------------------------------------------------------------------------- */

static struct semaphore items, room;
static uint32_t in_flight, most_in_flight;

static void pass_through(void *argument)
{
    (void)argument;
    for (int i = 0; i < 100; i++) {
        semaphore_wait(&room, CLOCK_NEVER);
        uint32_t now = __atomic_add_fetch(&in_flight, 1, __ATOMIC_SEQ_CST);
        uint32_t most = __atomic_load_n(&most_in_flight, __ATOMIC_SEQ_CST);
        while (now > most && !__atomic_compare_exchange_n(&most_in_flight, &most, now, false,
                                                          __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            ;
        thread_yield();
        __atomic_sub_fetch(&in_flight, 1, __ATOMIC_SEQ_CST);
        semaphore_post(&room);
    }
}

static void test_semaphore(void)
{
    struct thread *threads[THREADS];
    semaphore_init(&room, 3);
    int started = start_all(threads, THREADS, pass_through);
    join_all(threads, started);
    TEST(most_in_flight >= 1 && most_in_flight <= 3, "at most 3 pass at a time: %u",
         most_in_flight);
    semaphore_init(&items, 0);
    TEST(semaphore_wait(&items, 0) == -ETIMEDOUT, "nothing there, and no waiting");
    uint64_t before = clock_now();
    TEST(semaphore_wait(&items, clock_after(30)) == -ETIMEDOUT, "nothing came");
    TEST(clock_nanoseconds(clock_now() - before) >= 30000000, "within 30 ms");
    semaphore_post(&items);
    TEST(semaphore_wait(&items, 0) == 0, "what is there is taken at once");
}

static struct queue queue;
static uint64_t taken_sum, taken_count;

static void take(void *argument)
{
    (void)argument;
    uint64_t value;
    while (queue_take(&queue, &value, CLOCK_NEVER) == 0 && value != 0) {
        __atomic_fetch_add(&taken_sum, value, __ATOMIC_RELAXED);
        __atomic_fetch_add(&taken_count, 1, __ATOMIC_RELAXED);
    }
}

static void test_queue(void)
{
    uint64_t slots[4], value;
    struct thread *threads[THREADS];
    queue_init(&queue, slots, 4);
    TEST(queue_take(&queue, &value, clock_after(10)) == -ETIMEDOUT, "an empty queue times out");
    int started = start_all(threads, THREADS, take);
    for (uint64_t i = 1; i <= ROUNDS; i++)
        queue_put(&queue, i, CLOCK_NEVER);
    for (int i = 0; i < started; i++)
        queue_put(&queue, 0, CLOCK_NEVER);
    join_all(threads, started);
    TEST(taken_count == ROUNDS && taken_sum == (uint64_t)ROUNDS * (ROUNDS + 1) / 2,
         "%lu values went through, each once", (unsigned long)taken_count);
    for (uint64_t i = 0; i < 4; i++)
        queue_put(&queue, i + 1, 0);
    TEST(queue_put(&queue, 5, clock_after(10)) == -ETIMEDOUT, "a full queue times out");
    TEST(queue_take(&queue, &value, 0) == 0 && value == 1, "first in, first out");
}

/* ---- Condition.
 * ------------------------------------------------------------------------------------ */

static struct condition turn_changed;
static uint64_t turn;

static void take_turns(void *argument)
{
    uint64_t number = (uintptr_t)argument;
    mutex_lock(&mutex);
    for (int i = 0; i < 50; i++) {
        while (turn % THREADS != number)
            condition_wait(&turn_changed, &mutex, CLOCK_NEVER);
        turn++;
        condition_wake_all(&turn_changed);
    }
    mutex_unlock(&mutex);
}

static void test_condition(void)
{
    struct thread *threads[THREADS];
    int started = start_all(threads, THREADS, take_turns);
    join_all(threads, started);
    TEST(turn == 50 * THREADS, "%d threads took turns %lu times", THREADS, (unsigned long)turn);
    mutex_lock(&mutex);
    TEST(condition_wait(&turn_changed, &mutex, clock_after(10)) == -ETIMEDOUT,
         "nobody wakes it, it times out");
    TEST(!mutex_try_lock(&mutex), "with the mutex held again");
    mutex_unlock(&mutex);
}

/* ---- Many of them.
 * ---------------------------------------------------------------------------------- */

static uint32_t came;

static void come_and_go(void *argument)
{
    (void)argument;
    __atomic_fetch_add(&came, 1, __ATOMIC_SEQ_CST);
    sys_word_wake(&came, 1);
}

static struct anser_system_info look(void)
{
    struct anser_system_info info = {0};
    clock_sleep(50);
    sys_system_info(start_handle("system"), ANSER_INFO_SYSTEM, 0, &info, sizeof(info));
    return info;
}

static void start_detached(uint32_t count)
{
    static const struct thread_options options = {.detached = true, .stack_size = 256 * 1024};
    uint32_t begun = came;
    while (count-- > 0 && thread_create(NULL, come_and_go, NULL, &options) == 0) {
        begun++;
        uint32_t now;
        while ((now = __atomic_load_n(&came, __ATOMIC_SEQ_CST)) < begun)
            sys_word_wait(&came, now, 0);
    }
}

/* Detached threads free their own stacks: 500 of them would not fit into the budget. */
static void test_detached(void)
{
    start_detached(10);
    struct anser_system_info before = look();
    start_detached(500);
    TEST(came == 510, "%u detached threads came and went", came);
    struct anser_system_info after = look();
    TEST(after.threads == before.threads && after.handles == before.handles &&
             after.frames_free == before.frames_free,
         "and left nothing: %ld pages", (long)(after.frames_free - before.frames_free));
}

static void recurse(void *argument)
{
    char buffer[1024];
    memset(buffer, (int)(uintptr_t)argument, sizeof(buffer));
    if ((uintptr_t)argument > 0)
        recurse((void *)((uintptr_t)argument - 1));
    __asm__ volatile("" : : "r"(buffer) : "memory");
}

static void test_stack(void)
{
    struct thread *thread;
    struct thread_options options = {.stack_size = 512 * 1024};
    TEST(thread_create(&thread, recurse, (void *)400, &options) == 0,
         "a thread with a large stack");
    TEST(thread_join(thread) == 0, "uses all of it");
}

int main(void)
{
    test_own_data();
    test_mutex();
    test_semaphore();
    test_queue();
    test_condition();
    test_detached();
    test_stack();
    return tap_done();
}
