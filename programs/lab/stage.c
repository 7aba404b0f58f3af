/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A point on stage. All that happens comes through one channel: calls of the workers, whose badge
 * is their number, and the events of their ends, with another one. Whoever fails ends the point.
 */
#include "stage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "lib/syscall.h"
#include "parameter.h"
#include "starter.h"

#define CHANNELS_MAX    64
#define BADGE_EXIT      1000 /* and the worker's number, from 1; its calls have the number alone */
#define MEMORY_PAGES_C  256
#define MEMORY_PAGES_GO 2048

struct member {
    const struct lab_role *role;
    bool go;
    uint64_t extra_pages;
    unsigned handle_count;
    anser_handle handles[LAB_HANDLES_MAX]; /* 0: the worker has fetched it */
    anser_handle process;
    anser_handle ready;    /* the right to answer its LAB_READY */
    anser_handle lifeline; /* likewise; closed when lab ends, or the point */
    bool ended;
    struct lab_done done; /* type 0: not yet */
};

struct lab_stage {
    const struct lab_point *point;
    struct channel control;
    unsigned channel_count;
    struct channel channels[CHANNELS_MAX];
    uint64_t extra_pages;
    unsigned member_count, started, ready, ended;
    struct member members[LAB_WORKERS_MAX];
    bool failed;
    char *error;
};

__attribute__((format(printf, 2, 3))) static void fail(struct lab_stage *stage, const char *format,
                                                       ...)
{
    va_list arguments;
    if (stage->failed)
        return;
    stage->failed = true;
    va_start(arguments, format);
    vsnprintf(stage->error, STAGE_ERROR_MAX, format, arguments);
    va_end(arguments);
}

/* ---- Arranging. ------------------------------------------------------------------------------ */

const struct lab_point *lab_stage_point(const struct lab_stage *stage)
{
    return stage->point;
}

void lab_refuse(struct lab_stage *stage, const char *reason)
{
    fail(stage, "%s", reason);
}

void lab_memory(struct lab_stage *stage, uint64_t bytes)
{
    stage->extra_pages = (bytes + ANSER_PAGE_SIZE - 1) / ANSER_PAGE_SIZE;
}

struct channel lab_channel(struct lab_stage *stage, uint64_t size, uint64_t capacity)
{
    struct channel channel = {.send = 0};
    if (stage->failed)
        return channel;
    if (stage->channel_count == CHANNELS_MAX) {
        fail(stage, "more than %d channels", CHANNELS_MAX);
        return channel;
    }
    int error = channel_create(&channel, size, capacity);
    if (error < 0)
        fail(stage, "no channel for %" PRIu64 " elements of %" PRIu64 " bytes: %s", capacity, size,
             strerror(-error));
    else
        stage->channels[stage->channel_count++] = channel;
    return channel;
}

/* By the parameter `ends`: the first role's language, or that of the others. */
static bool is_go(const struct lab_stage *stage, const struct lab_role *role)
{
    bool first = role == stage->point->experiment->roles;
    return lab_is(stage->point, "ends", "go") ||
           lab_is(stage->point, "ends", first ? "go+c" : "c+go");
}

static const struct lab_role *find_role(const struct lab_experiment *experiment, const char *name)
{
    for (unsigned i = 0; i < LAB_ROLES_MAX && experiment->roles[i].name != NULL; i++)
        if (strcmp(experiment->roles[i].name, name) == 0)
            return &experiment->roles[i];
    return NULL;
}

void lab_add(struct lab_stage *stage, const char *role, unsigned count, const anser_handle *handles)
{
    const struct lab_role *found = find_role(stage->point->experiment, role);
    if (found == NULL)
        fail(stage, "the experiment has no role '%s'", role);
    else if (count > LAB_HANDLES_MAX || stage->member_count == LAB_WORKERS_MAX)
        fail(stage, "at most %d processes, with %d handles each", LAB_WORKERS_MAX, LAB_HANDLES_MAX);
    if (stage->failed)
        return;
    struct member *member = &stage->members[stage->member_count++];
    *member = (struct member){
        .role = found, .go = is_go(stage, found), .extra_pages = stage->extra_pages};
    for (unsigned i = 0; i < count; i++) {
        anser_handle copy = handle_duplicate(handles[i]);
        if (copy < 0)
            fail(stage, "no further handle of a channel: %s", strerror((int)-copy));
        else
            member->handles[member->handle_count++] = copy;
    }
}

static void close_channels(struct lab_stage *stage)
{
    for (unsigned i = 0; i < stage->channel_count; i++) {
        handle_close(stage->channels[i].send);
        handle_close(stage->channels[i].receive);
    }
    stage->channel_count = 0;
}

/* ---- Starting. ------------------------------------------------------------------------------- */

static unsigned number_of(const struct lab_stage *stage, const struct member *member)
{
    return (unsigned)(member - stage->members) + 1;
}

