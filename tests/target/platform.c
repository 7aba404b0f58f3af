/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel makes of the machine: the system object, timers, and interrupts. The interrupts
 * are those of a real device, the goldfish RTC of QEMU's virt machine, whose alarm is a level.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <anser/init.h>
#include "clock.h"
#include "ipc.h"
#include "memory.h"
#include "start.h"
#include "support/balance.h"
#include "syscall.h"
#include "tap.h"
/* sources: tests/target/support/balance.c */
/* qemu: 7.2 10 */

#define RTC_ADDRESS 0x101000
#define RTC_SOURCE  11

/* Registers of the goldfish RTC; times are nanoseconds. Reading LOW latches HIGH. */
enum { TIME_LOW, TIME_HIGH, ALARM_LOW, ALARM_HIGH, IRQ_ENABLED, CLEAR_ALARM, STATUS, CLEAR_IRQ };

#define MILLISECOND 1000000ul
#define INTERRUPTS  1000
#define NOWHERE     ((void *)0x100000000)

static anser_handle system_handle;

/* A system handle with one right only. */
static anser_handle with_right(uint64_t right)
{
    return sys_handle_dup(system_handle, right);
}

/* ---- The log. */

static void test_log(void)
{
    static const char line[] = "platform test: a line of the log\n";
    char text[128];
    anser_handle log = with_right(ANSER_RIGHT_SYS_LOG), info = with_right(ANSER_RIGHT_SYS_INFO);
    uint64_t end = sys_log_read(info, text, sizeof(text), UINT64_MAX).value;
    TEST(sys_log_write(log, line, strlen(line)) == (int64_t)strlen(line), "a line is written");
    struct sys_result read = sys_log_read(info, text, sizeof(text), end);
    TEST(read.status == (int64_t)strlen(line) && memcmp(text, line, strlen(line)) == 0,
         "and read back at the position where the log ended");
    TEST(read.value == end + strlen(line), "the next position is behind it");
    TEST(sys_log_read(info, text, sizeof(text), read.value).status == 0, "there is nothing more");
    TEST(sys_log_write(info, line, 1) == -EPERM, "writing wants the LOG right");
    TEST(sys_log_read(log, text, 1, 0).status == -EPERM, "reading wants the INFO right");
    TEST(sys_log_write(log, NOWHERE, 1) == -EFAULT, "writing from nowhere");
    TEST(sys_log_read(info, NOWHERE, 1, 0).status == -EFAULT, "reading to nowhere");
    TEST(sys_log_write(log, (void *)0x80200000, 1) == -EFAULT, "writing from the kernel");
    TEST(sys_log_read(info, (void *)0x80200000, 1, 0).status == -EFAULT, "reading to the kernel");
    TEST(sys_log_console(info, 0) == -EPERM, "the console wants the DEVICE right");
    TEST(sys_log_console(system_handle, 2) == -EINVAL, "and is on or off");
    sys_handle_close(log);
    sys_handle_close(info);
}

/* ---- system_info, process_find, power. */

static void test_info(void)
{
    struct anser_system_info system;
    struct anser_process_info process;
    struct anser_thread_info thread;
    TEST(sys_system_info(system_handle, ANSER_INFO_SYSTEM, 0, &system, sizeof(system)).status ==
             sizeof(system),
         "the system's figures");
    uint64_t processes = 0, threads = 0, index = 0, last = 0;
    bool sorted = true, own = false;
    for (;;) {
        struct sys_result result =
            sys_system_info(system_handle, ANSER_INFO_PROCESS, index, &process, sizeof(process));
        if (result.status <= 0)
            break;
        sorted = sorted && process.id > last;
        last = process.id;
        threads += process.threads;
        processes++;
        index = result.value;
    }
    TEST(processes == system.processes, "all %lu processes are listed", system.processes);
    TEST(sorted, "in the order of their ids");
    TEST(threads == system.threads, "with %lu threads in all", system.threads);
    uint64_t listed = 0;
    for (index = 0;; listed++) {
        struct sys_result result =
            sys_system_info(system_handle, ANSER_INFO_THREAD, index, &thread, sizeof(thread));
        if (result.status <= 0)
            break;
        own = own || thread.state == ANSER_STATE_RUNNING;
        index = result.value;
    }
    TEST(listed == threads, "which are listed, too");
    TEST(own, "and one of them runs: this one");
    TEST(system.frames_free < system.frames_total, "some memory is in use");
    TEST(sys_system_info(system_handle, ANSER_INFO_SYSTEM, 0, &system, 8).status == 8,
         "a short buffer gets the first fields");
    TEST(sys_system_info(system_handle, 77, 0, &system, 8).status == -EINVAL, "no such kind");
    TEST(sys_system_info(system_handle, ANSER_INFO_SYSTEM, 0, NOWHERE, 8).status == -EFAULT,
         "a buffer that is not there");
}

