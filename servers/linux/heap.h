/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory of the personality itself, in LINUX_HEAP. Any thread may use it; it is charged to the
 * process. */
#ifndef ANSER_SERVERS_LINUX_HEAP_H
#define ANSER_SERVERS_LINUX_HEAP_H

#include <stddef.h>

/* Zeroed memory, 16-byte aligned; NULL: no budget. heap_free(NULL) does nothing. */
void *heap_alloc(size_t size);
void heap_free(void *memory);

#endif
