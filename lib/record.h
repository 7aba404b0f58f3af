/* SPDX-License-Identifier: BSD-2-Clause */
/* Client side of <anser/keep.h>, through the start handle "init". Errors are -errno. */
#ifndef ANSER_LIB_RECORD_H
#define ANSER_LIB_RECORD_H

#include <stdint.h>
#include <anser/keep.h>

/* Leaves or replaces a record. handle: 0, or one that moves, also when there is an error. Returns 0
 * or -errno. */
int64_t record_store(uint64_t key, const uint64_t words[KEEP_WORDS], anser_handle handle);

/* Forgets a record and its handle. Returns 0 or -errno. */
int64_t record_drop(uint64_t key);

/* The record with the smallest key >= this: 1 with *record and *handle (the caller's; 0: none); 0:
 * there are no more; or -errno. */
int64_t record_next(uint64_t key, struct keep_answer *record, anser_handle *handle);

#endif
