/* SPDX-License-Identifier: BSD-2-Clause */
/* Text to a stream of <anser/console.h>, apart from the program's own descriptors. */
#ifndef ANSER_SERVERS_LINUX_CONSOLE_TEXT_H
#define ANSER_SERVERS_LINUX_CONSOLE_TEXT_H

#include <stddef.h>
#include <anser/abi.h>

/* Writes the text, once, whatever signal is pending: that waits until the stream has answered.
 * Returns how many bytes were taken: fewer after an error. */
size_t console_text_send(anser_handle stream, const char *text, size_t length);

#endif
