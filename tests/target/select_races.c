/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads select, while others rewrite the cases and blocks, close and duplicate the handles, unmap
 * the buffers and take part: each call ends with what can be explained, the kernel's books are
 * right afterwards, and who takes no part notices nothing.
 */
/* timeout: 90 */
/* sources: tests/target/support/task.c tests/target/support/balance.c */
#include <errno.h>
#include "clock.h"
#include "memory.h"
#include "support/balance.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define PAGE      ((uint64_t)MEMORY_PAGE)
#define PLACE     0x3400000000ul
#define RW        (ANSER_PROT_READ | ANSER_PROT_WRITE)
#define CHANNELS  5
#define CASES     12
#define SELECTORS 3
#define ROUNDS    3000

static struct channel channels[CHANNELS]; /* ours for good */
static struct channel signal;
static anser_handle used[2 * CHANNELS + 1]; /* duplicates, which come and go */
static struct anser_case cases[CASES];
static struct anser_message blocks[CASES];
static uint8_t data[CASES][128];
static uint32_t stop;

static bool running(void)
{
    return !__atomic_load_n(&stop, __ATOMIC_ACQUIRE);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static anser_handle duplicate(unsigned i)
{
    if (i == 2 * CHANNELS)
        return handle_duplicate(signal.receive);
    return handle_duplicate(i % 2 ? channels[i / 2].send : channels[i / 2].receive);
}

/* ---- Those who disturb. ------------------------------------------------------------------------
 */

static uint64_t any_address(uint64_t chance, unsigned i)
{
    switch (chance % 64) {
    case 0:
        return PLACE + chance / 8 % (2 * PAGE);
    case 1:
        return chance & 0xffffffffff;
    default:
        return (uint64_t)data[i];
    }
}

static void rewrite_case(uint64_t *state, unsigned i)
{
    uint64_t chance = next_random(state);
    volatile struct anser_case *at = &cases[i];
    unsigned which = (unsigned)(chance % (2 * CHANNELS + 1));
    bool send = which % 2 == 1;
    at->handle = chance >> 20 & 63 ? used[which] : (anser_handle)(chance >> 24 & 0xffff);
    at->info = send ? ANSER_CASE_SEND : (chance >> 31 & 1) * ANSER_INFO_WANT_REPLY;
    at->message = chance >> 40 & 63 ? (uint64_t)&blocks[i] : any_address(chance >> 44, i) & ~7ul;
}

static void rewrite_block(uint64_t *state, unsigned i)
{
    static const uint64_t lengths[] = {0, 8, 64, 65, 100, 101, 4096, UINT64_MAX};
    uint64_t chance = next_random(state);
    volatile struct anser_message *at = &blocks[i];
    at->send_data = any_address(chance, i);
    at->send_length = lengths[chance >> 20 & (chance >> 40 & 31 ? 3 : 7)];
    at->recv_data = any_address(chance >> 10, i);
    at->recv_capacity = lengths[(chance >> 23 & 3) | (chance >> 45 & 31 ? 4 : 0)];
}

static int64_t rewrite(void *argument)
{
    uint64_t state = 1;
    (void)argument;
    while (running()) {
        unsigned i = (unsigned)(next_random(&state) % CASES);
        rewrite_case(&state, i);
        rewrite_block(&state, i);
        if (i < 3)
            sys_thread_yield();
    }
    return 0;
}

static int64_t close_and_map(void *argument)
{
    uint64_t state = 2;
    (void)argument;
    while (running()) {
        unsigned i = (unsigned)(next_random(&state) % (2 * CHANNELS + 1));
        anser_handle old = used[i];
        used[i] = duplicate(i);
        for (unsigned n = 0; n < CASES; n++)
            if (__atomic_load_n(&cases[n].handle, __ATOMIC_RELAXED) == old)
                __atomic_store_n(&cases[n].handle, used[i], __ATOMIC_RELAXED);
        handle_close(old);
        sys_region_unmap(0, PLACE, 2 * PAGE);
        if (state & 3)
            sys_region_map(0, PLACE, PAGE << (state >> 4 & 1), RW | ANSER_MAP_FIXED, 0, 0);
        sys_thread_yield();
    }
    return 0;
}

/* Sends and receives without waiting long; keeps what it is sent from piling up. */
static int64_t take_part(void *argument)
{
    uint64_t state = 3;
    static uint8_t room[128];
    (void)argument;
    while (running()) {
        uint64_t chance = next_random(&state);
        const struct channel *channel = &channels[chance % CHANNELS];
        struct channel_in in = {.data = room, .capacity = sizeof(room)};
        struct channel_out out = {.data = room, .length = chance >> 20 & 63};
        uint64_t until = chance >> 30 & 3 ? 0 : clock_now() + 500;
        if (chance >> 40 & 1)
            channel_send(channel->send, &out, until);
        else
            channel_receive(channel->receive, &in, 0, until);
        if (chance >> 50 & 1)
            sys_signal(signal.send, chance);
        if ((chance >> 55 & 3) == 0)
            sys_thread_yield();
    }
    return 0;
}

/* ---- Those who select. -------------------------------------------------------------------------
 */

struct selector {
    struct task task;
    uint64_t seed;
    uint64_t fired, waited, failed;
};

static bool explained(int64_t status, uint64_t index)
{
    switch (status) {
    case -EAGAIN:
    case -ETIMEDOUT:
        return index == UINT64_MAX;
    case -EBADF:
    case -EPERM:
    case -EINVAL:
    case -EFAULT:
    case -EMSGSIZE:
        return index < CASES;
    default:
        return status >= 0 && status >> ANSER_SELECT_INDEX_SHIFT < CASES;
    }
}

static int64_t select_on(void *argument)
{
    struct selector *self = argument;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t chance = next_random(&self->seed);
        uint64_t info = chance & 1 ? ANSER_INFO_NB : ANSER_INFO_DEADLINE;
        unsigned first = (unsigned)(chance >> 1) % CASES, count = 1 + (chance >> 8) % 4;
        struct sys_result result = sys_chan_select(&cases[first], first + count > CASES ? 1 : count,
                                                   info, clock_now() + 1000);
        if (result.status >= 0) {
            self->fired++;
        } else if (!explained(result.status, result.value)) {
            printf("# status %ld, case %ld\n", (long)result.status, (long)result.value);
            return 1;
        } else if (result.status == -ETIMEDOUT || result.status == -EAGAIN) {
            self->waited++;
        } else {
            self->failed++;
        }
    }
    return 0;
}

