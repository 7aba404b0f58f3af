/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for a word of memory to change. */
/* sources: tests/target/support/task.c tests/target/support/child.c */
#include <errno.h>
#include "clock.h"
#include "memory.h"
#include "support/child.h"
#include "support/task.h"
#include "syscall.h"
#include "tap.h"

#define WAITERS 4

static uint32_t word = 1, other_word = 1;

struct waiter {
    const uint32_t *word;
    uint64_t milliseconds;
    uint32_t order;
};

static uint32_t woken;

static int64_t do_wait(void *argument)
{
    struct waiter *waiter = argument;
    int64_t status = sys_word_wait(waiter->word, 1,
                                   waiter->milliseconds ? clock_after(waiter->milliseconds) : 0);
    waiter->order = __atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
    return status;
}

static void test_errors(void)
{
    static uint8_t bytes[12] __attribute__((aligned(8)));
    TEST(sys_word_wait(&word, 0, 0) == -EAGAIN, "another value: EAGAIN");
    TEST(sys_word_wait(&word, 1, 1) == -ETIMEDOUT, "a deadline that is over: ETIMEDOUT");
    TEST(sys_word_wait((uint32_t *)(bytes + 2), 0, 0) == -EINVAL, "misaligned: EINVAL");
    TEST(sys_word_wait((uint32_t *)0x3800000000, 0, 0) == -EFAULT, "nowhere: EFAULT");
    TEST(sys_word_wait((uint32_t *)0x80200000, 0, 0) == -EFAULT, "in the kernel: EFAULT");
    TEST(sys_word_wait((uint32_t *)0xffffffc080200000, 0, 0) == -EFAULT, "its map: EFAULT");
    TEST(sys_word_wait((uint32_t *)0xfffffffffffffffc, 0, 0) == -EFAULT, "at the end: EFAULT");
    TEST(sys_word_wake((uint32_t *)(bytes + 2), 1) == -EINVAL, "waking one misaligned: EINVAL");
    TEST(sys_word_wake(&word, 1) == 0, "nobody waits: 0 woken");
    TEST(sys_word_wake((uint32_t *)0x3800000000, 1) >= -EFAULT, "nor where nothing is");
}

static void test_deadline(void)
{
    uint64_t begin = clock_now();
    TEST(sys_word_wait(&word, 1, clock_after(25)) == -ETIMEDOUT, "nobody wakes it");
    TEST(clock_now() - begin >= clock_ticks(25000000), "until its deadline");
    TEST(sys_word_wake(&word, 1) == 0, "then it waits no more");
}

static void start_waiters(struct task *tasks, struct waiter *waiters, const uint32_t *on)
{
    woken = 0;
    for (unsigned i = 0; i < WAITERS; i++) {
        waiters[i] = (struct waiter){.word = on};
        task_start(&tasks[i], do_wait, &waiters[i]);
        task_wait_state(&tasks[i], ANSER_STATE_WORD);
    }
}

static void test_order(void)
{
    struct task tasks[WAITERS];
    struct waiter waiters[WAITERS];
    struct anser_thread_info info;
    start_waiters(tasks, waiters, &word);
    TEST(task_look_up(tasks[0].id, &info) && info.wait_object == (uint64_t)&word,
         "system_info says for which word");
    TEST(sys_word_wake(&other_word, 10) == 0, "another word wakes nobody");
    TEST(sys_word_wake(&word, 0) == 0, "a count of 0 neither");
    bool good = true;
    for (unsigned i = 0; i < 2; i++)
        good &= sys_word_wake(&word, 1) == 1 && task_result(&tasks[i]) == 0;
    TEST(good && waiters[0].order == 1 && waiters[1].order == 2, "first come, first woken");
    TEST(!task_done(&tasks[2]) && !task_done(&tasks[3]), "no more than were asked for");
    TEST(sys_word_wake(&word, UINT64_MAX) == 2, "all others at once");
    TEST(task_result(&tasks[2]) == 0 && task_result(&tasks[3]) == 0, "go on");
}

/* A word belongs to a process: the same address in another one is another word. */
static int64_t wait_there(uint64_t argument)
{
    return sys_word_wait((uint32_t *)argument, 1, clock_after(200));
}

static void test_private(void)
{
    struct child child;
    struct anser_thread_info info;
    child_start(&child, wait_there, (uint64_t)&word, NULL);
    uint64_t id = object_id(child.thread);
    for (int i = 0; i < 100 && task_look_up(id, &info) && info.state != ANSER_STATE_WORD; i++)
        clock_sleep(1);
    TEST(info.state == ANSER_STATE_WORD && sys_word_wake(&word, 1) == 0,
         "a waiter of another process is not woken");
    TEST(child_wait(&child).status == -ETIMEDOUT, "it waits until its deadline");
}

/* The page of the word is unmapped while somebody waits, and the wake still finds the waiter. */
static void test_unmapped(void)
{
    uint32_t *page = memory_map(MEMORY_PAGE);
    struct waiter waiter = {.word = page};
    struct task task;
    *page = 1;
    task_start(&task, do_wait, &waiter);
    task_wait_state(&task, ANSER_STATE_WORD);
    memory_unmap(page, MEMORY_PAGE);
    TEST(sys_word_wake(page, 1) == 1 && task_result(&task) == 0,
         "unmapped memory, waited on: the waiter can still be woken");
}

/* No wake-up is lost: two threads hand a turn to each other. */
#define TURNS 5000
static uint32_t turn;

static int64_t take_turns(void *argument)
{
    uint32_t mine = (uint32_t)(uintptr_t)argument;
    for (int i = 0; i < TURNS; i++) {
        uint32_t now;
        while ((now = __atomic_load_n(&turn, __ATOMIC_ACQUIRE)) % 2 != mine)
            sys_word_wait(&turn, now, 0);
        __atomic_add_fetch(&turn, 1, __ATOMIC_RELEASE);
        sys_word_wake(&turn, 1);
    }
    return 0;
}

static void test_no_loss(void)
{
    struct task tasks[2];
    task_start(&tasks[0], take_turns, (void *)0);
    task_start(&tasks[1], take_turns, (void *)1);
    TEST(task_join(&tasks[0]) == 0 && task_join(&tasks[1]) == 0 && turn == 2 * TURNS,
         "%d turns, no wake-up lost", 2 * TURNS);
}

int main(void)
{
    test_errors();
    test_deadline();
    test_order();
    test_private();
    test_unmapped();
    test_no_loss();
    return tap_done();
}
