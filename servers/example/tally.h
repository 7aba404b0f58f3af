/* SPDX-License-Identifier: BSD-2-Clause */
/* The protocol of the example server: every client has a sum of its own. */
#ifndef ANSER_SERVERS_EXAMPLE_TALLY_H
#define ANSER_SERVERS_EXAMPLE_TALLY_H

#include <stdint.h>

/* Both are calls; the answer begins with a status, >= 0 or -errno. */
#define TALLY_ADD   1 /* struct tally_add -> status, the client's sum */
#define TALLY_TOTAL 2 /* type -> number of clients, the sum of all */

struct tally_add {
    uint64_t type;
    int64_t value;
};

struct tally_answer {
    int64_t status;
    int64_t sum;
};

#endif
