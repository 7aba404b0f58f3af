/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entropy protocol: random bytes, fit for keys where the machine has a source, by the service
 * `entropy` (servers/entropy).
 */
#ifndef ANSER_ENTROPY_H
#define ANSER_ENTROPY_H

#include <stdint.h>
#include <anser/abi.h>

#define ENTROPY_ELEMENT 1024
#define ENTROPY_SERVICE "entropy"
#define ENTROPY_MAX     1008 /* bytes of one answer */

/*
 * ENTROPY_READ: struct entropy_read -> number of bytes; struct entropy_answer. -EAGAIN: no source
 * has given anything yet, and the asker does not want the fallback. -EINVAL: more than ENTROPY_MAX.
 * ENTROPY_INFO -> struct entropy_info.
 */
#define ENTROPY_READ 0xa01
#define ENTROPY_INFO 0xa02

/* entropy_answer.source */
#define ENTROPY_DEVICE   1 /* a generator that the machine's random device seeds again and again */
#define ENTROPY_FALLBACK 2 /* there is no device: clocks and the boot's seed; not for keys */

#ifndef __ASSEMBLER__
struct entropy_read {
    uint64_t type;
    uint32_t bytes;
    uint32_t device_only; /* else the fallback is welcome */
};

struct entropy_answer {
    int64_t status;
    uint64_t source;
    uint8_t bytes[];
};

struct entropy_info {
    int64_t status;
    uint64_t source;
    uint64_t seeds;   /* times that the device gave some */
    uint64_t served;  /* bytes */
    uint64_t failure; /* errno of the device's last failure, 0: none */
};
#endif

#endif
