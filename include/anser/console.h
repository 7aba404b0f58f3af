/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console protocol: what a program says to the server behind its stdin, stdout and stderr.
 *
 * Every request is a call. It begins with a 64-bit type; every answer begins with a 64-bit status,
 * >= 0 or -errno. A session is a send handle with a badge that the server minted: its handle's
 * duplicates are the same session, and it ends when the last of them has gone. Output of all
 * sessions appears as it comes; input goes to the foreground session only.
 */
#ifndef ANSER_CONSOLE_H
#define ANSER_CONSOLE_H

#include <stdint.h>
#include <anser/abi.h>

#define CONSOLE_ELEMENT      ANSER_ELEMENT_MAX /* element size of the console's channel */
#define CONSOLE_WRITE_MAX    (CONSOLE_ELEMENT - 8)
#define CONSOLE_WRITE_INLINE (ANSER_REGISTER_BYTES - 8) /* up to here in registers */
#define CONSOLE_READ_MAX     (CONSOLE_ELEMENT - 8)

/* Requests. "bytes" stand behind the 64-bit words and fill the rest of the message. */
#define CONSOLE_WRITE      0x101 /* type, bytes -> number of bytes taken, > 0 unless none were sent */
#define CONSOLE_READ       0x102 /* type, most bytes -> number of bytes (0: end of input), bytes */
#define CONSOLE_MODE       0x103 /* type, CONSOLE_MODE_* -> the mode before */
#define CONSOLE_OPEN       0x104 /* type, handle -> session number, session handle */
#define CONSOLE_FOREGROUND 0x105 /* type, session number (0: own) -> 0 */

/*
 * CONSOLE_READ waits until there is a line (CONSOLE_MODE_LINE) or a byte, and only while its
 * session is in the foreground. One read of a session waits at a time, a second one gets -EBUSY. A
 * line ends in '\n'; what is longer than "most bytes" comes with the next read.
 *
 * CONSOLE_OPEN makes a session. The handle that comes along is a channel's send handle, or none:
 * when Ctrl-C is typed while this session is in the foreground, CONSOLE_INTERRUPT (and the session
 * number) is sent there without blocking; a message that finds no room is lost. The session handle
 * in the answer has the rights SEND, DUP and TRANSFER. The server closes the interrupt handle
 * when the session ends, and on an error.
 *
 * CONSOLE_FOREGROUND gives the input to a session that the caller has opened, or to its own. When a
 * foreground session ends, the input goes back to the session that opened it. -ESRCH: no such
 * session; -EPERM: not the caller's to give.
 */

/* Sent to the handle given to CONSOLE_OPEN: type, session number. Not a call. */
#define CONSOLE_INTERRUPT 0x180

/* Bits of a mode. A session begins with all of them. */
#define CONSOLE_MODE_LINE    1u /* input is edited and comes by lines; Ctrl-D on an empty one: end */
#define CONSOLE_MODE_ECHO    2u /* input is shown */
#define CONSOLE_MODE_CRLF    4u /* '\n' is shown as "\r\n" */
#define CONSOLE_MODE_ASK     8u /* alone: the mode stays; what is no console says -ENOTTY (25) */
#define CONSOLE_MODE_DEFAULT (CONSOLE_MODE_LINE | CONSOLE_MODE_ECHO | CONSOLE_MODE_CRLF)

#endif
