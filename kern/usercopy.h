/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copies to and from user memory. They walk the process's page table, accept only addresses below
 * 2^38 outside the kernel's slot and leaves with U and the right that is needed, and go through the
 * direct map: no user pointer can fault in the kernel. Missing demand-zero pages are populated.
 * All return 0, -EFAULT, or -ENOMEM (no budget to populate).
 */
#pragma once

#include "kern/space.h"

status_t copy_from_user(struct space *space, void *to, user_t from, size_t size);
status_t copy_to_user(struct space *space, user_t to, const void *from, size_t size);
/* Between two spaces (or within one, disjoint), at most ANSER_ELEMENT_MAX bytes. Checks both sides
 * in full first. After an error, *blame is the space whose buffer failed. */
status_t copy_user_to_user(struct space *to_space, user_t to, struct space *from_space, user_t from,
                           size_t size, struct space **blame);
/* Populates the range and checks the right, so that a later copy only fails if it is unmapped. */
status_t user_prepare(struct space *space, user_t address, size_t size, bool write);
/* The physical address behind an aligned 32-bit word, populated, for word_wait. */
status_t user_word(struct space *space, user_t address, uint32_t **out, bool write);
