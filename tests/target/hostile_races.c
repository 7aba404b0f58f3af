/* SPDX-License-Identifier: BSD-2-Clause */
/* A second thread rewrites, unmaps and closes what a call is just using: whatever comes of it is
 * one of the errors that can be explained, never a torn message, and nobody else notices. */
/* timeout: 240 */
/* sources: tests/target/support/task.c tests/target/support/balance.c */
/* sources: tests/target/support/child.c */
#include <errno.h>
#include <string.h>
#include "clock.h"
#include "memory.h"
#include "support/balance.h"
#include "support/child.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define PAGE   ((uint64_t)MEMORY_PAGE)
#define PLACE  0x3400000000ul
#define RW     (ANSER_PROT_READ | ANSER_PROT_WRITE)
#define ROUNDS 1500
#define LENGTH 200

static uint32_t stop;
static uint64_t changes;

/* At least so long, and until it has happened often enough: a loaded host takes its time. */
static void let_race(uint64_t milliseconds, const uint64_t *counter, uint64_t least)
{
    uint64_t end = clock_after(60000);
    clock_sleep(milliseconds);
    while (__atomic_load_n(counter, __ATOMIC_RELAXED) <= least && clock_now() < end)
        clock_sleep(10);
}

static bool running(void)
{
    return !__atomic_load_n(&stop, __ATOMIC_SEQ_CST);
}

/* Whether a status is 0 or one of the errors; shows it if not. */
static bool expected(int64_t status, const int *errors)
{
    if (status >= 0)
        return true;
    for (; *errors; errors++)
        if (status == -*errors)
            return true;
    printf("# status %ld\n", (long)status);
    return false;
}

/* The changer gets the hart now and then, also if there is only one. */
static void pause_sometimes(uint64_t round)
{
    if (round % 8 == 0)
        sys_thread_yield();
}

/* ---- The message block is rewritten. --------------------------------------------------------- */

static struct anser_message shared_block;
static uint8_t shared_data[2 * MEMORY_PAGE];
static anser_handle movable;

static int64_t rewrite_block(void *argument)
{
    (void)argument;
    static const uint64_t lengths[] = {0, LENGTH, 64, 65, 4096, 4097, UINT64_MAX};
    volatile struct anser_message *block = &shared_block;
    for (uint64_t i = 0; running(); i++, changes++) {
        block->send_length = lengths[i % 7];
        block->send_data = i % 3 ? (uint64_t)shared_data : 0x80200000;
        block->recv_data = i % 5 ? (uint64_t)shared_data : 0xffffffc080200000;
        block->recv_capacity = lengths[i % 5];
        block->handles[0] = i % 2 ? movable : 0x123;
        pause_sometimes(i);
    }
    return 0;
}

static void test_rewritten_block(void)
{
    static const int errors[] = {EFAULT, EMSGSIZE, EBADF, EAGAIN, EINVAL, 0};
    struct channel channel = make_channel(4096, 2), other = make_channel(8, 0);
    struct task changer;
    bool good = true;
    uint64_t sent = 0;
    stop = 0;
    changes = 0;
    movable = other.receive; /* may not be put into a buffer */
    task_start(&changer, rewrite_block, NULL);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        uint64_t info = ANSER_INFO_MEM | ANSER_INFO_NB | IPC_INFO(0, i % 4 == 0);
        int64_t status = sys_send(channel.send, info, &shared_block).status;
        sent += status == 0;
        good &= expected(status, errors);
        good &= expected(
            sys_recv(channel.receive, ANSER_INFO_MEM | ANSER_INFO_NB, &shared_block).status,
            errors);
        pause_sometimes(i);
    }
    stop = 1;
    task_join(&changer);
    TEST(good && changes > 0,
         "the message block changes %lu times during %d sends (%lu went through)", changes, ROUNDS,
         sent);
    drop_channel(channel);
    drop_channel(other);
}

/* ---- Its buffers come and go. ---------------------------------------------------------------- */

static int64_t remap(void *argument)
{
    uint64_t place = (uint64_t)argument;
    for (uint64_t i = 0; running(); i++, changes++) {
        switch (i % 4) {
        case 0:
            sys_region_unmap(0, place, PAGE);
            break;
        case 1:
            sys_region_map(0, place, PAGE, RW | ANSER_MAP_FIXED, 0, 0);
            break;
        case 2:
            sys_region_protect(0, place, PAGE, ANSER_PROT_READ);
            break;
        default:
            sys_region_decommit(0, place, PAGE);
        }
        pause_sometimes(i);
    }
    return 0;
}

static int64_t receive_all(void *argument)
{
    anser_handle receive = *(anser_handle *)argument;
    static uint8_t room[4096];
    uint64_t torn = 0;
    for (;;) {
        struct anser_message message = {.recv_data = (uint64_t)room, .recv_capacity = sizeof(room)};
        int64_t status = sys_recv(receive, ANSER_INFO_MEM, &message).status;
        if (status & ANSER_INFO_CLOSED)
            return (int64_t)torn;
        torn += message.recv_length != LENGTH;
    }
}

