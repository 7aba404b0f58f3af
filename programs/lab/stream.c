/* SPDX-License-Identifier: BSD-2-Clause */
/* Sources and sinks. Elements are numbered, so that a sink sees what was lost or overtaken. */
#include "stream.h"

#include <errno.h>

int stream_source(struct lab_work *work, uint64_t count)
{
    int status = 0;
    for (uint64_t i = 0; i < count && status == 0; i++)
        status = lab_send(work, work->handles[0], work->index << 32 | i);
    return status;
}

/* Whether the element is the one that its source sent next; or, unless `whole`, a later one. */
static bool in_order(uint64_t word, bool whole, uint64_t next[static LAB_WORKERS_MAX])
{
    uint64_t source = word >> 32, number = word & UINT32_MAX;
    if (source >= LAB_WORKERS_MAX || number < next[source] || (whole && number != next[source]))
        return false;
    next[source] = number + 1;
    return true;
}

int stream_sink(struct lab_work *work, bool whole)
{
    static uint64_t next[LAB_WORKERS_MAX];
    uint64_t word, count = 0;
    int status;
    while ((status = lab_receive(work, work->handles[0], &word)) > 0) {
        if (work->size >= sizeof(word) && !in_order(word, whole, next))
            return -EIO;
        if (count++ == 0)
            lab_begin(work);
        else
            lab_end(work, count - 1);
    }
    return status;
}
