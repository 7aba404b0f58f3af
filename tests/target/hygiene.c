/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No register of one process is ever seen by another. Two processes fill all of theirs, integer and
 * floating-point, with numbers that carry their own mark, and go through every path of the kernel
 * that may lead from one to the other; after each, nothing has the other's mark, or is an address
 * of the kernel's, and the floating-point registers are what they were.
 */
/* timeout: 90 */
/* sources: tests/target/support/task.c tests/target/support/child.c */
/* sources: tests/target/support/registers.S tests/target/support/floats.S */
#include <string.h>
#include "clock.h"
#include "support/child.h"
#include "support/floats.h"
#include "support/registers.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define ROUNDS    60
#define MARK_SELF 0x5e1f0000u /* in the upper half of all that is the test's */
#define MARK_PEER 0x9ee40000u /* and of all that is its child's */
#define PUBLIC    0x600d0000u /* and of messages */
#define BADGE     77
#define NOWHERE   0x2800000000ul

static uint32_t own_mark = MARK_SELF;
static uint32_t foreign_mark = MARK_PEER;
static uint64_t turn;
static uint64_t leaks;
static struct registers now, before;

/* ---- Looking. */

/* Of the kernel: its image, the map of all memory. Small negative numbers are errors. */
static bool is_kernel_address(uint64_t value)
{
    return (value >= 0x80000000ul && value < 0xc0000000ul) ||
           (value >= 0xffffffc000000000ul && value < -4096ul);
}

static bool is_leak(uint64_t value)
{
    return (uint32_t)(value >> 32) == foreign_mark || is_kernel_address(value);
}

static uint64_t marked(unsigned number)
{
    return (uint64_t)own_mark << 32 | (turn & 0xffff) << 8 | number;
}

static struct floats own_floats(void)
{
    struct floats floats;
    for (unsigned i = 0; i < 32; i++)
        floats.f[i] = marked(i + 64);
    floats.fcsr = own_mark == MARK_SELF ? 0x21 : 0x4a; /* a rounding mode, and flags */
    return floats;
}

/* Every second time there is something in the floating-point registers, so that both ways of the
 * hart's owner are taken. */
static void look(void (*leave)(struct registers *))
{
    struct floats floats = own_floats(), after;
    bool with_floats = turn % 4 < 2;
    before = now;
    if (with_floats)
        floats_load(&floats);
    leave(&now);
    if (with_floats) {
        floats_store(&after);
        leaks += memcmp(&floats, &after, sizeof(floats)) != 0;
    }
    for (unsigned i = 1; i < 32; i++)
        leaks += is_leak(now.x[i]);
    for (unsigned i = 3; i < 5; i++) /* gp and tp are kept by all */
        leaks += now.x[i] != before.x[i];
}

static void fill(void)
{
    turn++;
    for (unsigned i = 0; i < 32; i++)
        now.x[i] = marked(i);
}

/* A system call with all registers full. Words of a message are public. */
static int64_t call(int64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t deadline)
{
    static const uint8_t words[] = {13, 14, 15, 16, 5, 6, 7};
    fill();
    for (unsigned i = 0; i < sizeof(words) && (a1 & ANSER_INFO_BYTES) == 64; i++)
        now.x[words[i]] = (uint64_t)PUBLIC << 32 | i;
    now.x[X_A7] = (uint64_t)number;
    now.x[X_A0] = a0;
    now.x[X_A1] = a1;
    now.x[X_A2] = a2;
    now.x[X_S2] = deadline;
    look(registers_trap);
    return (int64_t)now.x[X_A0];
}

/* ---- The child's side, one role a path. */

enum role {
    ROLE_SERVE_WORD,
    ROLE_SERVE_WORDS,
    ROLE_SERVE_SLOWLY,
    ROLE_SERVE_MEMORY,
    ROLE_TAKE,
    ROLE_TAKE_SLOWLY,
    ROLE_TAKE_MEMORY,
    ROLE_SELECT,
    ROLE_SIGNAL,
    ROLE_FAULT,
    ROLE_SPIN,
};

static char page[4096] __attribute__((aligned(4096)));
static struct anser_message block = {
    .send_data = (uint64_t)page, .recv_data = (uint64_t)page, .recv_capacity = sizeof(page)};
static const uint64_t far = UINT64_MAX - 1; /* a deadline that is one, and does not come */

