/* SPDX-License-Identifier: BSD-2-Clause */
/* Ring: a token goes round from process to process; the first one counts. */
#include "experiment.h"

static void arrange(struct lab_stage *stage)
{
    const struct lab_point *point = lab_stage_point(stage);
    struct channel first = lab_channel(stage, 8, 1), from = first;
    for (uint64_t i = 1; i < lab_value(point, "processes"); i++) {
        struct channel to = lab_channel(stage, 8, 1);
        lab_add2(stage, "node", from.receive, to.send);
        from = to;
    }
    lab_add2(stage, "node", from.receive, first.send);
}

static int node(struct lab_work *work)
{
    uint64_t word = 0, rounds = lab_value(work->point, "rounds");
    int status = work->index == 0 ? lab_send(work, work->handles[1], 0) : 0;
    if (work->index == 0)
        lab_begin(work);
    for (uint64_t round = 0; round < rounds && status >= 0; round++) {
        status = lab_receive(work, work->handles[0], &word);
        if (status > 0 && (work->index != 0 || round + 1 < rounds))
            status = lab_send(work, work->handles[1], word + 1);
    }
    if (work->index == 0)
        lab_end(work, rounds);
    return status < 0 ? status : 0;
}

LAB_EXPERIMENT(ring){
    .name = "ring",
    .summary = "A token goes round in a ring of processes",
    .operation = "round of the token",
    .go = true,
    .parameters = {LAB_PROCESSES(4, 2), LAB_ROUNDS(1000)},
    .roles = {{"node", node}},
    .arrange = arrange,
};
