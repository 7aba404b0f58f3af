/* SPDX-License-Identifier: BSD-2-Clause */
/* Every call with handles that it must refuse: none, stale, forged, of another type, without right.
 */
/* sources: tests/target/support/balance.c tests/target/support/task.c */
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

#define PLACE 0x3400000000ul

/* ---- One handle of each type. ---------------------------------------------------------------- */

enum type {
    PROCESS = ANSER_TYPE_PROCESS,
    THREAD = ANSER_TYPE_THREAD,
    CHANNEL = ANSER_TYPE_CHANNEL,
    SIGNAL = ANSER_TYPE_SIGNAL,
    REPLY = ANSER_TYPE_REPLY,
    PAGES = ANSER_TYPE_PAGES,
    IRQ = ANSER_TYPE_IRQ,
    DEVICE = ANSER_TYPE_DEVICE,
    TIMER = ANSER_TYPE_TIMER,
    SYSTEM = ANSER_TYPE_SYSTEM,
    TYPES
};

static const char *const type_names[TYPES] = {
    [PROCESS] = "process", [THREAD] = "thread", [CHANNEL] = "channel", [SIGNAL] = "signal",
    [REPLY] = "reply",     [PAGES] = "pages",   [IRQ] = "irq",         [DEVICE] = "device",
    [TIMER] = "timer",     [SYSTEM] = "system"};

static anser_handle of_type[TYPES];
static struct channel channel, signal_ends, faults;
static anser_handle idle_process, first_thread;

/* A reply right needs a caller that waits. */
static struct channel served;
static struct caller caller;
static struct task calling;

#define FREE_SOURCE 90       /* of the PLIC; nothing is wired there */
#define FREE_DEVICE 0x102000 /* a page of the physical address space with nothing in it */

static void make_handles(void)
{
    faults = make_channel(8, 0);
    /* Its thread faults at once, and stays there. */
    struct anser_process_params params = {.name = "idle", .budget_pages = 40, .fault = faults.send};
    anser_handle system = start_handle(START_SYSTEM);
    channel = make_channel(64, 4);
    channel_create_signal(&signal_ends);
    idle_process = sys_process_create(&params);
    struct anser_thread_params thread = {.entry = 0, .stack = 0};
    first_thread = sys_thread_create(idle_process, &thread);
    of_type[PROCESS] = idle_process;
    of_type[THREAD] = first_thread;
    of_type[CHANNEL] = channel.send;
    of_type[SIGNAL] = signal_ends.send;
    served = make_channel(8, 0);
    start_caller(&calling, &caller, served.send, 1);
    of_type[REPLY] = receive_call(served.receive, 1);
    of_type[PAGES] = sys_pages_create(2, 0, 0);
    sys_pages_freeze(of_type[PAGES]);
    of_type[IRQ] = sys_irq_create(system, FREE_SOURCE, channel.send);
    of_type[DEVICE] = sys_device_create(system, FREE_DEVICE, MEMORY_PAGE);
    of_type[TIMER] = sys_timer_create(channel.send);
    of_type[SYSTEM] = handle_duplicate(system);
}

static void drop_handles(void)
{
    sys_process_kill(idle_process, 0);
    for (unsigned type = 1; type < TYPES; type++)
        handle_close(of_type[type]);
    task_join(&calling);
    drop_channel(served);
    drop_channel(faults);
    drop_channel((struct channel){0, channel.receive});
    drop_channel((struct channel){0, signal_ends.receive});
    memset(of_type, 0, sizeof(of_type));
}

/* ---- Every call that takes a handle. --------------------------------------------------------- */

static int64_t ipc(int64_t call, anser_handle handle, uint64_t info)
{
    struct ipc_registers registers = {.info = (int64_t)(info | ANSER_INFO_DEADLINE)};
    return ipc_exchange(call, handle, &registers);
}