static void start_member(struct lab_stage *stage, struct member *member)
{
    char text[INIT_TEXT_MAX];
    unsigned number = number_of(stage, member);
    uint64_t pages = (member->go ? MEMORY_PAGES_GO : MEMORY_PAGES_C) + member->extra_pages;
    anser_handle lab = channel_mint(stage->control.receive, number);
    anser_handle exit = channel_mint(stage->control.receive, BADGE_EXIT + number);
    member->process = starter_run(member->go, pages, lab, exit, text);
    if (member->process > 0) {
        stage->started++;
        return;
    }
    int error = (int)-member->process;
    member->process = 0;
    fail(stage, "process %u of %u, a %s of %" PRIu64 " KiB, cannot be started%s: %s", number,
         stage->member_count, member->role->name, pages * (ANSER_PAGE_SIZE / 1024),
         error == ENOMEM ? ", too many for the memory" : "", text[0] ? text : strerror(error));
}

/* ---- Requests of workers. -------------------------------------------------------------------- */

/* A request as it came, and its answer. */
struct request {
    struct member *member;
    union {
        struct lab_query query;
        struct lab_done done;
        uint64_t words[8]; /* of an event */
        char bytes[LAB_ELEMENT];
    } data;
    struct channel_in in;
};

/* Answers with a status and, behind it, what `out` has. Handles that do not arrive are closed. */
static void answer(struct request *request, struct channel_out *out)
{
    if (channel_reply(request->in.reply, out) < 0)
        for (unsigned i = 0; i < out->handle_count; i++)
            handle_close(out->handles[i]);
    request->in.reply = 0;
}

static void answer_status(struct request *request, int64_t status)
{
    struct channel_out out = {.data = &status, .length = sizeof(status)};
    answer(request, &out);
}

static void answer_join(struct lab_stage *stage, struct request *request)
{
    const struct member *member = request->member;
    struct lab_joined joined = {.handles = member->handle_count};
    int used =
        snprintf(joined.text, sizeof(joined.text), "%s %s index=%u", stage->point->experiment->name,
                 member->role->name, number_of(stage, member) - 1);
    parameter_write_all(stage->point, joined.text + used, sizeof(joined.text) - (size_t)used);
    struct channel_out out = {.data = &joined, .length = sizeof(joined)};
    answer(request, &out);
}

static void answer_handles(struct request *request)
{
    struct member *member = request->member;
    int64_t status = 0;
    struct channel_out out = {.data = &status, .length = sizeof(status)};
    for (uint64_t i = request->data.query.index;
         i < member->handle_count && out.handle_count < ANSER_MESSAGE_HANDLES; i++) {
        if (member->handles[i] == 0)
            break;
        out.handles[out.handle_count++] = member->handles[i];
        member->handles[i] = 0;
    }
    answer(request, &out);
}

/* Keeps the answers until the last worker is ready. Then all begin. */
static void note_ready(struct lab_stage *stage, struct request *request)
{
    int64_t status = 0;
    struct channel_out out = {.data = &status, .length = sizeof(status)};
    request->member->ready = request->in.reply;
    request->in.reply = 0;
    if (++stage->ready < stage->member_count)
        return;
    for (unsigned i = 0; i < stage->member_count; i++)
        channel_reply(stage->members[i].ready, &out);
}

static void note_done(struct lab_stage *stage, struct request *request)
{
    struct member *member = request->member;
    const struct lab_done *done = &request->data.done;
    if (request->in.length != sizeof(*done) || done->count > LAB_REPORTS_MAX) {
        answer_status(request, -EINVAL);
        return;
    }
    member->done = *done;
    for (unsigned i = 0; i < LAB_REPORTS_MAX; i++)
        member->done.reports[i].name[LAB_NAME_MAX - 1] = '\0';
    answer_status(request, 0);
    if (done->status < 0)
        fail(stage, "process %u (%s in %s): %s", number_of(stage, member), member->role->name,
             member->go ? "Go" : "C", strerror((int)-done->status));
}

static void serve_request(struct lab_stage *stage, struct request *request)
{
    switch (request->data.query.type) {
    case LAB_JOIN:
        answer_join(stage, request);
        break;
    case LAB_HANDLES:
        answer_handles(request);
        break;
    case LAB_READY:
        note_ready(stage, request);
        break;
    case LAB_DONE:
        note_done(stage, request);
        break;
    case LAB_LIFELINE:
        request->member->lifeline = request->in.reply;
        request->in.reply = 0;
        break;
    default:
        answer_status(request, -ENOSYS);
    }
}

/* ---- Ends. ----------------------------------------------------------------------------------- */

/* A worker's process has ended. Words as at ANSER_EVENT_EXIT. */
static void note_end(struct lab_stage *stage, struct member *member, const uint64_t *words)
{
    member->ended = true;
    stage->ended++;
    if (words[2] == ANSER_EXIT_FAULT)
        fail(stage,
             "process %u (%s): fault, cause %" PRIu64 " at address 0x%" PRIx64 ", pc 0x%" PRIx64,
             number_of(stage, member), member->role->name, words[3], words[4], words[5]);
    else if (words[2] == ANSER_EXIT_KILLED)
        fail(stage, "process %u (%s) was killed before it was done", number_of(stage, member),
             member->role->name);
    else if (words[1] != 0 || member->done.type == 0)
        fail(stage, "process %u (%s) ended before it was done, status %" PRId64,
             number_of(stage, member), member->role->name, (int64_t)words[1]);
}