static void test_rights(void)
{
    struct anser_system_info system;
    anser_handle none = with_right(0);
    TEST(sys_system_info(none, ANSER_INFO_SYSTEM, 0, &system, 8).status == -EPERM, "INFO");
    TEST(sys_system_power(none, ANSER_POWER_OFF, 0) == -EPERM, "POWER");
    TEST(sys_system_debug(none, ANSER_DEBUG_DUMP, 0) == -EPERM, "DEBUG");
    TEST(sys_process_find(none, 1) == -EPERM, "KILL");
    TEST(sys_irq_create(none, RTC_SOURCE, 0) == -EPERM, "DEVICE, for an interrupt");
    TEST(sys_device_create(none, RTC_ADDRESS, 4096) == -EPERM, "DEVICE, for registers");
    sys_handle_close(none);
    TEST(sys_system_power(none, ANSER_POWER_OFF, 0) == -EBADF, "a stale handle");
    TEST(sys_system_power(system_handle, 9, 0) == -EINVAL, "no such power action");
    TEST(sys_system_power(system_handle, ANSER_POWER_OFF, 0x10000) == -EINVAL, "code too large");
    TEST(sys_system_debug(system_handle, 9, 0) == -EINVAL, "no such debug operation");
    TEST(sys_process_find(system_handle, 1ul << 40) == -ESRCH, "no such process");
    TEST(sys_process_find(system_handle, 1) == -EPERM, "init cannot be had by its number");
    struct anser_process_info newest = {0};
    struct sys_result next = {.value = 0};
    while ((next = sys_system_info(system_handle, ANSER_INFO_PROCESS, next.value, &newest,
                                   sizeof(newest)))
               .status > 0)
        ;
    int64_t found = sys_process_find(system_handle, newest.id);
    TEST(found > 0, "process %lu, this one, is found", (unsigned long)newest.id);
    struct sys_result info = sys_handle_info(found);
    TEST(info.status == ANSER_TYPE_PROCESS && (uint32_t)info.value == ANSER_RIGHT_MANAGE,
         "with MANAGE and nothing else");
    sys_handle_close(found);
}

/* ---- Timers. */

static struct sys_result signal_ends;
static struct sys_result channel_ends;

/* The next event's count on the channel, 0 if none comes within the time. */
static uint64_t next_event(uint64_t kind, uint64_t milliseconds)
{
    struct ipc_registers registers = {.info = ANSER_INFO_DEADLINE,
                                      .deadline = clock_after(milliseconds)};
    int64_t info = ipc_exchange(ANSER_CALL_recv, (anser_handle)channel_ends.value, &registers);
    if (info < 0 || !(info & ANSER_INFO_EVENT) || registers.words[0] != kind)
        return 0;
    return registers.words[1];
}

