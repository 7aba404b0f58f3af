/* SPDX-License-Identifier: BSD-2-Clause */
/* Random bytes that programs start with, from the firmware's seed and the entropy server. */
#ifndef ANSER_SERVERS_INIT_SEED_H
#define ANSER_SERVERS_INIT_SEED_H

#include <stdbool.h>
#include <stddef.h>
#include "lib/serve.h"

#define SEED_BOOT_MAX 32 /* bytes of the firmware's seed that are used */

/* Takes the firmware's seed out of the device tree, if it has one (/chosen/rng-seed). */
void seed_begin(void);

/* The firmware's seed in hexadecimal digits; empty: there is none. */
const char *seed_boot(void);

/* Fills `to` with bytes as good as what init was given until now. */
void seed_fill(void *to, size_t length);

/* Handler of init's loop: INIT_SEED. */
int64_t seed_take(struct server *server, struct serve_request *request);

#endif