static void test_send_from_moving_buffer(void)
{
    static const int errors[] = {EFAULT, 0};
    struct channel channel = make_channel(4096, 0);
    struct task changer, receiver;
    bool good = true;
    uint64_t sent = 0;
    stop = 0;
    changes = 0;
    task_start(&receiver, receive_all, &channel.receive);
    task_start(&changer, remap, (void *)PLACE);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        struct anser_message message = {.send_data = PLACE + PAGE - LENGTH / 2,
                                        .send_length = LENGTH};
        if (i % 2) /* all of it inside the page that comes and goes */
            message.send_data = PLACE;
        int64_t status = sys_send(channel.send, ANSER_INFO_MEM, &message).status;
        sent += status == 0;
        good &= expected(status, errors);
    }
    stop = 1;
    task_join(&changer);
    TEST(good && changes > 0, "a sender's buffer changes %lu times, %lu of %d sends went through",
         changes, sent, ROUNDS);
    handle_close(channel.send);
    TEST(task_result(&receiver) == 0, "what came was whole");
    handle_close(channel.receive);
}

static int64_t send_all(void *argument)
{
    anser_handle send = *(anser_handle *)argument;
    static uint8_t data[LENGTH];
    for (;;) {
        struct anser_message message = {.send_data = (uint64_t)data, .send_length = LENGTH};
        if (sys_send(send, ANSER_INFO_MEM, &message).status == -EPIPE)
            return 0;
    }
}

static void test_receive_into_moving_buffer(void)
{
    static const int errors[] = {EFAULT, 0};
    struct channel channel = make_channel(4096, 0);
    struct task changer, sender;
    bool good = true;
    uint64_t came = 0;
    stop = 0;
    changes = 0;
    task_start(&sender, send_all, &channel.send);
    task_start(&changer, remap, (void *)PLACE);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        struct anser_message message = {.recv_data = PLACE + (i % 2 ? 0 : PAGE - LENGTH / 2),
                                        .recv_capacity = LENGTH};
        int64_t status = sys_recv(channel.receive, ANSER_INFO_MEM, &message).status;
        came += status == 0;
        good &= expected(status, errors);
        good &= status != 0 || message.recv_length == LENGTH;
    }
    stop = 1;
    task_join(&changer);
    TEST(good && changes > 0, "a receiver's buffer changes %lu times, %lu of %d elements came",
         changes, came, ROUNDS);
    handle_close(channel.receive);
    TEST(task_result(&sender) == 0, "the sender has noticed nothing");
    handle_close(channel.send);
}

/* ---- Handles are closed while they are used. ------------------------------------------------- */

static struct channel target; /* replaced again and again */

static int64_t replace_channel(void *argument)
{
    (void)argument;
    for (uint64_t i = 0; running(); i++, changes++) {
        struct channel new = make_channel(8, i % 3), old = target;
        __atomic_store_n(&target.send, new.send, __ATOMIC_SEQ_CST);
        __atomic_store_n(&target.receive, new.receive, __ATOMIC_SEQ_CST);
        if (i % 2)
            clock_sleep_until(clock_now() + 200);
        handle_close(i & 4 ? old.send : old.receive);
        handle_close(i & 4 ? old.receive : old.send);
        pause_sometimes(i);
    }
    return 0;
}

static int64_t use_channel(void *argument)
{
    static const int errors[] = {EBADF, EPIPE, ETIMEDOUT, EAGAIN, 0};
    uint64_t kind = (uint64_t)argument;
    bool good = true;
    for (uint64_t i = 0; running(); i++) {
        anser_handle send = __atomic_load_n(&target.send, __ATOMIC_SEQ_CST);
        anser_handle receive = __atomic_load_n(&target.receive, __ATOMIC_SEQ_CST);
        uint64_t deadline = clock_after(1 + i % 3);
        if (kind == 0)
            good &= expected(send_word(send, i, deadline), errors);
        else if (kind == 1)
            good &= expected((int64_t)call_word(send, i, deadline), errors);
        else
            receive_word(receive, deadline);
    }
    return good;
}

static void test_closing(void)
{
    struct task changer, users[6];
    bool good = true;
    stop = 0;
    changes = 0;
    target = make_channel(8, 0);
    task_start(&changer, replace_channel, NULL);
    for (uint64_t i = 0; i < 6; i++)
        task_start(&users[i], use_channel, (void *)(i % 3));
    let_race(1500, &changes, 50);
    stop = 1;
    task_join(&changer);
    for (int i = 0; i < 6; i++)
        good &= task_join(&users[i]) == 1;
    TEST(good && changes > 50, "channels are replaced %lu times under six threads that use them",
         changes);
    drop_channel(target);
}