static int64_t try_call(anser_handle handle)
{
    return ipc(ANSER_CALL_call, handle, 8);
}
static int64_t try_reply_recv(anser_handle handle)
{
    return ipc(ANSER_CALL_reply_recv, handle, 8);
}
static int64_t try_send(anser_handle handle)
{
    return ipc(ANSER_CALL_send, handle, 8);
}
static int64_t try_recv(anser_handle handle)
{
    return ipc(ANSER_CALL_recv, handle, 0);
}
static int64_t try_reply(anser_handle handle)
{
    struct ipc_registers registers = {.info = 8 | ANSER_INFO_EXPLICIT_REPLY, .reply = handle};
    return ipc_exchange(ANSER_CALL_reply, 0, &registers);
}
static int64_t try_carry(anser_handle handle)
{
    struct ipc_registers registers = {.info = (int64_t)IPC_INFO(0, 1) | ANSER_INFO_NB,
                                      .handles = {handle}};
    return ipc_exchange(ANSER_CALL_send, channel.send, &registers);
}
static int64_t try_signal(anser_handle handle)
{
    return sys_signal(handle, 0);
}
static int64_t try_wait(anser_handle handle)
{
    return sys_wait(handle, ANSER_INFO_NB, 0).status;
}
static int64_t try_dup(anser_handle handle)
{
    return sys_handle_dup(handle, 0);
}
static int64_t try_give(anser_handle handle)
{
    return sys_handle_give(idle_process, handle);
}
static int64_t try_give_to(anser_handle handle)
{
    return sys_handle_give(handle, channel.send);
}
static int64_t try_info(anser_handle handle)
{
    return sys_handle_info(handle).status;
}
static int64_t try_close(anser_handle handle)
{
    return sys_handle_close(handle);
}
static int64_t try_mint(anser_handle handle)
{
    return sys_chan_mint(handle, 1);
}
static int64_t try_chan_close(anser_handle handle)
{
    return sys_chan_close(handle);
}
static int64_t try_len(anser_handle handle)
{
    return sys_chan_len(handle).status;
}
static int64_t try_freeze(anser_handle handle)
{
    return sys_pages_freeze(handle);
}
static int64_t try_pages_info(anser_handle handle)
{
    return sys_pages_info(handle).status;
}
static int64_t try_dma(anser_handle handle)
{
    return sys_pages_create(1, ANSER_PAGES_DMA, handle);
}
static int64_t try_release(anser_handle handle)
{
    return sys_pages_release(handle);
}
static int64_t try_map(anser_handle handle)
{
    return sys_region_map(0, PLACE, MEMORY_PAGE, ANSER_PROT_READ, handle, 0).status;
}
static int64_t try_map_in(anser_handle handle)
{
    return sys_region_map(handle, PLACE, MEMORY_PAGE, ANSER_PROT_READ, 0, 0).status;
}
static int64_t try_unmap(anser_handle handle)
{
    return sys_region_unmap(handle, PLACE, MEMORY_PAGE);
}
static int64_t try_protect(anser_handle handle)
{
    return sys_region_protect(handle, PLACE, MEMORY_PAGE, ANSER_PROT_READ);
}
static int64_t try_decommit(anser_handle handle)
{
    return sys_region_decommit(handle, PLACE, MEMORY_PAGE);
}
static int64_t try_copy(anser_handle handle)
{
    return sys_region_copy(handle, PLACE, PLACE, MEMORY_PAGE, ANSER_PROT_READ);
}
static int64_t try_kill(anser_handle handle)
{
    return sys_process_kill(handle, 0);
}
static int64_t try_thread(anser_handle handle)
{
    struct anser_thread_params params = {.priority = ANSER_PRIORITIES};
    return sys_thread_create(handle, &params);
}
static int64_t try_exit(anser_handle handle)
{
    struct anser_process_params params = {.budget_pages = 20, .exit = handle};
    return sys_process_create(&params);
}
static int64_t try_fault(anser_handle handle)
{
    struct anser_process_params params = {.budget_pages = 20, .fault = handle};
    return sys_process_create(&params);
}
static int64_t try_interrupt(anser_handle handle)
{
    return sys_thread_interrupt(handle);
}
static int64_t try_priority(anser_handle handle)
{
    return sys_thread_priority(handle, 0);
}
static int64_t try_continue(anser_handle handle)
{
    return sys_thread_continue(handle);
}
static int64_t try_timer(anser_handle handle)
{
    return sys_timer_create(handle);
}
static int64_t try_timer_set(anser_handle handle)
{
    return sys_timer_set(handle, 0, 0);
}
static int64_t try_irq(anser_handle handle)
{
    return sys_irq_create(handle, 0, channel.send);
}
static int64_t try_irq_target(anser_handle handle)
{
    return sys_irq_create(of_type[SYSTEM], FREE_SOURCE + 1, handle);
}
static int64_t try_ack(anser_handle handle)
{
    return sys_irq_ack(handle);
}
static int64_t try_device(anser_handle handle)
{
    return sys_device_create(handle, 0x80200000, MEMORY_PAGE);
}
static int64_t try_log_write(anser_handle handle)
{
    return sys_log_write(handle, "", 0);
}
static int64_t try_log_read(anser_handle handle)
{
    return sys_log_read(handle, NULL, 0, 0).status;
}
static int64_t try_system_info(anser_handle handle)
{
    return sys_system_info(handle, 999, 0, NULL, 0).status;
}
static int64_t try_power(anser_handle handle)
{
    return sys_system_power(handle, 999, 0);
}
static int64_t try_debug(anser_handle handle)
{
    return sys_system_debug(handle, 999, 0);
}
static int64_t try_find(anser_handle handle)
{
    return sys_process_find(handle, 0);
}
static int64_t try_log_console(anser_handle handle)
{
    return sys_log_console(handle, 2);
}