static void test_timer_once(void)
{
    anser_handle timer = sys_timer_create(channel_ends.status);
    TEST(timer > 0, "a timer on a channel");
    uint64_t when = clock_after(20);
    TEST(sys_timer_set(timer, when, 0) == 0, "set for 20 ms");
    TEST(next_event(ANSER_EVENT_TIMER, 2000) == 1, "expires once");
    TEST(clock_now() >= when, "not before its time");
    TEST(next_event(ANSER_EVENT_TIMER, 50) == 0, "and not again");
    TEST(sys_timer_set(timer, 1, 0) == 0 && next_event(ANSER_EVENT_TIMER, 2000) == 1,
         "a deadline in the past expires at once");
    sys_timer_set(timer, clock_after(30), 0);
    TEST(sys_timer_set(timer, 0, 0) == 1 && next_event(ANSER_EVENT_TIMER, 60) == 0,
         "a stopped timer does not expire");
    sys_timer_set(timer, clock_after(30), 0);
    sys_handle_close(timer);
    TEST(next_event(ANSER_EVENT_TIMER, 60) == 0, "nor does a closed one");
    TEST(sys_timer_set(timer, 1, 0) == -EBADF, "its handle is stale");
}

static void test_timer_periodic(void)
{
    anser_handle timer = sys_timer_create(channel_ends.status);
    uint64_t period = clock_ticks(2 * MILLISECOND), start = clock_now(), count = 0;
    sys_timer_set(timer, start + period, period);
    while (count < 20)
        count += next_event(ANSER_EVENT_TIMER, 2000);
    uint64_t passed = (clock_now() - start) / period;
    TEST(count <= passed, "never more expiries than periods: %lu of %lu", count, passed);
    clock_sleep(100);
    count += next_event(ANSER_EVENT_TIMER, 2000);
    TEST(count >= passed + 45, "those that nobody fetched are counted: %lu", count);
    TEST(sys_timer_set(timer, 0, 0) == 1, "stopped");
    next_event(ANSER_EVENT_TIMER, 10);
    TEST(next_event(ANSER_EVENT_TIMER, 20) == 0, "silent");
    sys_handle_close(timer);
}

/* Timers that want an interrupt at every tick: the processor still belongs to its users. */
static void test_timer_storm(void)
{
    anser_handle timers[64];
    for (unsigned i = 0; i < 64; i++) {
        timers[i] = sys_timer_create(channel_ends.status);
        sys_timer_set(timers[i], 1, 1);
    }
    uint64_t before = clock_now(), rounds = 0;
    while (clock_now() - before < clock_ticks(100 * MILLISECOND))
        rounds++;
    TEST(rounds > 1000, "64 timers with a period of one tick leave time: %lu rounds", rounds);
    TEST(next_event(ANSER_EVENT_TIMER, 1000) > 1000, "and count what they could not say");
    for (unsigned i = 0; i < 64; i++)
        sys_handle_close(timers[i]);
}

static void test_timer_on_signal(void)
{
    anser_handle timer = sys_timer_create(signal_ends.status);
    sys_timer_set(timer, clock_after(10), 0);
    struct sys_result word =
        sys_wait((anser_handle)signal_ends.value, ANSER_INFO_DEADLINE, clock_after(2000));
    TEST(word.status == 0 && word.value == 1, "a timer on a signal sets a bit");
    sys_handle_close(timer);
    TEST(sys_timer_create((anser_handle)signal_ends.value) < 0, "a receive handle is refused");
    TEST(sys_timer_create(system_handle) == -EPERM, "and so is what one cannot send on");
}

/* ---- Interrupts. */

static volatile uint32_t *rtc;

static void alarm_in(uint64_t milliseconds)
{
    uint64_t now = rtc[TIME_LOW];
    now |= (uint64_t)rtc[TIME_HIGH] << 32;
    now += milliseconds * MILLISECOND;
    rtc[IRQ_ENABLED] = 1;
    rtc[ALARM_HIGH] = (uint32_t)(now >> 32);
    rtc[ALARM_LOW] = (uint32_t)now;
}

