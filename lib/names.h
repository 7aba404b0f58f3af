/* SPDX-License-Identifier: BSD-2-Clause */
/* Client side of <anser/names.h>, through the start handle "names". Errors are -errno; -EBADF if
 * the program was given no such handle. An interruption of the thread waits for the answer. */
#ifndef ANSER_LIB_NAMES_H
#define ANSER_LIB_NAMES_H

#include <stdint.h>
#include <anser/names.h>

/* Publishes a send handle under a name. The handle moves, and is closed by the service on an error;
 * only if the service could not be reached it is still the caller's. Returns 0 or -errno. */
int names_publish(const char *name, anser_handle send);

/* Returns 0 or -errno. */
int names_withdraw(const char *name);

/* Returns a send handle, the caller's, or -errno; -ESRCH: nobody published it. */
anser_handle names_lookup(const char *name);

/* Looks up, waiting for the publication until `deadline`. Returns a handle or -errno. */
anser_handle names_wait(const char *name, uint64_t deadline);

/* Has NAMES_PUBLISHED sent to `send` (which moves) at each publication. Returns 0 or -errno. */
int names_watch(const char *name, anser_handle send);

/* The first entry from `index` on. Returns 1 with *answer filled, 0: no more, or -errno. */
int names_list(uint64_t index, struct names_answer *answer);

#endif
