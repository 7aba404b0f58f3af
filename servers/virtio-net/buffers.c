/* SPDX-License-Identifier: BSD-2-Clause */
/* Stocks of buffers to receive into. */
#include "buffers.h"

void buffers_begin(struct buffers *buffers, uint8_t *memory, uint64_t physical, uint32_t size,
                   uint32_t count)
{
    *buffers =
        (struct buffers){.memory = memory, .physical = physical, .size = size, .count = count};
    /* The first one is taken first. */
    for (uint32_t buffer = count; buffer-- > 0;)
        buffers_return(buffers, buffer);
}

void buffers_recall(struct buffers *buffers)
{
    for (uint32_t buffer = 0; buffer < buffers->count; buffer++) {
        if (buffers->state[buffer] != BUFFER_POSTED)
            continue;
        buffers_filled(buffers, (uint16_t)buffer);
        buffers_return(buffers, buffer);
    }
}
