/* SPDX-License-Identifier: BSD-2-Clause */
/* Register and memory form: lengths, any mix at the two ends, what becomes of every register. */
/* sources: tests/target/support/task.c tests/target/support/registers.S */
#include <errno.h>
#include <string.h>
#include "clock.h"
#include "memory.h"
#include "support/registers.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

static const size_t lengths[] = {0, 1, 7, 8, 9, 13, 56, 63, 64, 65, 100, 4095, 4096};
#define LENGTHS (sizeof(lengths) / sizeof(lengths[0]))

/* Two pages each, so that a message can lie across the border between them. */
static uint8_t source[2 * MEMORY_PAGE] __attribute__((aligned(MEMORY_PAGE)));
static uint8_t target[2 * MEMORY_PAGE] __attribute__((aligned(MEMORY_PAGE)));

static void fill(uint8_t *bytes, size_t length, unsigned seed)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(i * 7 + seed);
}

/* One end of a transfer: where, how long, in which form; and what came of it. */
struct end {
    anser_handle handle;
    bool memory;
    uint8_t *data;
    size_t length; /* to send, or room to receive */
    uint64_t flags;
    size_t received;
};

static int64_t send_end(void *argument)
{
    struct end *end = argument;
    if (end->memory) {
        struct anser_message message = {.send_data = (uint64_t)end->data,
                                        .send_length = end->length};
        return sys_send(end->handle, ANSER_INFO_MEM | end->flags, &message).status;
    }
    struct ipc_registers registers = {.info = (int64_t)(IPC_INFO(end->length, 0) | end->flags)};
    memcpy(registers.words, end->data, end->length);
    return ipc_exchange(ANSER_CALL_send, end->handle, &registers);
}

static int64_t receive_end(void *argument)
{
    struct end *end = argument;
    if (end->memory) {
        struct anser_message message = {.recv_data = (uint64_t)end->data,
                                        .recv_capacity = end->length};
        int64_t status = sys_recv(end->handle, ANSER_INFO_MEM | end->flags, &message).status;
        end->received = message.recv_length;
        return status;
    }
    struct ipc_registers registers = {.info = (int64_t)end->flags};
    int64_t status = ipc_exchange(ANSER_CALL_recv, end->handle, &registers);
    end->received = ipc_bytes(status);
    if (status >= 0)
        memcpy(end->data, registers.words, sizeof(registers.words));
    return status;
}

/* How the two ends meet. */
enum meeting { SENDER_WAITS, RECEIVER_WAITS, BUFFERED };
static const char *const meeting_names[] = {"sender waits", "receiver waits", "buffered"};

/* One transfer; the two statuses. */
static void transfer(enum meeting meeting, struct end *from, struct end *to, int64_t status[2])
{
    struct task task;
    if (meeting == SENDER_WAITS) {
        task_start(&task, send_end, from);
        task_wait_state(&task, ANSER_STATE_SENDING);
        status[1] = receive_end(to);
        status[0] = task_result(&task);
    } else if (meeting == RECEIVER_WAITS) {
        task_start(&task, receive_end, to);
        task_wait_state(&task, ANSER_STATE_RECEIVING);
        status[0] = send_end(from);
        status[1] = task_result(&task);
    } else {
        status[0] = send_end(from);
        status[1] = receive_end(to);
    }
}

/* Sends `length` bytes; whether they arrive unspoiled, and nothing behind them is touched. */
static bool arrives(enum meeting meeting, bool memory_from, bool memory_to, size_t length)
{
    struct channel channel = make_channel(ANSER_ELEMENT_MAX, meeting == BUFFERED ? 1 : 0);
    uint8_t *data = source + MEMORY_PAGE - length / 2;
    uint8_t *place = target + MEMORY_PAGE - length / 3 - 1;
    fill(data, length, (unsigned)length);
    memset(target, 0xee, sizeof(target));
    struct end from = {
        .handle = channel.send, .memory = memory_from, .data = data, .length = length};
    struct end to = {.handle = channel.receive,
                     .memory = memory_to,
                     .data = place,
                     .length = memory_to ? ANSER_ELEMENT_MAX : 0};
    int64_t status[2];
    transfer(meeting, &from, &to, status);
    bool good = status[0] == 0 && status[1] >= 0 && to.received == length &&
                memcmp(data, place, length) == 0;
    size_t end = memory_to ? length : ANSER_REGISTER_BYTES;
    good = good && place[end] == 0xee && place[-1] == 0xee;
    drop_channel(channel);
    return good;
}