/* ---- Two threads move the same handle, and map and unmap the same place. --------------------- */

static struct channel rally;

static int64_t grab(void *argument)
{
    anser_handle *shared = argument;
    while (running()) {
        struct channel_out out = {.handle_count = 1, .handles = {*shared}};
        uint64_t nothing;
        struct channel_in in = {.data = &nothing, .capacity = 8};
        if (channel_send(rally.send, &out, 0) == 0)
            __atomic_add_fetch(&changes, 1, __ATOMIC_RELAXED);
        if (channel_receive(rally.receive, &in, 0, 0) == 0 && in.handle_count == 1)
            __atomic_store_n(shared, in.handles[0], __ATOMIC_SEQ_CST);
    }
    return 0;
}

static void test_moving(void)
{
    struct task tasks[3];
    struct channel cargo = make_channel(8, 0);
    anser_handle shared = cargo.send;
    uint64_t nothing;
    struct channel_in in = {.data = &nothing, .capacity = 8};
    stop = 0;
    changes = 0;
    rally = make_channel(8, 1);
    for (int i = 0; i < 3; i++)
        task_start(&tasks[i], grab, &shared);
    let_race(300, &changes, 10);
    stop = 1;
    for (int i = 0; i < 3; i++)
        task_join(&tasks[i]);
    bool buffered = channel_receive(rally.receive, &in, 0, 0) == 0;
    if (buffered)
        shared = in.handles[0];
    TEST(changes > 10 && sys_handle_info(shared).status == ANSER_TYPE_CHANNEL,
         "three threads move one handle %lu times: it is there, once", changes);
    handle_close(shared);
    TEST(is_closed(cargo.receive), "exactly once");
    handle_close(cargo.receive);
    drop_channel(rally);
}

static void test_mapping(void)
{
    struct task tasks[4];
    stop = 0;
    changes = 0;
    for (uint64_t i = 0; i < 4; i++)
        task_start(&tasks[i], remap, (void *)(PLACE + i / 2 * PAGE));
    let_race(500, &changes, 100);
    stop = 1;
    for (int i = 0; i < 4; i++)
        task_join(&tasks[i]);
    sys_region_unmap(0, PLACE, 4 * PAGE);
    TEST(changes > 100, "four threads map and unmap the same two pages, %lu times", changes);
}

/* ---- A process is killed while others fill it. ----------------------------------------------- */

static int64_t wait_for_end(uint64_t argument)
{
    clock_sleep(argument);
    return 0;
}

static int64_t fill_process(void *argument)
{
    anser_handle process = *(anser_handle *)argument;
    static const int errors[] = {ESRCH, ENOMEM, EEXIST, EMFILE, 0};
    bool good = true;
    for (uint64_t i = 0; running(); i++) {
        uint64_t place = PLACE + i % 64 * PAGE;
        struct sys_result mapped =
            sys_region_map(process, place, PAGE, RW | ANSER_MAP_NOREPLACE, 0, 0);
        good &= expected(mapped.status, errors);
        good &= expected(sys_region_copy(process, place, (uint64_t)shared_data & ~(PAGE - 1), PAGE,
                                         ANSER_PROT_READ),
                         errors);
        struct channel gift = make_channel(8, 0);
        int64_t given = sys_handle_give(process, gift.send);
        good &= expected(given, errors);
        if (given < 0)
            handle_close(gift.send);
        handle_close(gift.receive);
        if (mapped.status == -ESRCH)
            break;
    }
    return good;
}

static void test_filling_the_dying(void)
{
    bool good = true;
    for (uint64_t i = 0; i < 25; i++) {
        struct child child;
        struct task fillers[2];
        stop = 0;
        good &= child_start(&child, wait_for_end, 1000000, NULL) == 0;
        for (int j = 0; j < 2; j++)
            task_start(&fillers[j], fill_process, &child.process);
        clock_sleep_until(clock_now() + clock_ticks(i * 80000));
        sys_process_kill(child.process, 0);
        for (int j = 0; j < 2; j++)
            good &= task_join(&fillers[j]) == 1;
        struct child_end end = child_wait(&child);
        good &= end.reason == ANSER_EXIT_KILLED;
        if (!good) {
            printf("# %lu: reason %lu, status %ld, cause %lu, value %#lx, pc %#lx\n", i, end.reason,
                   (long)end.status, end.cause, end.value, end.pc);
            break;
        }
    }
    TEST(good, "25 processes are killed while two threads fill them");
}

int main(void)
{
    struct balance before = {0};
    memset(shared_data, 1, sizeof(shared_data)); /* paid for now, not when a race goes that way */
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        test_rewritten_block();
        test_send_from_moving_buffer();
        test_receive_into_moving_buffer();
        test_closing();
        test_moving();
        test_mapping();
        test_filling_the_dying();
    }
    TEST(balance_is_but_tables(&before), "all memory, handles and objects are back");
    return tap_done();
}
