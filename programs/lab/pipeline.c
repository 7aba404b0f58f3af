/* SPDX-License-Identifier: BSD-2-Clause */
/* Pipeline: a source, stages that pass on what they get, a sink; a channel between each two. */
#include "experiment.h"
#include "stream.h"

static void arrange(struct lab_stage *stage)
{
    const struct lab_point *point = lab_stage_point(stage);
    uint64_t size = lab_value(point, "size"), capacity = lab_value(point, "cap");
    struct channel next = lab_channel(stage, size, capacity);
    lab_add1(stage, "source", next.send);
    for (uint64_t i = 2; i < lab_value(point, "processes"); i++) {
        struct channel before = next;
        next = lab_channel(stage, size, capacity);
        lab_add2(stage, "stage", before.receive, next.send);
    }
    lab_add1(stage, "sink", next.receive);
}

static int source(struct lab_work *work)
{
    /* What is measured lies between elements: the first one only begins it. */
    return stream_source(work, lab_value(work->point, "rounds") + 1);
}

static int pass_on(struct lab_work *work)
{
    return lab_forward(work, work->handles[0], work->handles[1], 0);
}

static int sink(struct lab_work *work)
{
    return stream_sink(work, true);
}

LAB_EXPERIMENT(pipeline){
    .name = "pipeline",
    .summary = "A source, stages, a sink, each a process, with a channel between neighbours",
    .operation = "element through the whole pipeline",
    .go = true,
    .parameters = {LAB_SIZE(64), LAB_CAPACITY(0), LAB_PROCESSES(3, 2), LAB_ROUNDS(10000)},
    .roles = {{"source", source}, {"stage", pass_on}, {"sink", sink}},
    .arrange = arrange,
};
