/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of the 16550A, and nothing of what is done with its bytes. */
#include "ns16550.h"

/* Section 8.0, table II. */
#define RBR 0 /* read: receiver buffer */
#define THR 0 /* write: transmitter holding */
#define IER 1 /* interrupt enable */
#define IIR 2 /* read: interrupt identification */
#define FCR 2 /* write: FIFO control */
#define MCR 4 /* modem control */
#define LSR 5 /* line status */

#define IER_RECEIVED 0x01 /* 8.7 */
#define IER_EMPTY    0x02
#define FCR_ENABLE   0x01 /* 8.5; trigger at the first byte, so that a key is seen at once */
#define MCR_OUT2     0x08 /* 8.8: gates the interrupt line on many boards */
#define MCR_READY    0x03 /* DTR and RTS */
#define LSR_READY    0x01 /* 8.4 */
#define LSR_ERRORS   0x1c /* parity, framing, break: of the byte on top */
#define LSR_EMPTY    0x20

static uint8_t get(struct ns16550 *device, unsigned number)
{
    return device->base[number << device->shift];
}

static void set(struct ns16550 *device, unsigned number, uint8_t value)
{
    device->base[number << device->shift] = value;
}

void ns16550_start(struct ns16550 *device)
{
    /* Without the reset bits: what a predecessor gave to the transmitter is acknowledged output. */
    set(device, FCR, FCR_ENABLE);
    set(device, MCR, MCR_READY | MCR_OUT2);
    ns16550_interrupts(device, false, true);
}

bool ns16550_is_empty(struct ns16550 *device)
{
    return get(device, LSR) & LSR_EMPTY;
}

void ns16550_put(struct ns16550 *device, uint8_t byte)
{
    set(device, THR, byte);
}

int ns16550_take(struct ns16550 *device)
{
    uint8_t status;
    while ((status = get(device, LSR)) & LSR_READY) {
        uint8_t byte = get(device, RBR);
        if (!(status & LSR_ERRORS))
            return byte;
    }
    return -1;
}

/* 8.6: reading IIR clears the transmitter's interrupt; taking the bytes clears the receiver's. */
void ns16550_acknowledge(struct ns16550 *device)
{
    (void)get(device, IIR);
}

void ns16550_interrupts(struct ns16550 *device, bool transmit, bool receive)
{
    uint8_t wanted = (transmit ? IER_EMPTY : 0) | (receive ? IER_RECEIVED : 0);
    if (wanted == device->interrupts)
        return;
    device->interrupts = wanted;
    set(device, IER, wanted);
}