static void close_all(anser_handle *handles, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        handle_close(handles[i]);
}

static void test_races(void)
{
    struct selector selectors[SELECTORS] = {{.seed = 11}, {.seed = 12}, {.seed = 13}};
    struct task others[3];
    uint64_t fired = 0, failed = 0;
    bool good = true;
    for (unsigned i = 0; i < CHANNELS; i++)
        channels[i] = make_channel(100, i % 3);
    channel_create_signal(&signal);
    for (unsigned i = 0; i < 2 * CHANNELS + 1; i++)
        used[i] = duplicate(i);
    stop = 0;
    task_start(&others[0], rewrite, NULL);
    task_start(&others[1], close_and_map, NULL);
    task_start(&others[2], take_part, NULL);
    for (unsigned i = 0; i < SELECTORS; i++)
        task_start(&selectors[i].task, select_on, &selectors[i]);
    for (unsigned i = 0; i < SELECTORS; i++) {
        good &= task_join(&selectors[i].task) == 0;
        fired += selectors[i].fired;
        failed += selectors[i].failed;
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < 3; i++)
        task_join(&others[i]);
    TEST(good, "%d threads select %d times: each result can be explained", SELECTORS, ROUNDS);
    TEST(fired > 100 && failed > 100, "some cases fire, some fail (%lu, %lu)", fired, failed);
    close_all(used, 2 * CHANNELS + 1);
    for (unsigned i = 0; i < CHANNELS; i++)
        drop_channel(channels[i]);
    drop_channel(signal);
    sys_region_unmap(0, PLACE, 2 * PAGE);
}

int main(void)
{
    struct balance before = {0};
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        test_races();
    }
    TEST(balance_is_but_tables(&before), "all memory, handles and objects are back");
    return tap_done();
}
