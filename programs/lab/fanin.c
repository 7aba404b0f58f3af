/* SPDX-License-Identifier: BSD-2-Clause */
/* Fan-in: several sources send into one channel, one sink receives. */
#include "experiment.h"
#include "stream.h"

static void arrange(struct lab_stage *stage)
{
    const struct lab_point *point = lab_stage_point(stage);
    struct channel channel = lab_channel(stage, lab_value(point, "size"), lab_value(point, "cap"));
    lab_add1(stage, "sink", channel.receive);
    for (uint64_t i = 1; i < lab_value(point, "processes"); i++)
        lab_add1(stage, "source", channel.send);
}

/* The sources, whose indices begin with 1, share the rounds; the first one sends one more, which
 * begins the measurement. */
static int source(struct lab_work *work)
{
    uint64_t rounds = lab_value(work->point, "rounds") + 1;
    uint64_t sources = lab_value(work->point, "processes") - 1;
    return stream_source(work, rounds / sources + (work->index - 1 < rounds % sources));
}

static int sink(struct lab_work *work)
{
    return stream_sink(work, true);
}

LAB_EXPERIMENT(fanin){
    .name = "fanin",
    .summary = "Fan-in: several sources, one channel, one sink",
    .operation = "element",
    .go = true,
    .parameters = {LAB_SIZE(64), LAB_CAPACITY(0), LAB_PROCESSES(5, 2), LAB_ROUNDS(10000)},
    .roles = {{"sink", sink}, {"source", source}},
    .arrange = arrange,
};
