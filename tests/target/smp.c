/* SPDX-License-Identifier: BSD-2-Clause */
/* More than one hart: threads at the same time, calls across harts, and no stale translation. */
/* smp: 2 4 */
/* qemu: 7.2 10 */
/* timeout: 240 */
/* sources: tests/target/support/task.c tests/target/support/child.c */
/* sources: tests/target/support/handler.S tests/target/support/balance.c */
#include <anser/init.h>
#include "clock.h"
#include "memory.h"
#include "start.h"
#include "support/balance.h"
#include "support/child.h"
#include "support/handler.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define PAGE ((uint64_t)MEMORY_PAGE)
#define RW   (ANSER_PROT_READ | ANSER_PROT_WRITE)

static uint64_t harts;

/* ---- At the same time. ----------------------------------------------------------------------- */

#define HANDOVERS 1000
static uint32_t turn;

/* Waits for each of its turns without any call, and hands it over. */
static int64_t hand_over(void *argument)
{
    uint32_t mine = (uint32_t)(uintptr_t)argument;
    uint32_t now;
    while ((now = __atomic_load_n(&turn, __ATOMIC_ACQUIRE)) < HANDOVERS)
        if (now % 2 == mine)
            __atomic_store_n(&turn, now + 1, __ATOMIC_RELEASE);
    return 0;
}

/* Seen by a thread that itself runs: what else runs now does so on another hart. */
static bool runs_elsewhere(uint64_t thread)
{
    struct anser_thread_info info;
    return task_look_up(thread, &info) && info.state == ANSER_STATE_RUNNING;
}

/* How quickly the turns come is the host's business: it may run both harts on one of its cores. */
static void test_parallel(void)
{
    struct task other;
    bool seen = false;
    turn = 0;
    task_start(&other, hand_over, (void *)1);
    for (uint64_t end = clock_after(20000); !seen && clock_now() < end;)
        seen = runs_elsewhere(other.id);
    hand_over((void *)0);
    task_join(&other);
    TEST(seen, "two threads run at the same time, and hand over %u turns", turn);
}

static uint32_t stop;

static int64_t spin(void *argument)
{
    (void)argument;
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE))
        ;
    return 0;
}

static void test_spread(void)
{
    struct task tasks[8];
    struct anser_thread_info info;
    uint64_t seen = 0;
    stop = 0;
    for (uint64_t i = 0; i < harts - 1; i++)
        task_start(&tasks[i], spin, NULL);
    for (uint64_t end = clock_after(20000); clock_now() < end;) {
        seen = 0;
        for (uint64_t i = 0; i < harts - 1; i++)
            if (task_look_up(tasks[i].id, &info) && info.state == ANSER_STATE_RUNNING)
                seen |= 1ul << info.hart;
        if ((uint64_t)__builtin_popcountl(seen) == harts - 1)
            break;
        clock_sleep(1);
    }
    TEST((uint64_t)__builtin_popcountl(seen) == harts - 1, "%lu threads run on as many harts",
         harts - 1);
    stop = 1;
    for (uint64_t i = 0; i < harts - 1; i++)
        task_join(&tasks[i]);
}

/* ---- Calls. ---------------------------------------------------------------------------------- */

#define CALLS 2000
#define PAIRS 4

static int64_t serve(uint64_t argument)
{
    struct ipc_registers registers = {.info = 0};
    int64_t status = ipc_exchange(ANSER_CALL_recv, child_handles[0], &registers);
    while (status >= 0 && status & ANSER_INFO_CALL) {
        registers.words[0] += argument;
        registers.info = (int64_t)IPC_INFO(ipc_bytes(status), 0);
        status = ipc_exchange(ANSER_CALL_reply_recv, child_handles[0], &registers);
    }
    return status == ANSER_INFO_CLOSED ? 0 : 1;
}

struct client {
    anser_handle send;
    uint64_t add;
};

static int64_t call_often(void *argument)
{
    struct client *client = argument;
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < CALLS; i++) {
        if (i % 3 == 0) {
            uint64_t words[IPC_WORDS] = {i, 1, 2, 3, 4, 5, 6, 7};
            wrong += ipc_call_words(client->send, words) != 64 || words[0] != i + client->add ||
                     words[7] != 7;
        } else {
            uint64_t word = i;
            wrong += ipc_call_word(client->send, &word) != 8 || word != i + client->add;
        }
    }
    return (int64_t)wrong;
}

