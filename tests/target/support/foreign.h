/* SPDX-License-Identifier: BSD-2-Clause */
/* A handler of foreign calls in as few instructions as it takes. */
#ifndef ANSER_TESTS_FOREIGN_H
#define ANSER_TESTS_FOREIGN_H

/* Answers a foreign call with its number plus 1. For anser_handler_params.entry only. */
void foreign_handler(void);

#endif
