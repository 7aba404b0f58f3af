/* SPDX-License-Identifier: BSD-2-Clause */
/* Pointers that lead into the kernel, nowhere, over an edge or out of the world: in every call that
 * takes one, in each direction. */
/* sources: tests/target/support/task.c tests/target/support/balance.c */
#include <errno.h>
#include <string.h>
#include <anser/init.h>
#include "clock.h"
#include "memory.h"
#include "start.h"
#include "support/balance.h"
#include "support/caller.h"
#include "syscall.h"
#include "tap.h"

#define PAGE     ((uint64_t)MEMORY_PAGE)
#define PLACE    0x3400000000ul
#define EDGE     (PLACE + PAGE) /* mapped below, not from here on */
#define HIDDEN   (PLACE + 4 * PAGE)
#define CONSTANT (PLACE + 8 * PAGE) /* read-only */
#define NOWHERE  0x3600000000ul

static anser_handle system_handle;
static struct channel channel; /* with room for a few elements */

/* ---- Addresses. ------------------------------------------------------------------------------ */

static const uint64_t unreadable[] = {
    0, /* what a null pointer leads to */
    8,
    0x80000000, /* firmware, in the kernel's slot */
    0x80200000, /* the kernel's text, where it is mapped */
    0x80210000,
    0xbffffff8,         /* the end of the slot */
    0xffffffc000000000, /* the kernel's map of all RAM */
    0xffffffc080200000,
    0xffffffc087fffff8,
    0xffffffffffffff00,
    0xfffffffffffffff8, /* the last word */
    0x4000000000,       /* the end of user space */
    0x4000000000 - 8,   /* just below, and not mapped */
    0x8000000000,
    0x8000000000000000, /* not canonical */
    0x0000800000000000,
    NOWHERE,
    EDGE - 8, /* begins well */
    EDGE,
    HIDDEN,
    HIDDEN - 8,
};
#define UNREADABLE (sizeof(unreadable) / sizeof(unreadable[0]))

/* Readable, not to be written. */
static const uint64_t unwritable[] = {0x10000, CONSTANT, CONSTANT - 8};
#define UNWRITABLE (sizeof(unwritable) / sizeof(unwritable[0]))

static void prepare(void)
{
    unsigned rw = ANSER_PROT_READ | ANSER_PROT_WRITE;
    system_handle = start_handle(START_SYSTEM);
    sys_region_map(0, PLACE, PAGE, rw | ANSER_MAP_FIXED, 0, 0);
    sys_region_map(0, HIDDEN - PAGE, 2 * PAGE, rw | ANSER_MAP_FIXED, 0, 0);
    sys_region_protect(0, HIDDEN, PAGE, ANSER_PROT_NONE);
    sys_region_map(0, CONSTANT - PAGE, 2 * PAGE, rw | ANSER_MAP_FIXED, 0, 0);
    memset((void *)(CONSTANT - PAGE), 0, 2 * PAGE);
    sys_region_protect(0, CONSTANT, PAGE, ANSER_PROT_READ);
}

/* ---- What reads at an address. --------------------------------------------------------------- */

static int64_t read_block_send(uint64_t address)
{
    return sys_send(channel.send, ANSER_INFO_MEM | ANSER_INFO_NB, (void *)address).status;
}

static int64_t read_block_recv(uint64_t address)
{
    return sys_recv(channel.receive, ANSER_INFO_MEM | ANSER_INFO_NB, (void *)address).status;
}

static int64_t read_block_call(uint64_t address)
{
    return sys_call(channel.send, ANSER_INFO_MEM, (void *)address).status;
}

static int64_t read_block_reply_recv(uint64_t address)
{
    return sys_reply_recv(channel.receive, ANSER_INFO_MEM | ANSER_INFO_NB, (void *)address).status;
}

static int64_t read_block_reply(uint64_t address)
{
    return sys_reply(0, ANSER_INFO_MEM, (void *)address).status;
}

static int64_t send_from(uint64_t address, uint64_t length)
{
    struct anser_message message = {.send_data = address, .send_length = length};
    return sys_send(channel.send, ANSER_INFO_MEM | ANSER_INFO_NB, &message).status;
}