#define TYPE(type) (1u << (type))
#define ANY        0xffffffffu
#define ENDS       (TYPE(CHANNEL) | TYPE(SIGNAL))

static const struct {
    const char *name;
    int64_t (*make)(anser_handle handle);
    uint32_t types; /* that it takes; for others -EBADF, or -EPERM where the right says it */
    uint32_t right; /* that it needs; 0: none */
    bool own;       /* 0 stands for the caller's own */
} calls[] = {
    {"call", try_call, TYPE(CHANNEL), ANSER_RIGHT_SEND, false},
    {"reply_recv", try_reply_recv, TYPE(CHANNEL), ANSER_RIGHT_RECV, false},
    {"send", try_send, TYPE(CHANNEL), ANSER_RIGHT_SEND, false},
    {"recv", try_recv, TYPE(CHANNEL), ANSER_RIGHT_RECV, false},
    {"reply", try_reply, TYPE(REPLY), 0, false},
    {"a message's handles", try_carry, ANY, ANSER_RIGHT_TRANSFER, false},
    {"signal", try_signal, TYPE(SIGNAL), ANSER_RIGHT_SEND, false},
    {"wait", try_wait, TYPE(SIGNAL), ANSER_RIGHT_RECV, false},
    {"handle_dup", try_dup, ANY, ANSER_RIGHT_DUP, false},
    {"handle_give", try_give, ANY, ANSER_RIGHT_TRANSFER, false},
    {"handle_give's process", try_give_to, TYPE(PROCESS), ANSER_RIGHT_MANAGE, true},
    {"handle_info", try_info, ANY, 0, false},
    {"handle_close", try_close, ANY, 0, false},
    {"chan_mint", try_mint, ENDS, ANSER_RIGHT_RECV, false},
    {"chan_close", try_chan_close, TYPE(CHANNEL), ANSER_RIGHT_SEND, false},
    {"chan_len", try_len, TYPE(CHANNEL), 0, false},
    {"pages_freeze", try_freeze, TYPE(PAGES), 0, false},
    {"pages_info", try_pages_info, TYPE(PAGES), 0, false},
    {"pages_create's device", try_dma, TYPE(DEVICE), ANSER_RIGHT_WRITE, false},
    {"pages_release", try_release, TYPE(DEVICE), ANSER_RIGHT_MANAGE, false},
    {"region_map's object", try_map, TYPE(PAGES) | TYPE(DEVICE), ANSER_RIGHT_READ, true},
    {"region_map's process", try_map_in, TYPE(PROCESS), ANSER_RIGHT_MANAGE, true},
    {"region_unmap", try_unmap, TYPE(PROCESS), ANSER_RIGHT_MANAGE, true},
    {"region_protect", try_protect, TYPE(PROCESS), ANSER_RIGHT_MANAGE, true},
    {"region_decommit", try_decommit, TYPE(PROCESS), ANSER_RIGHT_MANAGE, true},
    {"region_copy", try_copy, TYPE(PROCESS), ANSER_RIGHT_MANAGE, true},
    {"process_kill", try_kill, TYPE(PROCESS), ANSER_RIGHT_MANAGE, true},
    {"thread_create", try_thread, TYPE(PROCESS), ANSER_RIGHT_MANAGE, true},
    {"process_create's exit", try_exit, ENDS, ANSER_RIGHT_SEND, true},
    {"process_create's fault", try_fault, ENDS, ANSER_RIGHT_SEND, true},
    {"thread_interrupt", try_interrupt, TYPE(THREAD), ANSER_RIGHT_MANAGE, true},
    {"thread_priority", try_priority, TYPE(THREAD), ANSER_RIGHT_MANAGE, true},
    {"thread_continue", try_continue, TYPE(THREAD), ANSER_RIGHT_MANAGE, true},
    {"timer_create", try_timer, ENDS, ANSER_RIGHT_SEND, false},
    {"timer_set", try_timer_set, TYPE(TIMER), ANSER_RIGHT_MANAGE, false},
    {"irq_create", try_irq, TYPE(SYSTEM), ANSER_RIGHT_SYS_DEVICE, false},
    {"irq_create's target", try_irq_target, ENDS, ANSER_RIGHT_SEND, false},
    {"irq_ack", try_ack, TYPE(IRQ), ANSER_RIGHT_MANAGE, false},
    {"device_create", try_device, TYPE(SYSTEM), ANSER_RIGHT_SYS_DEVICE, false},
    {"log_write", try_log_write, TYPE(SYSTEM), ANSER_RIGHT_SYS_LOG, false},
    {"log_read", try_log_read, TYPE(SYSTEM), ANSER_RIGHT_SYS_INFO, false},
    {"system_info", try_system_info, TYPE(SYSTEM), ANSER_RIGHT_SYS_INFO, false},
    {"system_power", try_power, TYPE(SYSTEM), ANSER_RIGHT_SYS_POWER, false},
    {"system_debug", try_debug, TYPE(SYSTEM), ANSER_RIGHT_SYS_DEBUG, false},
    {"process_find", try_find, TYPE(SYSTEM), ANSER_RIGHT_SYS_KILL, false},
    {"log_console", try_log_console, TYPE(SYSTEM), ANSER_RIGHT_SYS_DEVICE, false},
};
#define CALLS (sizeof(calls) / sizeof(calls[0]))

