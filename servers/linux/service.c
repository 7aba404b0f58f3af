/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One thread of the process, beside those of the program, waits on one signal object: bits 0 to 31
 * are signals 1 to 32 from whoever started the program, the bits above are the timers of timer.c.
 */
#include "service.h"
#include "lib/channel.h"
#include "lib/syscall.h"
#include "process.h"
#include "signal.h"

static anser_handle receive;
/* An end of our own, which nobody signals on: else the object is over with its last sender. */
static anser_handle keep_open;

static void make_own(void)
{
    struct channel own;
    if (channel_create_signal(&own) == 0) {
        receive = own.receive;
        keep_open = own.send;
    }
}

void service_init(void)
{
    receive = process_handle("signals");
    if (receive == 0) {
        make_own();
        return;
    }
    keep_open = channel_mint(receive, 1);
    if (keep_open < 0)
        make_own();
}

anser_handle service_timer_create(unsigned index)
{
    anser_handle end = channel_mint(receive, 1ul << (SERVICE_TIMER_SHIFT + index));
    if (end < 0)
        return end;
    anser_handle timer = sys_timer_create(end);
    handle_close(end);
    return timer;
}

static void take(uint64_t word)
{
    for (; word != 0; word &= word - 1) {
        unsigned bit = (unsigned)__builtin_ctzl(word);
        if (bit < SERVICE_TIMER_SHIFT)
            signal_send_process((int)bit + 1, LINUX_SI_USER);
        else
            timer_expired(bit - SERVICE_TIMER_SHIFT);
    }
}

_Noreturn void service_run(void)
{
    for (;;) {
        uint64_t word = 0;
        int status = channel_wait(receive, &word, CLOCK_NEVER);
        if (status == 0)
            take(word);
        else if (status == -ANSER_EPIPE || status == -ANSER_EBADF)
            sys_thread_exit(NULL); /* nobody can send any more */
    }
}