static int64_t read_short(uint64_t address)
{
    return send_from(address, 16);
}

static int64_t read_long(uint64_t address)
{
    return send_from(address, 100);
}

static int64_t read_whole(uint64_t address)
{
    return send_from(address, ANSER_ELEMENT_MAX);
}

static int64_t read_call_data(uint64_t address)
{
    struct anser_message message = {.send_data = address, .send_length = 100};
    return sys_call(channel.send, ANSER_INFO_MEM | ANSER_INFO_DEADLINE, &message).status;
}

static int64_t read_reply_data(uint64_t address)
{
    struct anser_message message = {.send_data = address, .send_length = 100};
    return sys_reply(0, ANSER_INFO_MEM, &message).status;
}

static int64_t read_process(uint64_t address)
{
    return sys_process_create((void *)address);
}

static int64_t read_thread(uint64_t address)
{
    return sys_thread_create(0, (void *)address);
}

static int64_t read_handler(uint64_t address)
{
    return sys_thread_handler((void *)address).status;
}

static int64_t read_text(uint64_t address)
{
    return sys_log_write(system_handle, (void *)address, 16);
}

static int64_t read_word(uint64_t address)
{
    /* One word fits before an edge: beyond it, then. */
    uint64_t at = address == EDGE - 8 || address == HIDDEN - 8 ? address + 8 : address;
    return sys_word_wait((void *)at, 1, 1);
}

/* ---- What writes at an address. -------------------------------------------------------------- */

static int64_t write_received(uint64_t address, uint64_t capacity)
{
    struct anser_message message = {.recv_data = address, .recv_capacity = capacity};
    return sys_recv(channel.receive, ANSER_INFO_MEM | ANSER_INFO_NB, &message).status;
}

static int64_t write_short(uint64_t address)
{
    return write_received(address, 16);
}

static int64_t write_long(uint64_t address)
{
    return write_received(address, 4096);
}

static int64_t write_answer(uint64_t address)
{
    struct anser_message message = {.recv_data = address, .recv_capacity = 16};
    return sys_call(channel.send, ANSER_INFO_MEM | ANSER_INFO_DEADLINE, &message).status;
}

static int64_t write_next(uint64_t address)
{
    struct anser_message message = {.recv_data = address, .recv_capacity = 16};
    return sys_reply_recv(channel.receive, ANSER_INFO_MEM | ANSER_INFO_NB, &message).status;
}

static int64_t write_info(uint64_t address)
{
    return sys_system_info(system_handle, ANSER_INFO_SYSTEM, 0, (void *)address, 64).status;
}

static int64_t write_process_info(uint64_t address)
{
    return sys_system_info(system_handle, ANSER_INFO_PROCESS, 0, (void *)address, 64).status;
}

static int64_t write_log(uint64_t address)
{
    return sys_log_read(system_handle, (void *)address, 64, 0).status;
}

static const struct {
    const char *name;
    int64_t (*make)(uint64_t address);
    bool writes;
} directions[] = {
    {"send: message block", read_block_send, true},
    {"recv: message block", read_block_recv, true},
    {"call: message block", read_block_call, true},
    {"reply_recv: message block", read_block_reply_recv, true},
    {"reply: message block", read_block_reply, true},
    {"send: 16 bytes", read_short, false},
    {"send: 100 bytes", read_long, false},
    {"send: 4096 bytes", read_whole, false},
    {"call: 100 bytes", read_call_data, false},
    {"reply: 100 bytes", read_reply_data, false},
    {"process_create", read_process, false},
    {"thread_create", read_thread, false},
    {"thread_handler", read_handler, false},
    {"log_write", read_text, false},
    {"word_wait", read_word, false},
    {"recv: room for 16 bytes", write_short, true},
    {"recv: room for 4096 bytes", write_long, true},
    {"call: room for the answer", write_answer, true},
    {"reply_recv: room for the next", write_next, true},
    {"system_info", write_info, true},
    {"system_info of a process", write_process_info, true},
    {"log_read", write_log, true},
};

