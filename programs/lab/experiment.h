/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How an experiment is written. It is one file of programs/lab: LAB_EXPERIMENT says its name, its
 * parameters, its roles; `arrange` makes the channels and says which process gets which end; each
 * role is a function that runs in a process of its own. docs/lab.md shows one of 30 lines.
 *
 * A point is one choice of values for the parameters. For each point lab calls `arrange`, starts
 * the processes, lets all roles begin at the same time, and makes a row of what they report.
 */
#ifndef ANSER_PROGRAMS_LAB_EXPERIMENT_H
#define ANSER_PROGRAMS_LAB_EXPERIMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <anser/abi.h>
#include <anser/lab.h>
#include "lib/channel.h"

#define LAB_PARAMETERS_MAX 10 /* the shared ones, `ends` and `seed`, included */
#define LAB_COLUMNS_MAX    6
#define LAB_ROLES_MAX      6
#define LAB_WORKERS_MAX    64

/* ---- What an experiment is. ------------------------------------------------------------------ */

/* A number from `least` to `most`; or, with choices, one of these words. */
struct lab_parameter {
    const char *name;
    const char *meaning;
    uint64_t otherwise; /* if it is not given; of a choice: its place among the words, from 0 */
    uint64_t least, most;
    const char *choices; /* blanks between them; NULL: a number */
};

/* Parameters that many experiments have. */
#define LAB_SIZE(value)                                                                            \
    {                                                                                              \
        .name = "size", .meaning = "bytes of a message", .otherwise = (value),                     \
        .most = ANSER_ELEMENT_MAX                                                                  \
    }
#define LAB_CAPACITY(value)                                                                        \
    {                                                                                              \
        .name = "cap", .meaning = "elements that a channel buffers", .otherwise = (value),         \
        .most = 256                                                                                \
    }
#define LAB_PROCESSES(value, minimum)                                                              \
    {                                                                                              \
        .name = "processes", .meaning = "processes, all ends together", .otherwise = (value),      \
        .least = (minimum), .most = LAB_WORKERS_MAX                                                \
    }
#define LAB_ROUNDS(value)                                                                          \
    {                                                                                              \
        .name = "rounds", .meaning = "operations that are measured", .otherwise = (value),         \
        .least = 1, .most = 1000000000                                                             \
    }

/* What one point has: the experiment and a value for each of its parameters. */
struct lab_point {
    const struct lab_experiment *experiment;
    uint64_t values[LAB_PARAMETERS_MAX];
};

/* How reports of several workers under one name become one value of the row. */
enum lab_combine { LAB_SUM, LAB_MOST, LAB_LEAST };

/* A column of its own, beside those that every experiment has. */
struct lab_column {
    const char *name;
    const char *meaning;
    enum lab_combine combine;
    bool thousandths; /* 1500 is shown as 1.500 */
};

struct lab_work;
struct lab_stage;

struct lab_role {
    const char *name;
    int (*run)(struct lab_work *work); /* 0 or -errno, which ends the experiment */
};

struct lab_experiment {
    const char *name;
    const char *summary;
    const char *operation; /* what is counted: "round trip" */
    bool go;               /* labgo has its roles, too */
    struct lab_parameter parameters[LAB_PARAMETERS_MAX - 2];
    struct lab_column columns[LAB_COLUMNS_MAX];
    struct lab_role roles[LAB_ROLES_MAX]; /* `ends` c+go: the first one in C, the others in Go */
    void (*arrange)(struct lab_stage *stage);
    struct lab_experiment *next;
};

/* Defines an experiment, which is in the list from then on. Its initializer follows. */
#define LAB_EXPERIMENT(identifier)                                                                 \
    static struct lab_experiment identifier;                                                       \
    __attribute__((constructor)) static void identifier##_register(void)                           \
    {                                                                                              \
        lab_register(&identifier);                                                                 \
    }                                                                                              \
    static struct lab_experiment identifier =

void lab_register(struct lab_experiment *experiment);

/* The value of a parameter. A name that the experiment does not have ends the program. */
uint64_t lab_value(const struct lab_point *point, const char *name);

/* Whether a parameter with choices has this one. */
bool lab_is(const struct lab_point *point, const char *name, const char *choice);

/* ---- For arrange, in lab. The first error is kept, and makes all that follows do nothing. ------
 */

/* The point that is to be arranged. */
const struct lab_point *lab_stage_point(const struct lab_stage *stage);

/* A channel for this point; the stage closes it when all workers have their ends. */
struct channel lab_channel(struct lab_stage *stage, uint64_t size, uint64_t capacity);

/* Says why this point cannot be. */
void lab_refuse(struct lab_stage *stage, const char *reason);

/* More memory than a process has anyway, for the workers that are added from now on. */
void lab_memory(struct lab_stage *stage, uint64_t bytes);

/* One more process in this role. It gets duplicates of the handles, in this order. */
void lab_add(struct lab_stage *stage, const char *role, unsigned count,
             const anser_handle *handles);

/* The same with one handle, or with two. */
#define lab_add1(stage, role, handle) lab_add((stage), (role), 1, (anser_handle[]){(handle)})
#define lab_add2(stage, role, first, second)                                                       \
    lab_add((stage), (role), 2, (anser_handle[]){(first), (second)})

/* ---- For roles, in a worker. ----------------------------------------------------------------- */

/* What a role has. The buffer is for its messages; lab_send and lab_receive use it. */
struct lab_work {
    const struct lab_point *point;
    uint64_t index; /* of the worker, from 0, in the order of lab_add */
    unsigned handle_count;
    anser_handle handles[LAB_HANDLES_MAX];
    uint64_t size;    /* of its messages: the parameter, or 8 if the experiment has none */
    uint64_t *buffer; /* ANSER_ELEMENT_MAX bytes, 8-byte aligned */
    uint64_t random;  /* state of lab_random */
    struct lab_done done;
};

/* The measurement begins; ends, with so many operations in between. The last of each counts. */
void lab_begin(struct lab_work *work);
void lab_end(struct lab_work *work, uint64_t operations);

/* A value for a column of the experiment's own. Once a name. */
void lab_report(struct lab_work *work, const char *name, uint64_t value);

/*
 * Sends a message of work->size bytes, which begins with `word` as far as there is room.
 * Returns 0 or -errno.
 */
int lab_send(struct lab_work *work, anser_handle send, uint64_t word);

/*
 * Receives such a message; its word is in *word (0 if it is shorter than that). Returns 1; 0: the
 * channel is closed and drained; or -errno, -EMSGSIZE if it was not of that size.
 */
int lab_receive(struct lab_work *work, anser_handle receive, uint64_t *word);

/* Receives and sends on until the channel is closed, adding `add` to each word. Returns 0 or
 * -errno. */
int lab_forward(struct lab_work *work, anser_handle receive, anser_handle send, uint64_t add);

/* Runs so many instructions in a loop, for what stands for work. */
void lab_burn(uint64_t instructions);

/* The next pseudo-random number; the sequence depends on the parameter seed and the worker's index.
 */
uint64_t lab_random(struct lab_work *work);

/* The priority of the process's one thread, at most LAB_PRIORITY_MAX. Returns 0 or -errno. */
#define LAB_PRIORITY_MAX 8
int lab_priority(uint64_t priority);

#endif
