/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * State that outlives a service: it leaves records with init, and its successor asks for them. A
 * record is a key, a few words and perhaps a handle. They belong to the service, not the process,
 * and end when the service does. Part of init's protocol: the handle is the start handle "init",
 * which every service with a channel of its own has.
 *
 * Requests and answers are as in <anser/init.h>, and fit into registers.
 */
#ifndef ANSER_KEEP_H
#define ANSER_KEEP_H

#include <stdint.h>
#include <anser/abi.h>

#define KEEP_WORDS 4

/*
 * KEEP_STORE key, words, perhaps one handle: makes or replaces the record. Without a handle the
 *   record keeps the one it has. The handle needs the right DUP, if the successor is to have it.
 *   -ENOMEM: too many records; the handle is init's then, too, and closed.
 * KEEP_DROP key: forgets the record and closes its handle. -ESRCH.
 * KEEP_NEXT key: the record with the smallest key >= this; status 1 and a duplicate of its handle,
 *   if it has one; status 0: there are no more.
 */
#define KEEP_STORE 0x381
#define KEEP_DROP  0x382
#define KEEP_NEXT  0x383

struct keep_request {
    uint64_t type;
    uint64_t key;
    uint64_t words[KEEP_WORDS];
};

struct keep_answer {
    int64_t status;
    uint64_t key;
    uint64_t words[KEEP_WORDS];
};

#ifndef __ASSEMBLER__
_Static_assert(sizeof(struct keep_request) <= ANSER_REGISTER_BYTES, "travels in registers");
_Static_assert(sizeof(struct keep_answer) <= ANSER_REGISTER_BYTES, "travels in registers");
#endif

#endif