static bool all_fault(int64_t (*make)(uint64_t), const uint64_t *addresses, size_t count)
{
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        int64_t status = make(addresses[i]);
        if (status != -EFAULT) {
            printf("# %#lx: %ld\n", addresses[i], (long)status);
            good = false;
        }
    }
    return good;
}

static void test_directions(void)
{
    for (unsigned d = 0; d < sizeof(directions) / sizeof(directions[0]); d++) {
        TEST(all_fault(directions[d].make, unreadable, UNREADABLE),
             "%s: EFAULT at %zu bad addresses", directions[d].name, UNREADABLE);
        if (directions[d].writes)
            TEST(all_fault(directions[d].make, unwritable, UNWRITABLE),
                 "%s: EFAULT where nothing may be written", directions[d].name);
    }
    TEST(sys_chan_len(channel.send).status == 2, "no element has come or gone");
}

/* Lengths that wrap or are absurd, at a good address. */
static void test_lengths(void)
{
    uint8_t buffer[64];
    struct anser_message message = {.recv_data = (uint64_t)buffer, .recv_capacity = UINT64_MAX};
    static const uint64_t lengths[] = {ANSER_ELEMENT_MAX + 1, 1ul << 32, 1ul << 63, UINT64_MAX};
    bool good = true;
    for (unsigned i = 0; i < 4; i++)
        good &= send_from((uint64_t)buffer, lengths[i]) == -EMSGSIZE;
    TEST(good, "messages of absurd lengths: EMSGSIZE");
    int64_t status = sys_recv(channel.receive, ANSER_INFO_MEM | ANSER_INFO_NB, &message).status;
    TEST(status == 0 || status == -EFAULT, "absurd room is no more than there is (%ld)",
         (long)status);
    if (status == 0)
        send_from((uint64_t)buffer, 16);
    TEST(sys_log_read(system_handle, (void *)PLACE, UINT64_MAX, 0).status <= (long)PAGE,
         "log_read of absurd length");
    TEST(sys_log_write(system_handle, (void *)PLACE, 0) == 0, "log_write of nothing");
    TEST(sys_system_info(system_handle, ANSER_INFO_SYSTEM, 0, (void *)NOWHERE, 0).status <= 0,
         "system_info into no room");
}

/* ---- A buffer that goes away while its owner is blocked. ------------------------------------- */

struct exchange {
    struct anser_message message;
    anser_handle handle;
    uint64_t flags;
    struct anser_message *block; /* NULL: the one above */
};

static struct anser_message *block_of(struct exchange *exchange)
{
    return exchange->block ? exchange->block : &exchange->message;
}

static int64_t do_send(void *argument)
{
    struct exchange *exchange = argument;
    return sys_send(exchange->handle, ANSER_INFO_MEM, block_of(exchange)).status;
}

static int64_t do_receive(void *argument)
{
    struct exchange *exchange = argument;
    return sys_recv(exchange->handle, ANSER_INFO_MEM, block_of(exchange)).status;
}

static int64_t do_call_large(void *argument)
{
    struct exchange *exchange = argument;
    return sys_call(exchange->handle, ANSER_INFO_MEM, block_of(exchange)).status;
}

static uint64_t map_buffer(void)
{
    uint64_t address = (uint64_t)memory_map(2 * PAGE);
    memset((void *)address, 0x77, 2 * PAGE);
    return address;
}

static void test_receiver_unmapped(void)
{
    struct channel meeting = make_channel(4096, 0);
    struct task tasks[2];
    uint64_t gone = map_buffer(), there = map_buffer(), from = map_buffer();
    struct exchange receivers[2] = {
        {.message = {.recv_data = gone, .recv_capacity = 4096}, .handle = meeting.receive},
        {.message = {.recv_data = there, .recv_capacity = 4096}, .handle = meeting.receive}};
    struct anser_message message = {.send_data = from, .send_length = 1000};
    for (int i = 0; i < 2; i++) {
        task_start(&tasks[i], do_receive, &receivers[i]);
        task_wait_state(&tasks[i], ANSER_STATE_RECEIVING);
    }
    memory_unmap((void *)gone, 2 * PAGE);
    memset((void *)from, 0x33, 1000);
    TEST(sys_send(meeting.send, ANSER_INFO_MEM | ANSER_INFO_NB, &message).status == 0,
         "the first of two receivers has lost its buffer");
    TEST(task_result(&tasks[0]) == -EFAULT, "it gets EFAULT");
    TEST(task_result(&tasks[1]) == 0 && receivers[1].message.recv_length == 1000 &&
             memcmp((void *)there, (void *)from, 1000) == 0,
         "the other one gets the message");
    memory_unmap((void *)there, 2 * PAGE);
    memory_unmap((void *)from, 2 * PAGE);
    drop_channel(meeting);
}

