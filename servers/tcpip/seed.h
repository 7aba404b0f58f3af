/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers that a peer cannot guess. */
#ifndef ANSER_SERVERS_TCPIP_SEED_H
#define ANSER_SERVERS_TCPIP_SEED_H

#include <stdbool.h>
#include <stdint.h>

/* Asks the entropy service. False: what follows is from clocks, and can be guessed by who tries. */
bool seed_begin(void);

uint32_t seed_random(void);

#endif
