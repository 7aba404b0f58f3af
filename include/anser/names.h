/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The name service: programs publish channels under names, look names up and watch them. Its send
 * handle is the start handle "names"; its badge tells the service who asks and what he was granted.
 *
 * Every request is a call of struct names_request; the answer is a struct names_answer. A handle
 * that comes with a request is the service's from then on; it closes it on an error. All of it fits
 * into 64 bytes.
 */
#ifndef ANSER_NAMES_H
#define ANSER_NAMES_H

#include <stdint.h>
#include <anser/abi.h>

#define NAMES_NAME_MAX 32 /* with its NUL; 1 to 31 of a-z 0-9 . - _ / */

/*
 * NAMES_PUBLISH name, handle: a send handle with the rights DUP and TRANSFER; it stays published
 *   until it is withdrawn, replaced by its publisher, or the publisher's last "names" handle goes.
 *   -EPERM: not granted this name; -EEXIST: another one published it; -EINVAL: no name, or
 *   no handle that can be duplicated.
 * NAMES_WITHDRAW name: -ESRCH: not there; -EPERM: published by another one.
 * NAMES_LOOKUP name: the answer carries a duplicate of the published handle. -ESRCH: not there.
 * -EPIPE: a service that has ended, or failed, and that init does not start again by itself.
 * NAMES_WATCH name, handle: a send handle, to which NAMES_PUBLISHED is sent without blocking, now
 * if the name is there and at each publication from now on, until it is closed or its receiver
 * gone. NAMES_LIST index: the first name whose index is >= this. Status 1 and the name, 0: no more.
 */
#define NAMES_PUBLISH  0x201
#define NAMES_WITHDRAW 0x202
#define NAMES_LOOKUP   0x203
#define NAMES_WATCH    0x204
#define NAMES_LIST     0x205

/* Sent to a watcher, not a call: struct names_request with this type. */
#define NAMES_PUBLISHED 0x280

struct names_request {
    uint64_t type;
    char name[NAMES_NAME_MAX];
    uint64_t index; /* NAMES_LIST */
};

struct names_answer {
    int64_t status;
    char name[NAMES_NAME_MAX]; /* NAMES_LIST, this and the following */
    uint64_t next;             /* index to ask for next */
    uint64_t object;           /* id of the channel, as in struct anser_thread_info */
    uint64_t publisher;        /* process id of the publisher, 0 if it is not known */
};

#ifndef __ASSEMBLER__
_Static_assert(sizeof(struct names_request) <= ANSER_REGISTER_BYTES, "travels in registers");
_Static_assert(sizeof(struct names_answer) <= ANSER_REGISTER_BYTES, "travels in registers");
#endif

#endif
