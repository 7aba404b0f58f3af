/* SPDX-License-Identifier: BSD-2-Clause */
/* Client side of <anser/console.h>. A session is a send handle; errors are -errno. */
#ifndef ANSER_LIB_CONSOLE_H
#define ANSER_LIB_CONSOLE_H

#include <stddef.h>
#include <stdint.h>
#include <anser/console.h>

/* Writes all of it. Returns the length, or -errno (some may have been written by then). */
int64_t console_write(anser_handle session, const void *text, size_t length);

/* Waits for input. Returns its length, 0 at the end of input, or -errno. */
int64_t console_read(anser_handle session, void *buffer, size_t capacity);

/* Sets CONSOLE_MODE_* bits. Returns those before, or -errno. */
int64_t console_set_mode(anser_handle session, uint64_t mode);

/*
 * Opens a further session; its number comes in *number. `interrupt` (0: none) gets
 * CONSOLE_INTERRUPT; it is given away if the call succeeds. Returns the session handle, the
 * caller's, or -errno.
 */
anser_handle console_open(anser_handle session, anser_handle interrupt, uint64_t *number);

/* Gives the input to session `number`, 0: to the own. Returns 0 or -errno. */
int console_foreground(anser_handle session, uint64_t number);

#endif
