/* SPDX-License-Identifier: BSD-2-Clause */
/* A worker in C: what lab wants of it, the role, and what it measured. */
#include "worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/clock.h"
#include "lib/start.h"
#include "lib/syscall.h"
#include "lib/thread.h"
#include "parameter.h"

/* Calls lab; *answer begins with a status. Returns that or the call's error. */
static int64_t ask(const void *request, size_t length, struct channel_in *in)
{
    struct channel_out out = {.data = request, .length = length};
    int error = channel_call(start_handle(LAB_HANDLE), &out, in, CLOCK_NEVER);
    if (error < 0)
        return error;
    int64_t status;
    if (in->length < sizeof(status))
        return -EIO;
    memcpy(&status, in->data, sizeof(status));
    return status;
}

static int64_t ask_query(uint64_t type, uint64_t index, struct channel_in *in)
{
    struct lab_query query = {.type = type, .index = index};
    return ask(&query, sizeof(query), in);
}

/* ---- What lab wants. ------------------------------------------------------------------------- */

/* Takes the next word off the text. */
static char *next_word(char **text)
{
    char *word = *text;
    *text += strcspn(word, " ");
    if (**text != '\0')
        *(*text)++ = '\0';
    return word;
}

/* NAME=VALUE, which lab wrote: an error means that the two are not of one version. */
static bool read_value(struct lab_point *point, struct lab_work *work, const char *word)
{
    char error[PARAMETER_ERROR_MAX];
    size_t length = strcspn(word, "=");
    if (strncmp(word, "index=", sizeof("index=") - 1) == 0) {
        work->index = strtoul(word + length + 1, NULL, 10);
        return true;
    }
    int place = parameter_find(point->experiment, word, length);
    if (place < 0 || word[length] != '=')
        return false;
    const char *value = word + length + 1;
    return parameter_read(parameter_at(point->experiment, (unsigned)place), value, strlen(value),
                          &point->values[place], error);
}

static const struct lab_role *read_text(char *text, struct lab_point *point, struct lab_work *work)
{
    point->experiment = experiment_find(next_word(&text));
    const char *name = next_word(&text);
    if (point->experiment == NULL)
        return NULL;
    while (*text != '\0')
        if (!read_value(point, work, next_word(&text)))
            return NULL;
    const struct lab_role *role = point->experiment->roles;
    for (unsigned i = 0; i < LAB_ROLES_MAX && role[i].name != NULL; i++)
        if (strcmp(role[i].name, name) == 0)
            return &role[i];
    return NULL;
}

static int fetch_handles(struct lab_work *work, uint64_t count)
{
    while (work->handle_count < count) {
        int64_t answer;
        struct channel_in in = {.data = &answer, .capacity = sizeof(answer)};
        int64_t status = ask_query(LAB_HANDLES, work->handle_count, &in);
        if (status < 0)
            return (int)status;
        if (in.handle_count == 0)
            return -EIO;
        for (unsigned i = 0; i < in.handle_count; i++)
            work->handles[work->handle_count++] = in.handles[i];
    }
    return 0;
}

/* The role, or NULL and the error. */
static const struct lab_role *join(struct lab_point *point, struct lab_work *work, int *error)
{
    static struct lab_joined joined;
    struct channel_in in = {.data = &joined, .capacity = sizeof(joined)};
    int64_t status = ask_query(LAB_JOIN, 0, &in);
    joined.text[LAB_TEXT_MAX - 1] = '\0';
    const struct lab_role *role = NULL;
    if (status == 0 && joined.handles <= LAB_HANDLES_MAX)
        role = read_text(joined.text, point, work);
    if (role == NULL) {
        *error = status < 0 ? (int)status : -EINVAL;
        return NULL;
    }
    *error = fetch_handles(work, joined.handles);
    return *error < 0 ? NULL : role;
}

/* Waits for the end of lab, with which this process ends, whatever its role waits for. */
static void hold_lifeline(void *unused)
{
    (void)unused;
    int64_t answer;
    int64_t status;
    do {
        struct channel_in in = {.data = &answer, .capacity = sizeof(answer)};
        status = ask_query(LAB_LIFELINE, 0, &in);
    } while (status == -EINTR);
    sys_process_exit(1);
}

/* ---- For roles. ------------------------------------------------------------------------------ */

