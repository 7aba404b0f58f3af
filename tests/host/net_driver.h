/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network's driver, taken in whole, on the host's machine (driver_machine.h): what its main.c
 * stands on, and an end of the driver that comes back to the test.
 */
#ifndef ANSER_TESTS_NET_DRIVER_H
#define ANSER_TESTS_NET_DRIVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include "driver_machine.h"

/* The driver says what happened, and ends: here, that comes back to the test. */
static jmp_buf end_of_driver;
static bool timer_is_set;

static char last_words[256];

__attribute__((format(printf, 1, 2))) static void driver_says(const char *fmt, ...)
{
    va_list arguments;
    va_start(arguments, fmt);
    vsnprintf(last_words, sizeof(last_words), fmt, arguments);
    va_end(arguments);
}

static _Noreturn void driver_ends(int status)
{
    (void)status;
    longjmp(end_of_driver, 1);
}

#define printf driver_says
#define exit   driver_ends
#define main   driver_main
#pragma clang section bss = "driver_bss" data = "driver_data"
#include "servers/virtio-net/buffers.c"
#include "servers/virtio-net/deliver.c"
#include "servers/virtio-net/device.c"
#include "servers/virtio-net/frame.c"
#include "servers/virtio-net/receive.c"
#define judge judge_attach
#include "servers/virtio-net/client.c"
#undef judge
#include "servers/virtio-net/send.c"
#include "servers/virtio-net/main.c"
#pragma clang section bss = "" data = ""
#undef main
#undef exit
#undef printf

/* ---- What main.c stands on. ------------------------------------------------------------------ */

anser_handle start_handle(const char *name)
{
    (void)name;
    return MACHINE_CHANNEL;
}

anser_handle channel_mint(anser_handle receive, uint64_t badge)
{
    (void)receive, (void)badge;
    return MACHINE_CHANNEL;
}

int64_t sys_timer_create(anser_handle send)
{
    return send;
}

int64_t sys_timer_set(anser_handle its, uint64_t deadline, uint64_t period)
{
    (void)its, (void)period;
    timer_is_set = deadline < MACHINE_LATER;
    return 0;
}

int64_t sys_irq_ack(anser_handle its)
{
    (void)its;
    return 0;
}

int serve_run(struct server *its)
{
    (void)its;
    return 0;
}

#endif
