/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Output: a queue of writes that the transmitter empties, interrupt by interrupt. A write is
 * answered when its last byte is in the device, so that an acknowledged byte cannot be lost with
 * this process. Clients whose output does not fit yet wait for that answer.
 */
#ifndef ANSER_SERVERS_UART_OUTPUT_H
#define ANSER_SERVERS_UART_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <anser/abi.h>
#include "ns16550.h"

void output_init(struct ns16550 *device);

/*
 * Writes as much as the device takes now and queues the rest. With *queued, the answer is due when
 * the rest is out: the caller hands the reply to output_answer_later. Without, the result is the
 * answer: the bytes that are out (not all of them, if there is no memory for the rest), or -ENOMEM.
 */
int64_t output_write(const char *text, size_t length, bool crlf, bool *queued);

/* The answer of the write that was queued last goes to this reply handle. */
void output_answer_later(anser_handle reply);

/* Shows text that nobody waits for; lost if memory is short. */
void output_show(const char *text, size_t length);

/* The transmitter may have room: goes on. */
void output_pump(void);

/* Whether something waits for the transmitter. */
bool output_waits(void);

#endif
