/* SPDX-License-Identifier: BSD-2-Clause */
/* One hart against several: pairs of client and server that have nothing to do with each other. */
#include "exchange.h"
#include "experiment.h"

static void arrange(struct lab_stage *stage)
{
    const struct lab_point *point = lab_stage_point(stage);
    for (uint64_t i = 0; i < lab_value(point, "pairs"); i++) {
        struct channel channel = lab_channel(stage, lab_value(point, "size"), 0);
        lab_add1(stage, "server", channel.receive);
        lab_add1(stage, "client", channel.send);
    }
}

static int client(struct lab_work *work)
{
    uint64_t rounds = lab_value(work->point, "rounds");
    int status = exchange_call(work, work->handles[0], 1);
    if (status == 0) {
        lab_begin(work);
        status = exchange_call(work, work->handles[0], rounds);
        lab_end(work, rounds);
    }
    return status;
}

static int server(struct lab_work *work)
{
    return exchange_serve(work, work->handles[0]);
}

LAB_EXPERIMENT(harts){
    .name = "harts",
    .summary =
        "Independent pairs of client and server; compare machines of one and of several harts",
    .operation = "round trip of one pair",
    .go = true,
    .parameters = {LAB_SIZE(8),
                   {.name = "pairs",
                    .meaning = "pairs of a client and a server",
                    .otherwise = 2,
                    .least = 1,
                    .most = LAB_WORKERS_MAX / 2},
                   LAB_ROUNDS(10000)},
    .roles = {{"client", client}, {"server", server}},
    .arrange = arrange,
};