/* Where the value of this name is kept. */
static uint64_t *report_place(struct lab_work *work, const char *name)
{
    struct lab_done *done = &work->done;
    uint64_t place = 0;
    while (place < done->count && strcmp(done->reports[place].name, name) != 0)
        place++;
    if (place == LAB_REPORTS_MAX) {
        fprintf(stderr, "lab: more than %d reports of one process\n", LAB_REPORTS_MAX);
        exit(1);
    }
    if (place == done->count)
        snprintf(done->reports[done->count++].name, LAB_NAME_MAX, "%s", name);
    return &done->reports[place].value;
}

void lab_report(struct lab_work *work, const char *name, uint64_t value)
{
    *report_place(work, name) = value;
}

void lab_begin(struct lab_work *work)
{
    uint64_t *ticks = report_place(work, LAB_TICK_BEGIN);
    uint64_t *instructions = report_place(work, LAB_INSTRUCTION_BEGIN);
    *ticks = clock_now();
    *instructions = clock_instructions();
}

void lab_end(struct lab_work *work, uint64_t operations)
{
    uint64_t instructions = clock_instructions(), ticks = clock_now();
    lab_report(work, LAB_INSTRUCTION_END, instructions);
    lab_report(work, LAB_TICK_END, ticks);
    lab_report(work, LAB_OPERATIONS, operations);
}

int lab_send(struct lab_work *work, anser_handle send, uint64_t word)
{
    struct channel_out out = {.data = work->buffer, .length = work->size};
    work->buffer[0] = word;
    return channel_send(send, &out, CLOCK_NEVER);
}

int lab_receive(struct lab_work *work, anser_handle receive, uint64_t *word)
{
    struct channel_in in = {.data = work->buffer, .capacity = work->size};
    int status = channel_receive(receive, &in, 0, CLOCK_NEVER);
    if (status < 0 || (in.flags & ANSER_INFO_CLOSED))
        return status;
    *word = work->size >= sizeof(*word) ? work->buffer[0] : 0;
    return in.length == work->size ? 1 : -EMSGSIZE;
}

int lab_forward(struct lab_work *work, anser_handle receive, anser_handle send, uint64_t add)
{
    uint64_t word;
    int status;
    do
        status = lab_receive(work, receive, &word);
    while (status > 0 && (status = lab_send(work, send, word + add)) == 0);
    return status;
}

void lab_burn(uint64_t instructions)
{
    uint64_t rounds = instructions / 2 + 1;
    __asm__ volatile("1: addi %0, %0, -1\n bnez %0, 1b" : "+r"(rounds));
}

/* Sebastiano Vigna's splitmix64. */
uint64_t lab_random(struct lab_work *work)
{
    work->random += 0x9e3779b97f4a7c15ul;
    uint64_t mixed = work->random;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ul;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebul;
    return mixed ^ mixed >> 31;
}

int lab_priority(uint64_t priority)
{
    int64_t status = sys_thread_priority(0, priority);
    return status < 0 ? (int)status : 0;
}

/* ---- The whole. ------------------------------------------------------------------------------ */

/* A lab that has gone wants to hear nothing. */
static int refuse(const char *what, int64_t error)
{
    if (error == -EPIPE)
        return 1;
    fprintf(stderr, "lab: a worker %s: %s\n", what, strerror((int)-error));
    return 1;
}

int worker_run(void)
{
    /* On one page, so that no message is in two pieces. */
    static _Alignas(ANSER_PAGE_SIZE) uint64_t buffer[ANSER_ELEMENT_MAX / sizeof(uint64_t)];
    static struct lab_point point;
    static struct lab_work work = {.point = &point, .buffer = buffer, .done.type = LAB_DONE};
    int64_t answer;
    struct channel_in in = {.data = &answer, .capacity = sizeof(answer)};
    int error = 0;
    if (start_handle(LAB_HANDLE) == 0)
        return refuse("is started by lab, not by hand", -EINVAL);
    const struct lab_role *role = join(&point, &work, &error);
    if (role == NULL)
        return refuse("cannot read its role", error);
    struct thread_options options = {.stack_size = 16 * 1024, .detached = true};
    error = thread_create(NULL, hold_lifeline, NULL, &options);
    if (error < 0)
        return refuse("cannot make its second thread", error);
    int size = parameter_find(point.experiment, "size", sizeof("size") - 1);
    work.size = size < 0 ? sizeof(uint64_t) : point.values[size];
    work.random = lab_value(&point, "seed") << 8 ^ work.index;
    int64_t status = ask_query(LAB_READY, 0, &in);
    if (status < 0)
        return refuse("is not wanted any more", status);
    work.done.status = role->run(&work);
    status = ask(&work.done, sizeof(work.done), &in);
    return status < 0 ? refuse("cannot report", status) : 0;
}
