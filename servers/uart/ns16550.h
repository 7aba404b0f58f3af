/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 16550A. Register names and section numbers are those of the data sheet of the PC16550D
 * (National Semiconductor, 1995), section 8. Line speed and format stay as the firmware left them.
 */
#ifndef ANSER_SERVERS_UART_NS16550_H
#define ANSER_SERVERS_UART_NS16550_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS16550_FIFO 16 /* bytes that the transmitter takes when it is empty */

struct ns16550 {
    volatile uint8_t *base;
    unsigned shift;     /* register n is at n << shift */
    uint8_t interrupts; /* the IER as it was last written */
};

/* Takes the device over: FIFOs on, nothing in them is thrown away, receive interrupts on. */
void ns16550_start(struct ns16550 *device);

/* Whether the transmitter has sent everything and takes NS16550_FIFO bytes at once. */
bool ns16550_is_empty(struct ns16550 *device);

/* Gives one byte to the transmitter; the caller knows that there is room. */
void ns16550_put(struct ns16550 *device, uint8_t byte);

/* Takes a received byte; -1: there is none. Bytes with a line error are dropped. */
int ns16550_take(struct ns16550 *device);

/* Reads what interrupted, which is what ends a transmitter interrupt. */
void ns16550_acknowledge(struct ns16550 *device);

/* Asks for an interrupt when the transmitter is empty, and for one when a byte has come. */
void ns16550_interrupts(struct ns16550 *device, bool transmit, bool receive);

#endif
