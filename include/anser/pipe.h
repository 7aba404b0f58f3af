/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pipe protocol: pipes between programs, from the service `pipe`.
 *
 * PIPE_MAKE answers with two handles, the reading and the writing end. Behind them the requests of
 * <anser/console.h> are spoken, as far as a pipe has them, so either end can be a program's stdin,
 * stdout or stderr. Ends have the rights SEND, DUP and TRANSFER; one is closed when its last handle
 * has gone.
 *
 * CONSOLE_WRITE waits until all its bytes have room, so each comes out in one piece. -EPIPE: nobody
 *   can read any more. On a reading end: -EBADF.
 * CONSOLE_READ waits for the first byte. 0: what was written is read, and nobody can write any
 *   more. On a writing end: -EBADF.
 * CONSOLE_MODE: -ENOTTY (25).
 * Requests of an end wait in their order; more than PIPE_WAITERS_MAX at a time get -EAGAIN. One
 * that was called off (thread_interrupt, a deadline, the caller's death) has no effect.
 *
 * When the server has died and its successor answers, pipes from before are broken: -EPIPE.
 */
#ifndef ANSER_PIPE_H
#define ANSER_PIPE_H

#include <anser/console.h>

#define PIPE_ELEMENT CONSOLE_ELEMENT
#define PIPE_SERVICE "pipe" /* the name, also of the start handle */

#define PIPE_MAKE 0x501 /* type -> 0, reading end, writing end. -ENOMEM, -EMFILE: too many */

#define PIPE_BYTES       65536 /* that a pipe holds */
#define PIPE_WAITERS_MAX 64    /* requests of one end */
#define PIPE_CLIENT_MAX  128   /* pipes that one client has made and that are still open */

#endif
