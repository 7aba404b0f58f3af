/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Work queue: a master sends jobs of random length, workers take the next one when they are done
 * with the last, and their results come together at a collector.
 */
#include <errno.h>
#include "experiment.h"

static void arrange(struct lab_stage *stage)
{
    const struct lab_point *point = lab_stage_point(stage);
    struct channel jobs = lab_channel(stage, 8, lab_value(point, "cap"));
    struct channel results = lab_channel(stage, 8, lab_value(point, "cap"));
    if (lab_value(point, "processes") < 3)
        lab_refuse(stage, "a master, a collector and no worker: three processes at least");
    lab_add1(stage, "master", jobs.send);
    lab_add1(stage, "collector", results.receive);
    for (uint64_t i = 2; i < lab_value(point, "processes"); i++)
        lab_add2(stage, "worker", jobs.receive, results.send);
}

/* A job is its length in instructions, from 1 to twice the mean. */
static int master(struct lab_work *work)
{
    uint64_t rounds = lab_value(work->point, "rounds"), mean = lab_value(work->point, "work");
    int status = 0;
    lab_begin(work);
    for (uint64_t i = 0; i < rounds && status == 0; i++)
        status =
            lab_send(work, work->handles[0], mean == 0 ? 0 : lab_random(work) % (2 * mean) + 1);
    return status;
}

static int worker(struct lab_work *work)
{
    uint64_t job, jobs = 0;
    int status;
    while ((status = lab_receive(work, work->handles[0], &job)) > 0) {
        lab_burn(job);
        jobs++;
        status = lab_send(work, work->handles[1], job);
        if (status < 0)
            return status;
    }
    lab_report(work, "most", jobs);
    lab_report(work, "least", jobs);
    return status;
}

static int collector(struct lab_work *work)
{
    uint64_t job, burnt = 0, count = 0;
    int status;
    while ((status = lab_receive(work, work->handles[0], &job)) > 0) {
        burnt += job;
        count++;
    }
    lab_end(work, count);
    lab_report(work, "burnt", burnt);
    return status < 0 ? status : count == lab_value(work->point, "rounds") ? 0 : -EIO;
}

LAB_EXPERIMENT(workqueue){
    .name = "workqueue",
    .summary = "Work queue: a master, workers that take jobs of random length, a collector",
    .operation = "job",
    .go = true,
    .parameters = {{.name = "work",
                    .meaning = "instructions of a job, the mean",
                    .otherwise = 2000,
                    .most = 10000000},
                   LAB_CAPACITY(0),
                   LAB_PROCESSES(6, 3),
                   LAB_ROUNDS(2000)},
    .columns = {{.name = "burnt", .meaning = "instructions of all jobs"},
                {.name = "most", .meaning = "jobs of the busiest worker", .combine = LAB_MOST},
                {.name = "least", .meaning = "jobs of the least busy", .combine = LAB_LEAST}},
    .roles = {{"master", master}, {"collector", collector}, {"worker", worker}},
    .arrange = arrange,
};