static void test_irq(void)
{
    anser_handle send = channel_ends.status;
    TEST(sys_irq_create(system_handle, 0, send) == -EINVAL, "source 0 does not exist");
    TEST(sys_irq_create(system_handle, 100000, send) == -EINVAL, "nor does source 100000");
    TEST(sys_irq_create(system_handle, RTC_SOURCE, 0) == -EBADF, "an event needs a channel");
    anser_handle irq = sys_irq_create(system_handle, RTC_SOURCE, send);
    TEST(irq > 0, "the clock's interrupt");
    TEST(sys_irq_create(system_handle, RTC_SOURCE, send) == -EBUSY, "belongs to one driver");

    alarm_in(1);
    TEST(next_event(ANSER_EVENT_IRQ, 30) == 0, "masked until the first irq_ack");
    TEST(sys_irq_ack(irq) == 0 && next_event(ANSER_EVENT_IRQ, 2000) == 1, "then it comes");
    TEST(next_event(ANSER_EVENT_IRQ, 30) == 0, "once, though the line is still up");
    rtc[CLEAR_IRQ] = 1;
    TEST(sys_irq_ack(irq) == 0 && next_event(ANSER_EVENT_IRQ, 30) == 0, "quiet now");
    alarm_in(5);
    TEST(next_event(ANSER_EVENT_IRQ, 2000) == 1, "the next alarm");
    rtc[CLEAR_IRQ] = 1;
    alarm_in(1);
    TEST(next_event(ANSER_EVENT_IRQ, 30) == 0, "another one waits for irq_ack");
    TEST(sys_irq_ack(irq) == 0 && next_event(ANSER_EVENT_IRQ, 2000) == 1, "and comes with it");

    /* The driver dies with the line up and the interrupt unanswered. */
    sys_handle_close(irq);
    TEST(sys_irq_ack(irq) == -EBADF, "a closed interrupt cannot be acknowledged");
    rtc[CLEAR_IRQ] = 1;
    alarm_in(1);
    TEST(next_event(ANSER_EVENT_IRQ, 30) == 0, "and is silent");
    irq = sys_irq_create(system_handle, RTC_SOURCE, send);
    TEST(irq > 0 && next_event(ANSER_EVENT_IRQ, 30) == 0, "its successor starts masked");
    TEST(sys_irq_ack(irq) == 0 && next_event(ANSER_EVENT_IRQ, 2000) == 1,
         "and gets what is pending");
    rtc[CLEAR_IRQ] = 1;
    sys_handle_close(irq);
}

/* As many interrupts as the device can make: each is delivered once, after its acknowledgement. */
static void test_irq_storm(void)
{
    anser_handle irq = sys_irq_create(system_handle, RTC_SOURCE, channel_ends.status);
    uint64_t count = 0;
    for (unsigned i = 0; i < INTERRUPTS; i++) {
        rtc[CLEAR_IRQ] = 1;
        alarm_in(0);
        sys_irq_ack(irq);
        count += next_event(ANSER_EVENT_IRQ, 1000);
    }
    TEST(count == INTERRUPTS, "%u alarms, each an event, got %lu", INTERRUPTS, count);
    rtc[CLEAR_IRQ] = 1;
    sys_handle_close(irq);
}

int main(void)
{
    system_handle = start_handle(START_SYSTEM);
    signal_ends = sys_signal_create();
    channel_ends = sys_chan_create(64, 0);
    anser_handle device = sys_device_create(system_handle, RTC_ADDRESS, 4096);
    rtc = memory_map_object(device, 0, 4096, ANSER_PROT_READ | ANSER_PROT_WRITE);
    if (!TEST(device > 0 && rtc != NULL, "the clock's registers are mapped"))
        return tap_done();
    /* The second round finds all pages of this program touched, so the books can be compared. */
    struct balance before;
    for (int round = 0; round < 2; round++) {
        before = balance_now();
        test_log();
        test_info();
        test_rights();
        test_timer_once();
        test_timer_periodic();
        test_timer_storm();
        test_timer_on_signal();
        test_irq();
        test_irq_storm();
    }
    TEST(balance_is(&before), "everything is returned");
    return tap_done();
}
