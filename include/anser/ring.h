/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rings in shared pages, between a server and one client. One side puts in, the other one takes
 * out; entries of a fixed size, or single bytes. The protocols that use them say where a ring lies,
 * how many entries it has (a power of two) and who puts in. Neither side trusts the other: it keeps
 * its own count and the size in memory of its own, and a count of the other side that cannot be is
 * the end of the ring (lib/ring.h).
 *
 * Both counts begin with 0 and go on modulo 2^32; entry n lies at n modulo size. Who finds nothing
 * to take (or no room) and is going to sleep sets its word `waits`, makes a full fence and looks
 * once more. The other side, after each change of its count and a full fence, looks at that word;
 * if it is set, it clears it and then tells the sleeper, by the way that the protocol names.
 */
#ifndef ANSER_RING_H
#define ANSER_RING_H

#include <stdint.h>

#define RING_LINE 64 /* bytes: what the two sides write does not share one */

#ifndef __ASSEMBLER__
struct ring_shared {
    /* Of the side that puts in. */
    uint32_t put;          /* entries ever put in */
    uint32_t putter_waits; /* for room */
    uint8_t putter_rest[56];
    /* Of the side that takes out. */
    uint32_t taken;       /* entries ever taken out */
    uint32_t taker_waits; /* for entries */
    uint8_t taker_rest[56];
};
#endif

#endif