static void test_arrival(enum meeting meeting)
{
    for (unsigned mix = 0; mix < 4; mix++) {
        bool memory_from = mix & 1, memory_to = mix & 2;
        bool good = true;
        for (size_t i = 0; i < LENGTHS; i++) {
            if (lengths[i] > ANSER_REGISTER_BYTES && !(memory_from && memory_to))
                continue;
            if (!arrives(meeting, memory_from, memory_to, lengths[i])) {
                printf("# %zu bytes\n", lengths[i]);
                good = false;
            }
        }
        TEST(good, "%s, from %s to %s: all lengths arrive", meeting_names[meeting],
             memory_from ? "memory" : "registers", memory_to ? "memory" : "registers");
    }
}

/* ---- Too long. ------------------------------------------------------------------------------- */

static void test_sender_too_long(void)
{
    struct channel channel = make_channel(13, 1);
    for (unsigned memory = 0; memory < 2; memory++) {
        struct end from = {.handle = channel.send, .memory = memory, .data = source};
        from.length = 14;
        TEST(send_end(&from) == -EMSGSIZE, "14 bytes into an element of 13: EMSGSIZE");
        from.length = 13;
        TEST(send_end(&from) == 0, "13 fit");
        struct end to = {.handle = channel.receive, .memory = true, .data = target, .length = 13};
        TEST(receive_end(&to) >= 0 && to.received == 13, "and come as 13");
    }
    struct end from = {
        .handle = channel.send, .memory = true, .data = source, .length = UINT64_MAX};
    TEST(send_end(&from) == -EMSGSIZE, "2^64 - 1 bytes: EMSGSIZE");
    drop_channel(channel);
}

static void test_receiver_too_short(enum meeting meeting)
{
    struct channel channel = make_channel(200, meeting == BUFFERED ? 1 : 0);
    struct end from = {.handle = channel.send, .memory = true, .data = source, .length = 65};
    struct end shorter = {.handle = channel.receive, .memory = true, .data = target, .length = 64};
    struct end registers = {.handle = channel.receive, .data = target};
    struct end fitting = {.handle = channel.receive, .memory = true, .data = target, .length = 65};
    struct task task;
    fill(source, 65, 3);
    if (meeting == SENDER_WAITS) {
        task_start(&task, send_end, &from);
        task_wait_state(&task, ANSER_STATE_SENDING);
    } else {
        send_end(&from);
    }
    TEST(receive_end(&shorter) == -EMSGSIZE, "%s: room for 64 of 65 bytes: EMSGSIZE",
         meeting_names[meeting]);
    TEST(receive_end(&registers) == -EMSGSIZE, "in registers: EMSGSIZE");
    TEST(receive_end(&fitting) >= 0 && fitting.received == 65 && memcmp(source, target, 65) == 0,
         "the element has stayed, and comes when there is room");
    if (meeting == SENDER_WAITS)
        TEST(task_result(&task) == 0, "and the sender goes on");
    drop_channel(channel);
}

/* A receiver whose room is too small wakes with an error, and the next one gets the element. */
static void test_waiting_receiver_too_short(void)
{
    struct channel channel = make_channel(200, 0);
    struct end shorter = {.handle = channel.receive, .memory = true, .data = target, .length = 64};
    struct end registers = {.handle = channel.receive, .data = target + 100};
    struct end fitting = {
        .handle = channel.receive, .memory = true, .data = target + 200, .length = 65};
    struct end *ends[] = {&shorter, &registers, &fitting};
    struct end from = {.handle = channel.send, .memory = true, .data = source, .length = 65};
    struct task tasks[3];
    bool good = true;
    for (int i = 0; i < 3; i++) {
        task_start(&tasks[i], receive_end, ends[i]);
        good &= task_wait_state(&tasks[i], ANSER_STATE_RECEIVING);
    }
    TEST(good && send_end(&from) == 0, "65 bytes for three who wait, the last with enough room");
    TEST(task_result(&tasks[0]) == -EMSGSIZE && task_result(&tasks[1]) == -EMSGSIZE,
         "the first two get EMSGSIZE");
    TEST(task_result(&tasks[2]) >= 0 && fitting.received == 65, "and the third one the element");
    drop_channel(channel);
}