static bool is_over(int64_t status)
{
    return status < 0 || (status & ANSER_INFO_CLOSED && !(status & ANSER_INFO_CALL));
}

static void serve(uint64_t info, uint64_t message)
{
    uint64_t handle = (uint64_t)child_handles[0];
    int64_t status =
        call(ANSER_CALL_recv, handle, info & ~(uint64_t)ANSER_INFO_BYTES, message, far);
    while (!is_over(status))
        status = call(ANSER_CALL_reply_recv, handle, info, message, far);
}

static void take(uint64_t info, uint64_t message)
{
    while (!is_over(call(ANSER_CALL_recv, (uint64_t)child_handles[0], info, message, far))) {}
}

/* chan_select has the block's words where recv has them. */
static void take_by_select(void)
{
    struct anser_case cases[2] = {{.handle = 0},
                                  {.handle = child_handles[0], .message = (uint64_t)&block}};
    int64_t status;
    do
        status = call(ANSER_CALL_chan_select, (uint64_t)cases, 2, 0, 0);
    while (status >= 0 && !(status & ANSER_INFO_CLOSED));
}

static void answer_signals(void)
{
    while (call(ANSER_CALL_wait, (uint64_t)child_handles[0], 0, 0, 0) == 0)
        call(ANSER_CALL_signal, (uint64_t)child_handles[1], 1, 0, 0);
}

/* The supervisor maps each page when its fault has come. */
static void fault(void)
{
    for (uint64_t i = 0; i < ROUNDS; i++) {
        fill();
        now.x[X_A7] = NOWHERE + i * sizeof(page);
        look(registers_touch);
        for (unsigned r = 5; r < 32; r++)
            leaks += now.x[r] != before.x[r];
    }
}

static void spin(struct registers *registers)
{
    registers_spin(registers, 200000);
}

static void be_preempted(void)
{
    for (uint64_t i = 0; i < ROUNDS; i++) {
        fill();
        look(spin);
        for (unsigned r = 5; r < 32; r++)
            leaks += r != X_A7 && now.x[r] != before.x[r];
    }
}

static int64_t play(uint64_t role)
{
    own_mark = MARK_PEER;
    foreign_mark = MARK_SELF;
    leaks = 0;
    switch ((enum role)role) {
    case ROLE_SERVE_WORD:
        serve(8, PUBLIC);
        break;
    case ROLE_SERVE_WORDS:
        serve(64, PUBLIC);
        break;
    case ROLE_SERVE_SLOWLY:
        serve(8 | ANSER_INFO_DEADLINE, PUBLIC);
        break;
    case ROLE_SERVE_MEMORY:
        serve(ANSER_INFO_MEM, (uint64_t)&block);
        break;
    case ROLE_TAKE:
        take(0, 0);
        break;
    case ROLE_TAKE_SLOWLY:
        take(ANSER_INFO_DEADLINE, 0);
        break;
    case ROLE_TAKE_MEMORY:
        take(ANSER_INFO_MEM, (uint64_t)&block);
        break;
    case ROLE_SELECT:
        take_by_select();
        break;
    case ROLE_SIGNAL:
        answer_signals();
        break;
    case ROLE_FAULT:
        fault();
        break;
    case ROLE_SPIN:
        be_preempted();
        break;
    }
    return (int64_t)leaks;
}

/* ---- The test's side. */

static uint64_t middle; /* the test's priority: the child's is one below, the same, one above */

static bool start(struct child *child, enum role role, int above, anser_handle first,
                  anser_handle second)
{
    struct child_options options = {.own_priority = true,
                                    .priority = middle + (uint64_t)(int64_t)above,
                                    .handle_count = second  ? 2
                                                    : first ? 1
                                                            : 0,
                                    .handles = {first, second}};
    turn = leaks = 0;
    return child_start(child, play, role, &options) == 0;
}

static void finish(struct child *child, bool good, const char *what, int above)
{
    static const char *const ranks[] = {"below", "beside", "above"};
    struct child_end end = child_wait(child);
    TEST(good && leaks == 0, "%s, the peer %s: nothing of it is seen here", what, ranks[above + 1]);
    TEST(end.status == 0 && end.reason == ANSER_EXIT_NORMAL, "and nothing of this there");
}

