/* SPDX-License-Identifier: BSD-2-Clause */
/* Buffers of messages: sizes, places that are not there, or not any more. */
/* sources: tests/target/support/task.c tests/target/support/balance.c */
/* sources: tests/target/support/cells.c */
#include <errno.h>
#include <string.h>
#include "clock.h"
#include "memory.h"
#include "support/balance.h"
#include "support/cells.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define NOWHERE ((void *)0x3700000000ul)

/* One side of a transfer, in memory form. */
struct side {
    anser_handle handle;
    void *data;
    uint64_t length;
};

static int64_t send_from(const struct side *side, uint64_t flags)
{
    struct anser_message message = {.send_data = (uint64_t)side->data, .send_length = side->length};
    return sys_send(side->handle, ANSER_INFO_MEM | flags, &message).status;
}

/* The length of what came, or -errno. */
static int64_t receive_to(const struct side *side, uint64_t flags)
{
    struct anser_message message = {.recv_data = (uint64_t)side->data,
                                    .recv_capacity = side->length};
    int64_t status = sys_recv(side->handle, ANSER_INFO_MEM | flags, &message).status;
    return status < 0 ? status : (int64_t)message.recv_length;
}

static int64_t do_send(void *side)
{
    return send_from(side, 0);
}

static int64_t do_receive(void *side)
{
    return receive_to(side, 0);
}

static void start_waiting(struct task *task, int64_t (*function)(void *), struct side *side,
                          uint64_t state)
{
    task_start(task, function, side);
    task_wait_state(task, state);
}

/* ---- Sizes. ---------------------------------------------------------------------------------- */

static uint8_t sent[ANSER_ELEMENT_MAX + 8], came[ANSER_ELEMENT_MAX + 8];

/* From and to odd addresses; what is behind the room stays as it is. */
static bool passes(size_t size, size_t capacity)
{
    struct channel channel = make_channel(size, capacity);
    struct side from = {channel.send, sent + 3, size}, to = {channel.receive, came + 1, size};
    struct task task;
    for (size_t i = 0; i < sizeof(sent); i++)
        sent[i] = (uint8_t)(i * 7 + size);
    memset(came, 0xee, sizeof(came));
    task_start(&task, do_send, &from);
    int64_t length = receive_to(&to, 0);
    bool good = task_result(&task) == 0 && length == (int64_t)size &&
                memcmp(came + 1, sent + 3, size) == 0 && came[0] == 0xee && came[1 + size] == 0xee;
    drop_channel(channel);
    return good;
}

static void test_sizes(void)
{
    static const size_t sizes[] = {0, 1, 7, 8, 63, 64, 65, 100, 4095, 4096};
    for (size_t capacity = 0; capacity < 2; capacity++) {
        unsigned good = 0;
        for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
            good += passes(sizes[i], capacity);
        cell_check(capacity == 0 ? "M1" : "M2", "%u of %zu arrive", good,
                   sizeof(sizes) / sizeof(sizes[0]));
    }
}

static void test_too_long_for_registers(void)
{
    struct channel buffer = make_channel(72, 1);
    struct side long_one = {buffer.send, sent, 72};
    send_from(&long_one, ANSER_INFO_NB);
    uint64_t word = receive_word(buffer.receive, 0);
    cell_check("M3", "receiver %s; len %ld", error_name((int64_t)word),
               (long)sys_chan_len(buffer.receive).status);
    drop_channel(buffer);
}

static int64_t receive_in_registers(void *argument)
{
    return (int64_t)receive_word(*(anser_handle *)argument, CLOCK_NEVER);
}

static void test_waits_in_registers(void)
{
    struct channel channel = make_channel(72, 0);
    struct side from = {channel.send, sent, 72};
    struct task task;
    task_start(&task, receive_in_registers, &channel.receive);
    task_wait_state(&task, ANSER_STATE_RECEIVING);
    int64_t status = send_from(&from, ANSER_INFO_NB);
    cell_check("M4", "receiver %s; sender %s", error_name(task_result(&task)), error_name(status));
    drop_channel(channel);
}

/* ---- Places that are not there. -------------------------------------------------------------- */

