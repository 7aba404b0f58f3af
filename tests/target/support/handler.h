/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries of a thread's handler of foreign calls, faults and interruptions, and the way back. */
#ifndef ANSER_TESTS_HANDLER_H
#define ANSER_TESTS_HANDLER_H

#include <anser/abi.h>

#define HANDLER_STACK_PAGES 2

/* In support/handler.S: they set gp, call the functions below, and resume. */
void handler_entry(void);
void handler_nested_entry(void);

/* Defined by the test. */
void on_foreign(struct anser_frame *frame);
void on_nested(struct anser_frame *frame);

/* Loads one word from the address; stores one there. What a handler skips with pc + 4, and what
 * tells it by its pc where a fault comes from. */
uint64_t handler_load(const volatile uint64_t *address);
void handler_store(volatile uint64_t *address, uint64_t value);

/* A foreign call with this number and argument, made with a stack pointer of 0. */
uint64_t handler_call_without_stack(uint64_t number, uint64_t argument);

#endif
