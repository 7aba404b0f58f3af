/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The time of day, by the service `clock` (servers/clock), which reads the machine's real-time
 * clock. Everybody may read; to set it takes a right of the badge. The page is shared read-only, so
 * the time of day costs no call.
 */
#ifndef ANSER_REALTIME_H
#define ANSER_REALTIME_H

#include <stdint.h>
#include <anser/abi.h>

#define REALTIME_ELEMENT 64
#define REALTIME_SERVICE "clock"

/*
 * REALTIME_GET -> struct realtime_answer. REALTIME_PAGE -> likewise, and the handle of the page
 *   (READ, DUP, TRANSFER), which begins with struct realtime_page.
 * REALTIME_SET: struct realtime_set -> 0. Also sets the device, if it can be. -EPERM, -EINVAL
 * (before 1970 or after 2262).
 */
#define REALTIME_GET  0xb01
#define REALTIME_PAGE 0xb02
#define REALTIME_SET  0xb03

#define REALTIME_NONE   0 /* there is no device and nobody has set it: 1970 at boot */
#define REALTIME_DEVICE 1
#define REALTIME_SET_BY 2 /* somebody has set it */

#ifndef __ASSEMBLER__
struct realtime_answer {
    int64_t status;
    uint64_t nanoseconds; /* since 1970-01-01 UTC, now */
    uint64_t offset;      /* nanoseconds to add to ticks * 10^9 / timebase */
    uint64_t source;      /* REALTIME_* */
};

struct realtime_set {
    uint64_t type;
    uint64_t nanoseconds; /* since 1970-01-01 UTC */
    uint64_t ticks;       /* when it was so; 0: now */
};

/* Odd `sequence`: being changed; read again. The page outlives a restart of the server: the
 * successor writes to the same one. */
struct realtime_page {
    uint32_t sequence;
    uint32_t source;
    uint64_t offset;
};
#endif

#endif