/* ---- The statements. ------------------------------------------------------------------------- */

/* Handles that were never given, or are no more. */
static unsigned make_bad(anser_handle *bad)
{
    unsigned count = 0;
    anser_handle good = channel.send;
    struct channel closed = make_channel(8, 0);
    drop_channel(closed);
    bad[count++] = closed.send; /* stale */
    for (int i = 0; i < 8; i++) {
        struct channel again = make_channel(8, 0);
        drop_channel(again);
    }
    bad[count++] = closed.receive; /* whose slot has been used again since */
    bad[count++] = -1;
    bad[count++] = INT64_MIN;
    bad[count++] = INT64_MAX;
    bad[count++] = 1;
    bad[count++] = 32;
    bad[count++] = good | 1; /* low bits */
    bad[count++] = good + 16;
    bad[count++] = good + (1l << 32); /* the next generation */
    bad[count++] = good - (1l << 32);
    bad[count++] = good + (1l << 62);
    bad[count++] = good | INT64_MIN;
    bad[count++] = good ^ (1l << 20); /* an index beyond the table */
    bad[count++] = good & 0xffffffff; /* no generation */
    bad[count++] = 0x80200000;        /* what is no handle at all */
    bad[count++] = (anser_handle)(uintptr_t)&channel;
    return count;
}

