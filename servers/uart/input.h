/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Input: bytes wait until the foreground session reads, and are edited and echoed only then, since
 * it is the reader's mode that says how. Ctrl-C and Ctrl-T act when they are typed.
 */
#ifndef ANSER_SERVERS_UART_INPUT_H
#define ANSER_SERVERS_UART_INPUT_H

#include <stdbool.h>
#include <stdint.h>

/* `dump` is called for Ctrl-T. */
void input_init(void (*dump)(void));

/* Whether there is room for another byte. */
bool input_has_room(void);

/* A byte was typed. */
void input_typed(uint8_t byte);

/* Answers the foreground's reader, if there is something for it. */
void input_pump(void);

/* The foreground has changed: forgets a line that was begun for somebody else, and carries out a
 * Ctrl-C that was typed since the one before read last. */
void input_forward(void);

#endif