static void test_calls(void)
{
    struct child servers[PAIRS];
    struct client clients[PAIRS];
    struct task tasks[2 * PAIRS];
    int64_t wrong = 0;
    for (uint64_t i = 0; i < PAIRS; i++) {
        struct channel channel = make_channel(64, 0);
        struct child_options options = {.handle_count = 1, .handles = {channel.receive}};
        child_start(&servers[i], serve, i + 1, &options);
        clients[i] = (struct client){channel.send, i + 1};
    }
    for (uint64_t i = 0; i < 2 * PAIRS; i++)
        task_start(&tasks[i], call_often, &clients[i % PAIRS]);
    for (uint64_t i = 0; i < 2 * PAIRS; i++)
        wrong += task_join(&tasks[i]);
    TEST(wrong == 0, "%d clients make %d calls each to %d servers in other processes", 2 * PAIRS,
         CALLS, PAIRS);
    for (uint64_t i = 0; i < PAIRS; i++) {
        handle_close(clients[i].send);
        wrong += child_wait(&servers[i]).status;
    }
    TEST(wrong == 0, "and the servers end well");
}

/* ---- Killed in the middle of a call. --------------------------------------------------------- */

static int64_t call_for_ever(uint64_t argument)
{
    (void)argument;
    for (uint64_t word = 0;; word++) {
        uint64_t answer = word;
        if (ipc_call_word(child_handles[0], &answer) != 8 || answer != word + 5)
            return 1;
    }
}

static void test_kill_callers(void)
{
    struct channel channel = make_channel(8, 0);
    struct child server, client;
    struct child_options options = {.handle_count = 1, .handles = {channel.receive}};
    child_start(&server, serve, 5, &options);
    bool good = true;
    for (uint64_t i = 0; i < 150 && good; i++) {
        struct child_options with = {.handle_count = 1,
                                     .handles = {handle_duplicate(channel.send)}};
        good &= child_start(&client, call_for_ever, 0, &with) == 0;
        for (uint64_t end = clock_now() + clock_ticks(300000 + i * 7000); clock_now() < end;)
            ;
        sys_process_kill(client.process, 6);
        struct child_end end = child_wait(&client);
        good &= end.reason == ANSER_EXIT_KILLED && end.status == 6;
        uint64_t word = i;
        good &= ipc_call_word(channel.send, &word) == 8 && word == i + 5;
    }
    TEST(good, "150 clients are killed in the middle of their calls; the server serves on");
    handle_close(channel.send);
    TEST(child_wait(&server).status == 0, "and ends well");
}

/* ---- Stale translations. --------------------------------------------------------------------- */

#define PLACE  0x3400000000ul
#define HANDLE 0x3500000000ul
#define ROUNDS 200

static struct {
    uint64_t count;   /* loads done */
    uint64_t value;   /* of the last one */
    uint32_t faulted; /* the reader is in its handler, */
    uint32_t go_on;   /* until this */
    uint32_t writes;  /* it stores instead */
} reader;

void on_foreign(struct anser_frame *frame)
{
    (void)frame;
    __atomic_store_n(&reader.faulted, 1, __ATOMIC_SEQ_CST);
    while (!__atomic_exchange_n(&reader.go_on, 0, __ATOMIC_SEQ_CST) && !stop)
        sys_thread_yield();
    __atomic_store_n(&reader.faulted, 0, __ATOMIC_SEQ_CST);
    if (stop)
        frame->pc += 4;
}

void on_nested(struct anser_frame *frame)
{
    (void)frame;
}

static int64_t read_on(void *argument)
{
    volatile uint64_t *place = argument;
    struct anser_handler_params params = {.entry = (uint64_t)handler_entry,
                                          .nested = (uint64_t)handler_nested_entry,
                                          .address = HANDLE,
                                          .stack_pages = HANDLER_STACK_PAGES};
    sys_thread_handler(&params);
    while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
        if (__atomic_load_n(&reader.writes, __ATOMIC_SEQ_CST))
            handler_store(place + 1, reader.count);
        else
            __atomic_store_n(&reader.value, handler_load(place), __ATOMIC_SEQ_CST);
        __atomic_add_fetch(&reader.count, 1, __ATOMIC_SEQ_CST);
    }
    return 0;
}

static uint64_t counted(void)
{
    return __atomic_load_n(&reader.count, __ATOMIC_SEQ_CST);
}

static bool moves_on(void)
{
    uint64_t before = counted(), end = clock_after(3000);
    while (counted() < before + 3)
        if (clock_now() > end)
            return false;
    return true;
}

/* From now on no load may have been done: at most the one that was on its way when it was counted.
 */
static bool stands_still(void)
{
    uint64_t before = counted(), end = clock_after(3000);
    while (!__atomic_load_n(&reader.faulted, __ATOMIC_SEQ_CST))
        if (clock_now() > end || counted() > before + 1)
            return false;
    return counted() <= before + 1;
}

static void go_on(void)
{
    __atomic_store_n(&reader.go_on, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&reader.faulted, __ATOMIC_SEQ_CST))
        sys_thread_yield();
}

static void map_new(uint64_t value)
{
    sys_region_map(0, PLACE, PAGE, RW | ANSER_MAP_FIXED, 0, 0);
    *(volatile uint64_t *)PLACE = value;
}