/* Takes one message from the workers, or from the kernel about them. */
static void take_message(struct lab_stage *stage)
{
    struct request request = {.member = NULL};
    memset(request.data.bytes, 0, sizeof(request.data.bytes));
    request.in = (struct channel_in){.data = &request.data, .capacity = sizeof(request.data)};
    int error = channel_receive(stage->control.receive, &request.in, 1, CLOCK_NEVER);
    if (error < 0 && error != -EINTR)
        fail(stage, "no word of the processes: %s", strerror(-error));
    if (error < 0)
        return;
    bool event = (request.in.flags & ANSER_INFO_EVENT) != 0;
    uint64_t number = request.in.badge - (event ? BADGE_EXIT : 0);
    if (number >= 1 && number <= stage->member_count)
        request.member = &stage->members[number - 1];
    if (request.member != NULL && event)
        note_end(stage, request.member, request.data.words);
    else if (request.member != NULL && (request.in.flags & ANSER_INFO_CALL))
        serve_request(stage, &request);
    for (unsigned i = 0; i < request.in.handle_count; i++)
        handle_close(request.in.handles[i]);
    handle_close(request.in.reply);
}

static void kill_all(struct lab_stage *stage)
{
    for (unsigned i = 0; i < stage->member_count; i++)
        if (stage->members[i].process != 0 && !stage->members[i].ended)
            sys_process_kill(stage->members[i].process, 0);
}

static void strike(struct lab_stage *stage)
{
    close_channels(stage);
    for (unsigned i = 0; i < stage->member_count; i++) {
        struct member *member = &stage->members[i];
        handle_close(member->process);
        handle_close(member->lifeline);
        for (unsigned h = 0; h < member->handle_count; h++)
            handle_close(member->handles[h]);
    }
    handle_close(stage->control.send);
    handle_close(stage->control.receive);
}

/* ---- Results. -------------------------------------------------------------------------------- */

static void combine(struct stage_result *result, enum lab_combine how, uint64_t value)
{
    if (!result->present)
        result->value = value;
    else if (how == LAB_SUM)
        result->value += value;
    else if ((how == LAB_MOST) == (value > result->value))
        result->value = value;
    result->present = true;
}

/* All reports under this name. */
static struct stage_result gather(const struct lab_stage *stage, const char *name,
                                  enum lab_combine how)
{
    struct stage_result result = {.present = false};
    for (unsigned i = 0; i < stage->member_count; i++) {
        const struct lab_done *done = &stage->members[i].done;
        for (unsigned r = 0; r < done->count; r++)
            if (strcmp(done->reports[r].name, name) == 0)
                combine(&result, how, done->reports[r].value);
    }
    return result;
}

static struct stage_result span(const struct lab_stage *stage, const char *begin, const char *end)
{
    struct stage_result first = gather(stage, begin, LAB_LEAST);
    struct stage_result last = gather(stage, end, LAB_MOST);
    last.present = first.present && last.present;
    last.value -= first.value;
    return last;
}

static void conclude(const struct lab_stage *stage, struct stage_outcome *outcome)
{
    const struct lab_column *columns = stage->point->experiment->columns;
    *outcome = (struct stage_outcome){
        .operations = gather(stage, LAB_OPERATIONS, LAB_SUM),
        .instructions = span(stage, LAB_INSTRUCTION_BEGIN, LAB_INSTRUCTION_END),
        .ticks = span(stage, LAB_TICK_BEGIN, LAB_TICK_END),
    };
    for (unsigned i = 0; i < LAB_COLUMNS_MAX && columns[i].name != NULL; i++)
        outcome->columns[i] = gather(stage, columns[i].name, columns[i].combine);
}

bool stage_run(const struct lab_point *point, struct stage_outcome *outcome,
               char error[static STAGE_ERROR_MAX])
{
    static struct lab_stage stage; /* too large for the stack */
    memset(&stage, 0, sizeof(stage));
    stage.point = point;
    stage.error = error;
    int status = channel_create(&stage.control, LAB_ELEMENT, 0);
    if (status < 0)
        fail(&stage, "no channel for the processes: %s", strerror(-status));
    else
        point->experiment->arrange(&stage);
    for (unsigned i = 0; i < stage.member_count && !stage.failed; i++)
        start_member(&stage, &stage.members[i]);
    close_channels(&stage);
    while (stage.ended < stage.started) {
        if (stage.failed)
            kill_all(&stage);
        take_message(&stage);
    }
    strike(&stage);
    if (!stage.failed)
        conclude(&stage, outcome);
    return !stage.failed;
}
