/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The goldfish real-time clock. Specification: android.googlesource.com, external/qemu,
 * docs/GOLDFISH-VIRTUAL-HARDWARE.TXT, "Goldfish real-time clock".
 */
#ifndef ANSER_SERVERS_CLOCK_GOLDFISH_H
#define ANSER_SERVERS_CLOCK_GOLDFISH_H

#include <stdbool.h>
#include <stdint.h>

/* Maps the device that the manifest calls "rtc". False: there is none, or it cannot be used. */
bool goldfish_open(void);

/* Nanoseconds since 1970. */
uint64_t goldfish_read(void);
void goldfish_write(uint64_t nanoseconds);

#endif