/* ---- Malformed requests. --------------------------------------------------------------------- */

static int64_t raw(int64_t call, anser_handle handle, uint64_t info)
{
    struct ipc_registers registers = {.info = (int64_t)info};
    return ipc_exchange(call, handle, &registers);
}

static void test_malformed(void)
{
    struct channel channel = make_channel(64, 1);
    static uint8_t block[sizeof(struct anser_message) + 8] __attribute__((aligned(8)));
    TEST(raw(ANSER_CALL_send, channel.send, 65) == -EINVAL, "65 bytes in registers: EINVAL");
    TEST(raw(ANSER_CALL_send, channel.send, IPC_INFO(0, 5)) == -EINVAL, "5 handles: EINVAL");
    TEST(raw(ANSER_CALL_send, channel.send, 1 << 16) == -EINVAL, "a flag that is none: EINVAL");
    TEST(raw(ANSER_CALL_send, channel.send, 1ul << 63) == -EINVAL, "nor this: EINVAL");
    TEST(raw(ANSER_CALL_send, channel.send, ANSER_INFO_WANT_REPLY) == -EINVAL,
         "a send that wants a reply right: EINVAL");
    TEST(raw(ANSER_CALL_send, channel.send, ANSER_INFO_EXPLICIT_REPLY) == -EINVAL,
         "a send that answers: EINVAL");
    TEST(raw(ANSER_CALL_recv, channel.receive, 8) == -EINVAL, "a receive that sends: EINVAL");
    TEST(raw(ANSER_CALL_recv, channel.receive, IPC_INFO(0, 1)) == -EINVAL, "handles: EINVAL");
    TEST(sys_send(channel.send, ANSER_INFO_MEM | 8, (struct anser_message *)block).status ==
             -EINVAL,
         "memory form with a length in the info word: EINVAL");
    TEST(sys_send(channel.send, ANSER_INFO_MEM, (struct anser_message *)(block + 4)).status ==
             -EINVAL,
         "a misaligned block: EINVAL");
    TEST(sys_send(channel.send, ANSER_INFO_MEM, (struct anser_message *)(block + 8)).status == 0,
         "an aligned one is good");
    TEST(sys_chan_len(channel.send).status == 1, "and of all these, just one element came in");
    drop_channel(channel);
}

/* ---- Registers. ------------------------------------------------------------------------------ */

static void set_pattern(struct registers *registers, int64_t call, anser_handle handle,
                        uint64_t info)
{
    for (unsigned i = 0; i < 32; i++)
        registers->x[i] = registers_pattern(i, 1);
    registers->x[X_A7] = (uint64_t)call;
    registers->x[X_A0] = (uint64_t)handle;
    registers->x[X_A1] = info;
}

/* Whether all registers of `mask` (by x number) have their pattern again. */
static bool kept(const struct registers *after, const struct registers *before, uint32_t mask)
{
    for (unsigned i = 1; i < 32; i++) {
        if ((mask >> i & 1) && i != X_SP && after->x[i] != before->x[i]) {
            printf("# x%u was %#lx, is %#lx\n", i, before->x[i], after->x[i]);
            return false;
        }
    }
    return true;
}

static bool zero(const struct registers *after, uint32_t mask)
{
    for (unsigned i = 1; i < 32; i++) {
        if ((mask >> i & 1) && after->x[i] != 0) {
            printf("# x%u is %#lx, not zero\n", i, after->x[i]);
            return false;
        }
    }
    return true;
}

#define BIT(n)     (1u << (n))
#define IPC_KEPT   (BIT(X_RA) | BIT(X_SP) | BIT(X_GP) | BIT(X_TP) | BIT(X_S11))
#define FIRST_WORD BIT(X_A2)
#define RESULTS    (BIT(X_A0) | BIT(X_A1))
#define EVERYTHING 0xfffffffeu
#define CALLEE     (IPC_KEPT | 0x0ffc0300u) /* and s0-s10 */

/* Zero or as it was: nothing of the kernel's, nothing of other processes. */
static bool harmless(const struct registers *after, const struct registers *before, uint32_t mask)
{
    for (unsigned i = 1; i < 32; i++) {
        if ((mask >> i & 1) && after->x[i] != before->x[i] && after->x[i] != 0) {
            printf("# x%u was %#lx, is %#lx\n", i, before->x[i], after->x[i]);
            return false;
        }
    }
    return true;
}

