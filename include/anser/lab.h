/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The protocol between `lab` and the workers that it starts, in C (the program lab itself) or in Go
 * (labgo). A worker finds the send handle as start handle LAB_HANDLE; its badge tells which worker
 * asks.
 *
 * Every request is a call that begins with a 64-bit type; the answer begins with a status, >= 0 or
 * -errno. A worker makes them in this order: LAB_JOIN, LAB_HANDLES until it has all its handles,
 * LAB_READY, its work, LAB_DONE. LAB_LIFELINE is made by a thread of its own.
 */
#ifndef ANSER_LAB_H
#define ANSER_LAB_H

#include <stdint.h>
#include <anser/abi.h>

#define LAB_HANDLE      "lab"
#define LAB_ELEMENT     1024
#define LAB_TEXT_MAX    960 /* bytes of a worker's text, with its NUL */
#define LAB_HANDLES_MAX 64  /* handles of one worker */
#define LAB_NAME_MAX    24  /* of a report, with its NUL */
#define LAB_REPORTS_MAX 16  /* of one worker */

/*
 * LAB_JOIN: answered by a struct lab_joined. Its text is words with one blank between them: the
 *   experiment, the role, and NAME=VALUE for every parameter; `index`, the worker's number among
 * all of this point, is one of them. LAB_HANDLES index: the answer carries up to four of the
 * worker's handles, from this one on. They move: each can be had once. LAB_READY: answered when all
 * workers of the point have called it. LAB_DONE: struct lab_done; the worker's measurements, or why
 * it failed. LAB_LIFELINE: never answered. It fails when lab has ended, however it did: then the
 * worker ends, whatever it waits for.
 */
#define LAB_JOIN     0x601
#define LAB_HANDLES  0x602
#define LAB_READY    0x603
#define LAB_DONE     0x604
#define LAB_LIFELINE 0x605

struct lab_query {
    uint64_t type;
    uint64_t index; /* LAB_HANDLES */
};

struct lab_joined {
    int64_t status;
    uint64_t handles; /* that the worker is to fetch */
    char text[LAB_TEXT_MAX];
};

/* What a worker measured: a column of its experiment, or one of the four below. */
struct lab_report {
    char name[LAB_NAME_MAX];
    uint64_t value;
};

struct lab_done {
    uint64_t type;
    int64_t status; /* 0 or -errno */
    uint64_t count;
    struct lab_report reports[LAB_REPORTS_MAX];
};

/* The reports of who measures: counters at begin and end, and how many operations were between.
 * Several may measure: lab takes the first begin, the last end, and the sum of the operations. */
#define LAB_OPERATIONS        "operations"
#define LAB_INSTRUCTION_BEGIN "instruction_begin"
#define LAB_INSTRUCTION_END   "instruction_end"
#define LAB_TICK_BEGIN        "tick_begin"
#define LAB_TICK_END          "tick_end"

#endif
