/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's books: what a test took has to be back when it is over, to the page and handle. */
#ifndef ANSER_TESTS_BALANCE_H
#define ANSER_TESTS_BALANCE_H

#include <stdbool.h>
#include <stdint.h>

struct balance {
    uint64_t free; /* frames */
    uint64_t tables;
    uint64_t slab;
    uint64_t handles;
    uint64_t objects;
    uint64_t processes;
    uint64_t threads;
};

/* The books as they are now, once they stand still (what was printed is still on its way). */
struct balance balance_now(void);

/* Whether the books are as they were; waits up to 3 seconds for that. Says what differs. */
bool balance_is(const struct balance *before);

/* Likewise, but page tables count as free frames: where threads that race map what they need, an
 * address space keeps the tables of more places or of fewer. */
bool balance_is_but_tables(const struct balance *before);

/* Likewise, and two slabs more may be in use: where many objects come and go, the few that stay may
 * lie farther apart. The objects themselves are counted one by one. */
bool balance_is_but_places(const struct balance *before);

#endif
