/* SPDX-License-Identifier: BSD-2-Clause */
/* The C library's stdin, stdout and stderr; for start.c. */
#ifndef ANSER_LIB_STREAM_H
#define ANSER_LIB_STREAM_H

/* Binds the three streams to what the program was started with. Before anything prints. */
void stream_init(void);

/* Writes out what is buffered. */
void stream_flush(void);

#endif