/* As the calling convention has it: s registers and pointers kept, results, the rest harmless. */
static bool well_behaved(const struct registers *after, const struct registers *before)
{
    return kept(after, before, CALLEE) && harmless(after, before, EVERYTHING & ~(CALLEE | RESULTS));
}

static void test_registers(void)
{
    struct channel channel = make_channel(64, 2);
    struct registers before, after;
    set_pattern(&before, ANSER_CALL_send, channel.send, IPC_INFO(8, 0));
    uint64_t word = before.x[X_A2];
    after = before;
    registers_trap(&after);
    TEST(after.x[X_A0] == 0 && after.x[X_A1] == 0, "a send in registers");
    TEST(kept(&after, &before, IPC_KEPT), "keeps sp, ra, gp, tp, s11");
    TEST(zero(&after, EVERYTHING & ~(IPC_KEPT | RESULTS)), "and leaves zero elsewhere");

    set_pattern(&before, ANSER_CALL_recv, channel.receive, 0);
    after = before;
    registers_trap(&after);
    TEST(after.x[X_A0] == 8 && after.x[X_A2] == word, "a receive in registers gets the word");
    TEST(kept(&after, &before, IPC_KEPT), "keeps sp, ra, gp, tp, s11");
    TEST(zero(&after, EVERYTHING & ~(IPC_KEPT | RESULTS | FIRST_WORD)),
         "and leaves zero elsewhere");

    set_pattern(&before, ANSER_CALL_recv, channel.receive, ANSER_INFO_NB);
    after = before;
    registers_trap(&after);
    TEST(after.x[X_A0] == ERROR(EAGAIN), "a receive that fails");
    TEST(kept(&after, &before, IPC_KEPT) && zero(&after, EVERYTHING & ~(IPC_KEPT | BIT(X_A0))),
         "leaves the error and zeros");

    struct anser_message message = {.recv_data = (uint64_t)target, .recv_capacity = 64};
    set_pattern(&before, ANSER_CALL_recv, channel.receive, ANSER_INFO_MEM | ANSER_INFO_NB);
    before.x[X_A2] = (uint64_t)&message;
    after = before;
    registers_trap(&after);
    TEST(after.x[X_A0] == ERROR(EAGAIN) && kept(&after, &before, EVERYTHING & ~RESULTS),
         "the memory form keeps all but a0 and a1, on an error");
    send_word(channel.send, 1, 0);
    after = before;
    registers_trap(&after);
    TEST((int64_t)after.x[X_A0] >= 0 && kept(&after, &before, EVERYTHING & ~RESULTS),
         "and when an element comes");

    static const int64_t others[] = {ANSER_CALL_handle_info, ANSER_CALL_chan_len,
                                     ANSER_CALL_thread_yield, ANSER_CALL_word_wake};
    bool good = true;
    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        set_pattern(&before, others[i], channel.send, 0);
        after = before;
        registers_trap(&after);
        good &= well_behaved(&after, &before);
    }
    TEST(good, "every other call keeps what the calling convention keeps, and leaks nothing");
    set_pattern(&before, ANSER_CALL_null, 1, 2);
    after = before;
    registers_trap(&after);
    TEST(after.x[X_A0] == 0 && well_behaved(&after, &before), "null too");
    static const int64_t none[] = {-1, -2, -15, -25, -31, -76, -106, -1000, INT64_MIN};
    good = true;
    for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        set_pattern(&before, none[i], channel.send, 0);
        after = before;
        registers_trap(&after);
        good &= after.x[X_A0] == ERROR(ENOSYS) && well_behaved(&after, &before);
    }
    TEST(good, "numbers without a call: ENOSYS");
    set_pattern(&before, 64, channel.send, 0);
    after = before;
    registers_trap(&after);
    TEST(after.x[X_A0] == ERROR(ENOSYS) && kept(&after, &before, EVERYTHING & ~BIT(X_A0)),
         "a foreign call that nobody handles: ENOSYS");
    drop_channel(channel);
}

int main(void)
{
    test_arrival(BUFFERED);
    test_arrival(SENDER_WAITS);
    test_arrival(RECEIVER_WAITS);
    test_sender_too_long();
    test_receiver_too_short(BUFFERED);
    test_receiver_too_short(SENDER_WAITS);
    test_waiting_receiver_too_short();
    test_malformed();
    test_registers();
    return tap_done();
}