static bool unmap_it(uint64_t round)
{
    (void)round;
    return sys_region_unmap(0, PLACE, PAGE) == 0 && stands_still();
}

static bool hide_it(uint64_t round)
{
    (void)round;
    return sys_region_protect(0, PLACE, PAGE, ANSER_PROT_NONE) == 0 && stands_still();
}

static bool protect_it(uint64_t round)
{
    (void)round;
    __atomic_store_n(&reader.writes, 1, __ATOMIC_SEQ_CST);
    bool good =
        moves_on() && sys_region_protect(0, PLACE, PAGE, ANSER_PROT_READ) == 0 && stands_still();
    __atomic_store_n(&reader.writes, 0, __ATOMIC_SEQ_CST);
    return good;
}

/* The reader sees what is there now: after two more loads, the value cannot be an old one. */
static bool sees(uint64_t value)
{
    uint64_t before = counted(), end = clock_after(3000);
    while (counted() < before + 2)
        if (clock_now() > end)
            return false;
    return __atomic_load_n(&reader.value, __ATOMIC_SEQ_CST) == value;
}

static bool decommit_it(uint64_t round)
{
    (void)round;
    return sys_region_decommit(0, PLACE, PAGE) == 0 && sees(0);
}

static bool replace_it(uint64_t round)
{
    (void)round;
    return sys_region_map(0, PLACE, PAGE, RW | ANSER_MAP_FIXED, 0, 0).status == 0 && sees(0);
}

/* A write after a copy gets its own page, and the reader on the other hart must see that one. */
static bool copy_it(uint64_t round)
{
    if (sys_region_copy(0, PLACE + (1ul << 30), PLACE, PAGE, RW) != 0)
        return false;
    *(volatile uint64_t *)PLACE = round + 1000000;
    bool good = sees(round + 1000000) && *(volatile uint64_t *)(PLACE + (1ul << 30)) == round + 1;
    sys_region_unmap(0, PLACE + (1ul << 30), PAGE);
    return good;
}

static bool send_it(uint64_t round)
{
    struct channel channel = make_channel(8, 1);
    anser_handle pages = sys_pages_create(1, 0, 0);
    sys_region_map(0, PLACE, PAGE, RW | ANSER_MAP_FIXED, pages, 0);
    *(volatile uint64_t *)PLACE = round;
    struct channel_out out = {.handle_count = 1, .handles = {pages}};
    bool good = moves_on() && channel_send(channel.send, &out, 0) == 0 && stands_still();
    drop_channel(channel);
    return good;
}

static void test_shoot_down(void)
{
    static const struct {
        const char *what;
        bool (*change)(uint64_t round);
    } cases[] = {
        {"unmapped", unmap_it},       {"hidden", hide_it},      {"made read-only", protect_it},
        {"decommitted", decommit_it}, {"replaced", replace_it}, {"copied on write", copy_it},
        {"sent away", send_it},
    };
    struct task task;
    stop = 0;
    map_new(1);
    task_start(&task, read_on, (void *)PLACE);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool good = true;
        uint64_t round = 0;
        for (; round < ROUNDS && good; round++) {
            map_new(round + 1);
            if (__atomic_load_n(&reader.faulted, __ATOMIC_SEQ_CST))
                go_on();
            good &= moves_on() && cases[i].change(round);
        }
        TEST(good, "a page that another hart reads is %s, %lu times", cases[i].what, round);
    }
    stop = 1;
    task_join(&task);
    sys_region_unmap(0, PLACE, PAGE);
}

/* ---- Address spaces that come and go on all harts: none sees another's page at its address. ----
 */

static int64_t look_at_own(uint64_t argument)
{
    static volatile uint64_t own;
    uint64_t seen = own;
    own = argument;
    for (int i = 0; i < 200; i++)
        if (own != argument)
            return 1;
    return seen == 0 ? 0 : 2;
}

static void test_spaces(void)
{
    struct child children[6];
    bool good = true;
    for (uint64_t round = 0; round < 25; round++) {
        for (uint64_t i = 0; i < 6; i++)
            good &= child_start(&children[i], look_at_own, round * 6 + i + 1, NULL) == 0;
        for (uint64_t i = 0; i < 6; i++)
            good &= child_wait(&children[i]).status == 0;
    }
    TEST(good, "150 processes, six at a time, each sees its own memory");
}

int main(void)
{
    struct anser_system_info info;
    struct balance before = {0};
    sys_system_info(start_handle(START_SYSTEM), ANSER_INFO_SYSTEM, 0, &info, sizeof(info));
    harts = info.harts;
    TEST(harts >= 2, "%lu harts", harts);
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        test_parallel();
        test_spread();
        test_calls();
        test_kill_callers();
        test_shoot_down();
        test_spaces();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
