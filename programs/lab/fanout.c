/* SPDX-License-Identifier: BSD-2-Clause */
/* Fan-out: one source sends into one channel, several sinks receive from it, each element once. */
#include <errno.h>
#include "experiment.h"
#include "stream.h"

static void arrange(struct lab_stage *stage)
{
    const struct lab_point *point = lab_stage_point(stage);
    struct channel channel = lab_channel(stage, lab_value(point, "size"), lab_value(point, "cap"));
    lab_add1(stage, "source", channel.send);
    for (uint64_t i = 1; i < lab_value(point, "processes"); i++)
        lab_add1(stage, "sink", channel.receive);
}

/* The source measures: it alone knows when the first element went. */
static int source(struct lab_work *work)
{
    uint64_t rounds = lab_value(work->point, "rounds");
    lab_begin(work);
    int status = stream_source(work, rounds);
    lab_end(work, rounds);
    return status;
}

/* How many came here; in the channel's order, though not every one. */
static int sink(struct lab_work *work)
{
    uint64_t word, least = 0, count = 0;
    int status;
    while ((status = lab_receive(work, work->handles[0], &word)) > 0) {
        if (word < least)
            return -EIO;
        least = word;
        count++;
    }
    lab_report(work, "received", count);
    lab_report(work, "most", count);
    lab_report(work, "least", count);
    return status;
}

LAB_EXPERIMENT(fanout){
    .name = "fanout",
    .summary = "Fan-out: one source, one channel, several sinks",
    .operation = "element",
    .go = true,
    .parameters = {LAB_SIZE(64), LAB_CAPACITY(0), LAB_PROCESSES(5, 2), LAB_ROUNDS(10000)},
    .columns = {{.name = "received", .meaning = "elements that arrived, at all sinks"},
                {.name = "most", .meaning = "elements of the sink with most", .combine = LAB_MOST},
                {.name = "least",
                 .meaning = "elements of the sink with least",
                 .combine = LAB_LEAST}},
    .roles = {{"source", source}, {"sink", sink}},
    .arrange = arrange,
};