static void test_bad(void)
{
    anser_handle bad[32];
    unsigned count = make_bad(bad);
    for (unsigned c = 0; c < CALLS; c++) {
        bool good = true;
        for (unsigned i = 0; i < count; i++) {
            int64_t status = calls[c].make(bad[i]);
            if (status != -EBADF) {
                printf("# handle %#lx: %ld\n", bad[i], (long)status);
                good = false;
            }
        }
        if (!calls[c].own)
            good &= calls[c].make(0) == -EBADF;
        TEST(good, "%s refuses %u handles that are none: EBADF", calls[c].name, count);
    }
}

static void test_types(void)
{
    for (unsigned c = 0; c < CALLS; c++) {
        bool good = true;
        for (unsigned type = 1; type < TYPES; type++) {
            if (of_type[type] <= 0 || calls[c].types >> type & 1)
                continue;
            int64_t status = calls[c].make(of_type[type]);
            if (status != -EBADF && !(calls[c].types == ENDS && status == -EPERM)) {
                printf("# a %s: %ld\n", type_names[type], (long)status);
                good = false;
            }
        }
        TEST(good, "%s refuses handles of other types", calls[c].name);
    }
}

static void test_rights(void)
{
    for (unsigned c = 0; c < CALLS; c++) {
        bool good = true;
        unsigned tried = 0;
        for (unsigned type = 1; type < TYPES && calls[c].right; type++) {
            if (of_type[type] <= 0 || !(calls[c].types >> type & 1))
                continue;
            uint32_t rights = (uint32_t)sys_handle_info(of_type[type]).value;
            anser_handle weak = sys_handle_dup(of_type[type], rights & ~calls[c].right);
            if (weak < 0)
                continue;
            int64_t status = calls[c].make(weak);
            tried++;
            if (status != -EPERM) {
                printf("# a %s: %ld\n", type_names[type], (long)status);
                good = false;
            }
            handle_close(weak);
        }
        if (calls[c].right)
            TEST(good && tried > 0, "%s needs its right: EPERM", calls[c].name);
    }
    anser_handle weak = sys_handle_dup(channel.send, ANSER_RIGHT_DUP);
    TEST(sys_handle_dup(weak, ANSER_RIGHT_SEND) == -EPERM &&
             sys_handle_dup(weak, ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER) == -EPERM &&
             sys_handle_dup(weak, ~0ul) == -EPERM,
         "a duplicate has no more rights than its original");
    handle_close(weak);
}

/* Slots are used again and again: an old handle never stands for what is there now. */
static void test_reuse(void)
{
    anser_handle old[64];
    bool good = true;
    for (unsigned i = 0; i < 64; i++) {
        old[i] = handle_duplicate(channel.send);
        handle_close(old[i]);
    }
    anser_handle now = handle_duplicate(channel.send);
    for (unsigned i = 0; i < 64; i++)
        good &= old[i] != now && sys_handle_close(old[i]) == -EBADF && (i == 0 || old[i] != old[0]);
    TEST(good && sys_handle_info(now).status == CHANNEL, "64 old handles of one slot: all stale");
    handle_close(now);
}

int main(void)
{
    struct balance before = {0};
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        make_handles();
        bool all = true;
        for (unsigned type = 1; type < TYPES; type++)
            all &= of_type[type] > 0;
        TEST(all, "a handle of each type");
        test_bad();
        test_types();
        test_rights();
        test_reuse();
        drop_handles();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
