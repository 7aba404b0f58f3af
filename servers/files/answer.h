/* SPDX-License-Identifier: BSD-2-Clause */
/* One message in, one message out: what the file server says. Pure but for its sessions' memory. */
#ifndef ANSER_SERVERS_FILES_ANSWER_H
#define ANSER_SERVERS_FILES_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tree.h"

/*
 * Answers the request of `length` bytes that came with `badge` into `answer`, which has room for
 * NINEP_MESSAGE_MAX bytes. Returns the answer's length. *pages says whether a duplicate of the
 * archive's pages has to go with it.
 */
size_t answer_message(const struct tree *tree, uint64_t badge, const void *request, size_t length,
                      void *answer, bool *pages);

/* Overwrites an answer with Rlerror, of the same tag. Returns its length. */
size_t answer_error(void *answer, uint32_t error);

#endif