static void test_nowhere(void)
{
    struct channel channel = make_channel(128, 1);
    struct side from = {channel.send, NOWHERE, 128}, to = {channel.receive, NOWHERE, 128};
    cell_check("M5", "%s; len %ld", error_name(send_from(&from, 0)),
               (long)sys_chan_len(channel.send).status);
    from.data = sent;
    send_from(&from, 0);
    cell_check("M6", "%s; len %ld", error_name(receive_to(&to, 0)),
               (long)sys_chan_len(channel.send).status);
    to.data = memory_map(MEMORY_PAGE);
    memory_protect(to.data, MEMORY_PAGE, ANSER_PROT_READ);
    cell_check("M7", "%s; len %ld", error_name(receive_to(&to, 0)),
               (long)sys_chan_len(channel.send).status);
    memory_unmap(to.data, MEMORY_PAGE);
    struct sys_result block =
        sys_recv(channel.receive, ANSER_INFO_MEM, (struct anser_message *)(came + 1));
    cell_check("M8", "%s; len %ld", error_name(block.status),
               (long)sys_chan_len(channel.send).status);
    block = sys_recv(channel.receive, ANSER_INFO_MEM, NOWHERE);
    cell_check("M9", "%s; len %ld", error_name(block.status),
               (long)sys_chan_len(channel.send).status);
    struct ipc_registers registers = {.info = 1 << 20};
    cell_check("M10", "%s", error_name(ipc_exchange(ANSER_CALL_recv, channel.receive, &registers)));
    drop_channel(channel);
}

/* ---- Places that go away. -------------------------------------------------------------------- */

static void test_sender_buffer_goes(void)
{
    struct channel channel = make_channel(128, 0);
    struct side first = {channel.send, memory_map(MEMORY_PAGE), 128};
    struct side second = {channel.send, sent, 100}, to = {channel.receive, came, 128};
    struct task tasks[2];
    start_waiting(&tasks[0], do_send, &first, ANSER_STATE_SENDING);
    start_waiting(&tasks[1], do_send, &second, ANSER_STATE_SENDING);
    memory_unmap(first.data, MEMORY_PAGE);
    int64_t length = receive_to(&to, 0);
    int64_t status = task_result(&tasks[0]), next = task_result(&tasks[1]);
    cell_check("M11", "sender %s; receiver gets the next one's %ld bytes; that one %s",
               error_name(status), (long)length, error_name(next));
    drop_channel(channel);
}

/* What is to go into a buffer when there is room. */
static void test_sender_buffer_goes_later(void)
{
    struct channel channel = make_channel(128, 1);
    struct side first = {channel.send, memory_map(MEMORY_PAGE), 128};
    struct side second = {channel.send, sent, 100}, to = {channel.receive, came, 128};
    struct task tasks[2];
    send_from(&second, 0);
    start_waiting(&tasks[0], do_send, &first, ANSER_STATE_SENDING);
    start_waiting(&tasks[1], do_send, &second, ANSER_STATE_SENDING);
    memory_unmap(first.data, MEMORY_PAGE);
    int64_t length = receive_to(&to, 0);
    int64_t status = task_result(&tasks[0]), next = task_result(&tasks[1]);
    cell_check("M12", "receiver gets %ld bytes; sender %s; next sender %s; len %ld", (long)length,
               error_name(status), error_name(next), (long)sys_chan_len(channel.send).status);
    drop_channel(channel);
}

static void test_receiver_room_goes(void)
{
    struct channel channel = make_channel(128, 0);
    struct side first = {channel.receive, memory_map(MEMORY_PAGE), 128};
    struct side second = {channel.receive, came, 128}, from = {channel.send, sent, 128};
    struct task tasks[2];
    start_waiting(&tasks[0], do_receive, &first, ANSER_STATE_RECEIVING);
    start_waiting(&tasks[1], do_receive, &second, ANSER_STATE_RECEIVING);
    memory_unmap(first.data, MEMORY_PAGE);
    int64_t sending = send_from(&from, ANSER_INFO_NB);
    int64_t status = task_result(&tasks[0]), next = task_result(&tasks[1]);
    cell_check("M13", "receiver %s; sender %s; next receiver gets %ld bytes", error_name(status),
               error_name(sending), (long)next);
    drop_channel(channel);
}

static void test_only_receiver_room_goes(void)
{
    struct channel channel = make_channel(128, 0);
    struct side to = {channel.receive, memory_map(MEMORY_PAGE), 128};
    struct side from = {channel.send, sent, 128};
    struct task task;
    start_waiting(&task, do_receive, &to, ANSER_STATE_RECEIVING);
    memory_unmap(to.data, MEMORY_PAGE);
    int64_t sending = send_from(&from, ANSER_INFO_NB);
    cell_check("M14", "receiver %s; sender %s", error_name(task_result(&task)),
               error_name(sending));
    drop_channel(channel);
}

static void test_all(void)
{
    test_sizes();
    test_too_long_for_registers();
    test_waits_in_registers();
    test_nowhere();
    test_sender_buffer_goes();
    test_sender_buffer_goes_later();
    test_receiver_room_goes();
    test_only_receiver_room_goes();
}

int main(void)
{
    test_all(); /* stacks and tables are there from now on */
    struct balance before = balance_now();
    test_all();
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return cells_done("M");
}