static void test_sender_unmapped(void)
{
    struct channel meeting = make_channel(4096, 0);
    struct task tasks[2];
    uint64_t gone = map_buffer(), there = map_buffer(), to = map_buffer();
    struct exchange senders[2] = {
        {.message = {.send_data = gone, .send_length = 1000}, .handle = meeting.send},
        {.message = {.send_data = there, .send_length = 999}, .handle = meeting.send}};
    struct anser_message message = {.recv_data = to, .recv_capacity = 4096};
    for (int i = 0; i < 2; i++) {
        task_start(&tasks[i], do_send, &senders[i]);
        task_wait_state(&tasks[i], ANSER_STATE_SENDING);
    }
    memory_unmap((void *)gone, 2 * PAGE);
    TEST(sys_recv(meeting.receive, ANSER_INFO_MEM | ANSER_INFO_NB, &message).status == 0 &&
             message.recv_length == 999,
         "the first of two senders has lost its buffer: the other one's message comes");
    TEST(task_result(&tasks[0]) == -EFAULT && task_result(&tasks[1]) == 0, "it gets EFAULT");
    memory_unmap((void *)there, 2 * PAGE);
    memory_unmap((void *)to, 2 * PAGE);
    drop_channel(meeting);
}

static void test_block_unmapped(void)
{
    struct channel meeting = make_channel(4096, 0);
    struct task task;
    struct anser_message *block = memory_map(PAGE);
    uint64_t buffer = map_buffer();
    *block = (struct anser_message){.recv_data = buffer, .recv_capacity = 64};
    struct exchange exchange = {.handle = meeting.receive, .block = block};
    task_start(&task, do_receive, &exchange);
    task_wait_state(&task, ANSER_STATE_RECEIVING);
    memory_unmap(block, PAGE);
    TEST(send_word(meeting.send, 1, 0) == -EAGAIN && task_result(&task) == -EFAULT,
         "a receiver whose message block is gone: EFAULT, and it was none");
    memory_unmap((void *)buffer, 2 * PAGE);
    drop_channel(meeting);
}

static void test_caller_unmapped(void)
{
    struct channel meeting = make_channel(4096, 0);
    struct task task;
    uint64_t room = map_buffer(), answer = map_buffer();
    struct exchange exchange = {.message = {.recv_data = room, .recv_capacity = 4096},
                                .handle = meeting.send};
    struct anser_message message = {.send_data = answer, .send_length = 2000};
    task_start(&task, do_call_large, &exchange);
    anser_handle reply = receive_call(meeting.receive, 1);
    memory_unmap((void *)room, 2 * PAGE);
    message.reply = reply;
    int64_t status = sys_reply(0, ANSER_INFO_MEM | ANSER_INFO_EXPLICIT_REPLY, &message).status;
    TEST(status == -EFAULT, "a caller whose room for the answer is gone");
    TEST(task_result(&task) == -EFAULT, "gets EFAULT, too");
    TEST(sys_handle_info(reply).status == -EBADF, "the right to answer is spent");
    memory_unmap((void *)answer, 2 * PAGE);
    drop_channel(meeting);
}

int main(void)
{
    struct balance before = {0};
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        channel = make_channel(4096, 4);
        prepare();
        send_word(channel.send, 1, 0);
        send_word(channel.send, 2, 0);
        test_directions();
        test_lengths();
        test_receiver_unmapped();
        test_sender_unmapped();
        test_block_unmapped();
        test_caller_unmapped();
        drop_channel(channel);
        sys_region_unmap(0, PLACE, 16 * PAGE);
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