/* Calls, sends: `number` again and again. */
static void test_messages(enum role role, int64_t number, uint64_t info, const char *what)
{
    for (int above = -1; above <= 1; above++) {
        struct channel channel = make_channel(sizeof(page), 0);
        anser_handle badged = channel_mint(channel.receive, BADGE);
        struct child child;
        block.send_length = info & ANSER_INFO_MEM ? sizeof(page) : ANSER_REGISTER_BYTES;
        bool good = start(&child, role, above, channel.receive, 0);
        for (uint64_t i = 0; i < ROUNDS; i++)
            good &= call(number, (uint64_t)badged, info,
                         info & ANSER_INFO_MEM ? (uint64_t)&block : PUBLIC, far) >= 0;
        handle_close(channel.send);
        handle_close(badged);
        finish(&child, good, what, above);
    }
}

static void test_signals(void)
{
    for (int above = -1; above <= 1; above++) {
        struct channel there, back;
        struct child child;
        channel_create_signal(&there);
        channel_create_signal(&back);
        bool good = start(&child, ROLE_SIGNAL, above, there.receive, back.send);
        for (uint64_t i = 0; i < ROUNDS; i++) {
            good &= call(ANSER_CALL_signal, (uint64_t)there.send, 1, 0, 0) == 0;
            good &= call(ANSER_CALL_wait, (uint64_t)back.receive, 0, 0, 0) == 0;
            good &= now.x[X_A1] == 1;
        }
        handle_close(there.send);
        handle_close(back.receive);
        finish(&child, good, "signal and wait", above);
    }
}

static void test_fault(void)
{
    struct channel faults = make_channel(64, 0);
    struct child child;
    struct child_options options = {.fault = faults.send};
    turn = leaks = 0;
    bool good = child_start(&child, play, ROLE_FAULT, &options) == 0;
    for (uint64_t i = 0; i < ROUNDS && good; i++) {
        uint64_t place = NOWHERE + i * sizeof(page);
        good &= call(ANSER_CALL_recv, (uint64_t)faults.receive, 0, 0, 0) >= 0;
        good &= now.x[15] == place || now.x[16] == place; /* a word of the event */
        good &= sys_region_map(child.process, place, sizeof(page),
                               ANSER_PROT_READ | ANSER_MAP_FIXED, 0, 0)
                    .status == 0;
        good &= call(ANSER_CALL_thread_continue, (uint64_t)child.thread, 0, 0, 0) == 0;
    }
    finish(&child, good, "a fault that is mended", 0);
    drop_channel(faults);
}

static void test_preemption(void)
{
    struct child child;
    bool good = start(&child, ROLE_SPIN, 0, 0, 0);
    be_preempted();
    finish(&child, good, "preemption", 0);
}

int main(void)
{
    middle = child_priority_max() - 1;
    sys_thread_priority(0, middle);
    test_messages(ROLE_SERVE_WORD, ANSER_CALL_call, 8, "call, 1 word");
    test_messages(ROLE_SERVE_WORDS, ANSER_CALL_call, 64, "call, 8 words");
    test_messages(ROLE_SERVE_SLOWLY, ANSER_CALL_call, 8, "call, the server with a deadline");
    test_messages(ROLE_SERVE_WORD, ANSER_CALL_call, 8 | ANSER_INFO_DEADLINE,
                  "call with a deadline");
    test_messages(ROLE_SERVE_MEMORY, ANSER_CALL_call, ANSER_INFO_MEM, "call, 4 KiB");
    test_messages(ROLE_SERVE_MEMORY, ANSER_CALL_call, 8, "call from registers, answer from memory");
    test_messages(ROLE_TAKE, ANSER_CALL_send, 8, "send, 1 word");
    test_messages(ROLE_TAKE, ANSER_CALL_send, 64, "send, 8 words");
    test_messages(ROLE_TAKE_SLOWLY, ANSER_CALL_send, 64, "send, the receiver with a deadline");
    test_messages(ROLE_TAKE_MEMORY, ANSER_CALL_send, ANSER_INFO_MEM, "send, 4 KiB");
    test_messages(ROLE_SELECT, ANSER_CALL_send, ANSER_INFO_MEM, "send to select, 4 KiB");
    test_messages(ROLE_SELECT, ANSER_CALL_send, 64, "send to select, 8 words");
    test_signals();
    test_fault();
    test_preemption();
    return tap_done();
}
