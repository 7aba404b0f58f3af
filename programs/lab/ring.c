/* SPDX-License-Identifier: BSD-2-Clause */
/* Ring: a token goes round from process to process. */
#include "experiment.h"

static void arrange(struct lab_stage *stage)
{
    struct channel begin = lab_channel(stage, 8, 1), from = begin;
    for (uint64_t left = lab_value(lab_stage_point(stage), "processes"); left > 1; left--) {
        struct channel to = lab_channel(stage, 8, 1);
        lab_add2(stage, "node", from.receive, to.send);
        from = to;
    }
    lab_add2(stage, "first", from.receive, begin.send);
}

static int node(struct lab_work *work)
{
    return lab_forward(work, work->handles[0], work->handles[1], 1);
}

static int first(struct lab_work *work)
{
    uint64_t token = 0, rounds = lab_value(work->point, "rounds");
    int status = 1;
    lab_begin(work);
    for (uint64_t round = 0; round < rounds && status > 0; round++) {
        status = lab_send(work, work->handles[1], token + 1);
        status = status < 0 ? status : lab_receive(work, work->handles[0], &token);
    }
    lab_end(work, rounds);
    lab_report(work, "hops", token);
    return status < 0 ? status : 0;
}

LAB_EXPERIMENT(ring){.name = "ring",
                     .summary = "A token goes round in a ring of processes",
                     .operation = "round of the token",
                     .go = true,
                     .parameters = {LAB_PROCESSES(4, 2), LAB_ROUNDS(1000)},
                     .columns = {{.name = "hops", .meaning = "how often the token was sent"}},
                     .roles = {{"first", first}, {"node", node}},
                     .arrange = arrange};
