/* SPDX-License-Identifier: BSD-2-Clause */
/* The entropy device. Specification: virtio 1.2, section 5.4. Nothing here waits for it. */
#ifndef ANSER_SERVERS_ENTROPY_DEVICE_H
#define ANSER_SERVERS_ENTROPY_DEVICE_H

#include <stdint.h>

#define DEVICE_SEED 32 /* bytes that are asked for at a time */

/* Takes over the device that the manifest calls "virtio". Returns 0; -ENOENT: there is none;
 * -errno, and it is not used. */
int device_open(void);

/* Asks for DEVICE_SEED bytes, unless it was asked already and has not answered. Returns 0: an
 * interrupt will come; 1: it has answered, and none will come; -errno. */
int device_ask(void);

/*
 * Takes what the device has given, if it has, and acknowledges its interrupts. Returns the number
 * of bytes in `seed`; 0: none yet; -EPROTO: it did what cannot be, and is not asked any more; -EIO:
 * what it gave is nothing that chance would give.
 */
int device_take(uint8_t seed[DEVICE_SEED]);

#endif
