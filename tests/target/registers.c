/* SPDX-License-Identifier: BSD-2-Clause */
/* Integer registers: what a thread begins with, what the fast path leaves in those of client and
 * server, what interrupts leave. Nothing of anybody else's is ever seen. */
/* sources: tests/target/support/task.c tests/target/support/child.c */
/* sources: tests/target/support/registers.S */
#include <string.h>
#include "clock.h"
#include "support/child.h"
#include "support/registers.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define ROUNDS 1000
#define BADGE  0x1234

static void fill(struct registers *registers, uint64_t seed)
{
    for (unsigned i = 0; i < 32; i++)
        registers->x[i] = registers_pattern(i, seed);
}

/* ---- At the start. --------------------------------------------------------------------------- */

static void test_start(void)
{
    static struct {
        struct registers registers;
        uint32_t running;
    } found;
    bool good = true;
    for (uint64_t round = 0; round < 20; round++) {
        struct anser_thread_params params = {.entry = (uint64_t)registers_at_start,
                                             .stack = 0x123450,
                                             .argument = (uint64_t)&found,
                                             .tls = 0x67890};
        memset(&found, 0xff, sizeof(found));
        int64_t thread = sys_thread_create(0, &params);
        while (__atomic_load_n(&found.running, __ATOMIC_ACQUIRE) != 0)
            sys_word_wait(&found.running, UINT32_MAX, clock_after(100));
        for (unsigned i = 1; i < 32; i++) {
            uint64_t expected = i == X_SP   ? 0x123450
                                : i == X_TP ? 0x67890
                                : i == X_A0 ? (uint64_t)&found
                                            : 0;
            good &= found.registers.x[i] == expected;
        }
        handle_close(thread);
    }
    TEST(good, "a thread begins with its arguments, and zeros");
}

/* ---- Over the fast path. --------------------------------------------------------------------- */

static const uint8_t word_registers[8] = {12, 13, 14, 15, 16, 5, 6, 7};

static bool is_word(unsigned number, unsigned words)
{
    for (unsigned i = 0; i < words; i++)
        if (word_registers[i] == number)
            return true;
    return false;
}

/* After an IPC call in registers: pointers kept, results and message as they should be, else zero.
 */
static unsigned count_wrong(const struct registers *after, const struct registers *before,
                            uint64_t info, uint64_t badge, const uint64_t *message, unsigned words)
{
    static const uint8_t kept[] = {X_RA, X_GP, X_TP, X_S11};
    unsigned wrong = after->x[X_A0] != info || after->x[X_A1] != badge;
    for (unsigned i = 0; i < sizeof(kept); i++)
        wrong += after->x[kept[i]] != before->x[kept[i]];
    for (unsigned i = 0; i < words; i++)
        wrong += after->x[word_registers[i]] != message[i];
    for (unsigned i = 5; i < 32; i++)
        if (i != X_A0 && i != X_A1 && i != X_S11 && !is_word(i, words))
            wrong += after->x[i] != 0;
    return wrong;
}

static void message_of(uint64_t *message, const struct registers *registers)
{
    for (unsigned i = 0; i < 8; i++)
        message[i] = registers->x[word_registers[i]];
}

/* The client of round r sends the pattern of r, the server answers with that of r + ROUNDS. */
static int64_t serve(uint64_t words)
{
    uint64_t wrong = 0, message[8];
    struct registers before, after, client;
    fill(&before, 0);
    before.x[X_A7] = (uint64_t)ANSER_CALL_recv;
    before.x[X_A0] = (uint64_t)child_handles[0];
    before.x[X_A1] = 0;
    for (uint64_t round = 0;; round++) {
        after = before;
        registers_trap(&after);
        if (after.x[X_A0] & (ANSER_INFO_CLOSED | ANSER_INFO_GONE))
            return (int64_t)wrong;
        fill(&client, round);
        message_of(message, &client);
        wrong += count_wrong(&after, &before, ANSER_INFO_CALL | words * 8, BADGE, message,
                             (unsigned)words);
        fill(&before, round + ROUNDS);
        before.x[X_A7] = (uint64_t)ANSER_CALL_reply_recv;
        before.x[X_A0] = (uint64_t)child_handles[0];
        before.x[X_A1] = words * 8;
    }
}

static void test_fast_path(uint64_t words)
{
    struct channel channel = make_channel(64, 0);
    struct child child;
    struct child_options options = {.handle_count = 1, .handles = {channel.receive}};
    anser_handle badged = channel_mint(channel.receive, BADGE);
    unsigned wrong = 0;
    bool started = child_start(&child, serve, words, &options) == 0;
    for (uint64_t round = 0; round < ROUNDS && started; round++) {
        struct registers before, after, server;
        uint64_t message[8];
        fill(&before, round);
        before.x[X_A7] = (uint64_t)ANSER_CALL_call;
        before.x[X_A0] = (uint64_t)badged;
        before.x[X_A1] = words * 8;
        after = before;
        registers_trap(&after);
        fill(&server, round + ROUNDS);
        message_of(message, &server);
        wrong += count_wrong(&after, &before, words * 8, 0, message, (unsigned)words);
    }
    TEST(started && wrong == 0, "%d calls of %lu words: the client sees the answer, and zeros",
         ROUNDS, words);
    drop_channel((struct channel){channel.send, badged});
    TEST(child_wait(&child).status == 0, "the server sees the question, and zeros");
}

/* ---- Over interrupts. ------------------------------------------------------------------------ */

static int64_t spin_with_pattern(uint64_t seed)
{
    struct registers before, after;
    int64_t wrong = 0;
    for (uint64_t end = clock_now() + clock_ticks(400000000); clock_now() < end;) {
        fill(&before, seed);
        after = before;
        registers_spin(&after, 100000);
        for (unsigned i = 1; i < 32; i++)
            wrong += i != X_SP && i != X_A7 && after.x[i] != before.x[i];
    }
    return wrong;
}

static void test_interrupts(void)
{
    struct child children[6];
    bool good = true;
    for (uint64_t i = 0; i < 6; i++)
        good &= child_start(&children[i], spin_with_pattern, i + 100, NULL) == 0;
    for (uint64_t i = 0; i < 6; i++)
        good &= child_wait(&children[i]).status == 0;
    TEST(good, "six processes that take turns keep their registers");
}

int main(void)
{
    test_start();
    test_fast_path(1);
    test_fast_path(8);
    test_interrupts();
    return tap_done();
}
