/* SPDX-License-Identifier: BSD-2-Clause */
/* Client side of <anser/entropy.h>. `entropy` is a send handle of the service, start handle
 * "entropy" or looked up. Errors are -errno. */
#ifndef ANSER_LIB_ENTROPY_H
#define ANSER_LIB_ENTROPY_H

#include <stdbool.h>
#include <stddef.h>
#include <anser/entropy.h>

#define ENTROPY_PIECE 48 /* bytes of an answer that travels in registers */

/*
 * Fills `to` with up to ENTROPY_PIECE bytes. Returns ENTROPY_DEVICE or ENTROPY_FALLBACK; -EAGAIN:
 * only the fallback is there, and `device_only` was said; -EINVAL: more than that.
 */
int entropy_read(anser_handle entropy, void *to, size_t length, bool device_only);

#endif
