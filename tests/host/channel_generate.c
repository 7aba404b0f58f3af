/* SPDX-License-Identifier: BSD-2-Clause */
/* Random operations: mostly such that something comes of them, sometimes not. */
#include "channel_generate.h"

#define FAR (1l << 40)

const struct shape shapes[SHAPES] = {
    {{0, 0, 0, 1, 1, 1, 2, 2}, ANSER_HANDLES_MAX, 4, false, false},
    {{0, 0, 0, 0, 0, 1, 1, 1}, 9, 3, false, false},
    {{0, 0, 0, 1, -1, -1, -1, -1}, ANSER_HANDLES_MAX, 3, false, false},
    {{0, 0, 0, 0, 0, -1, -1, -1}, ANSER_HANDLES_MAX, 1000, true, false},
    {{0, 0, 0, 0, 0, -1, -1, -1}, ANSER_HANDLES_MAX, 1000, true, true},
};

static const struct shape *shape;
static uint64_t state;

/* What a sequence has more of than others: with an even mix senders wait most of the time. */
static enum { LEAN_NOWHERE, LEAN_RECEIVE, LEAN_PLAIN, LEAN_CALL, LEAN_PAGES, LEAN_COUNT } lean;

void generate_seed(uint64_t seed)
{
    state = seed * 0x9e3779b97f4a7c15ul + 1;
    lean = seed / SHAPES % LEAN_COUNT;
}

/* 0..below-1 (xorshift64*). */
static int64_t below(int64_t limit)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (int64_t)(((state * 0x2545f4914f6cdd1dul) >> 33) % (uint64_t)limit);
}

static bool chance(int percent)
{
    return below(100) < percent;
}

/* ---- Choosing among what is there. */

enum wanted {
    WANT_SEND,
    WANT_RECEIVE,
    WANT_POST,
    WANT_WAIT,
    WANT_RIGHT,
    WANT_PAGES,
    WANT_END,
    WANT_ANY
};

static bool fits(const struct model_handle *handle, enum wanted wanted)
{
    if (wanted == WANT_ANY)
        return true;
    if (handle->type == HANDLE_REPLY || wanted == WANT_RIGHT)
        return handle->type == HANDLE_REPLY && wanted == WANT_RIGHT;
    if (handle->type == HANDLE_PAGES || wanted == WANT_PAGES)
        return handle->type == HANDLE_PAGES && wanted == WANT_PAGES;
    bool signal = model.channels[handle->object].signal;
    switch (wanted) {
    case WANT_SEND:
    case WANT_POST:
        return handle->type == HANDLE_SEND && signal == (wanted == WANT_POST);
    case WANT_RECEIVE:
    case WANT_WAIT:
        return handle->type == HANDLE_RECEIVE && signal == (wanted == WANT_WAIT);
    default:
        return true;
    }
}

/* Any channel; one that is open; one where others wait already. */
enum liveliness { LIVE_ANY, LIVE_OPEN, LIVE_BUSY };

static bool lives(const struct model_handle *handle, enum liveliness live)
{
    if (live == LIVE_ANY || handle->type == HANDLE_REPLY || handle->type == HANDLE_PAGES)
        return live != LIVE_BUSY;
    const struct model_channel *channel = &model.channels[handle->object];
    if (channel->closed)
        return false;
    return live == LIVE_OPEN || channel->senders.count > 0 || channel->receivers.count > 0;
}

/* One of the process's handles that fit, each as likely; NO_NAME if there is none. */
static int64_t pick_among(int process, enum wanted wanted, enum liveliness live)
{
    int64_t found = NO_NAME;
    int64_t count = 0;
    for (int64_t name = 0; name < model.names; name++) {
        const struct model_handle *handle = &model.handles[name];
        if (handle->type != HANDLE_NONE && handle->place == process && fits(handle, wanted) &&
            lives(handle, live) && below(++count) == 0)
            found = name;
    }
    return found;
}

static int64_t pick(int process, enum wanted wanted)
{
    return pick_among(process, wanted, LIVE_ANY);
}

/* Mostly of a channel where something goes on, seldom one of another kind, or one that is not
 * there. */
static int64_t pick_mostly(int process, enum wanted wanted)
{
    if (chance(2) && model.names > 0)
        return below(model.names);
    if (chance(1))
        return pick(process, WANT_ANY);
    int64_t busy = chance(60) ? pick_among(process, wanted, LIVE_BUSY) : NO_NAME;
    int64_t open = busy == NO_NAME ? pick_among(process, wanted, LIVE_OPEN) : busy;
    return open == NO_NAME || chance(6) ? pick(process, wanted) : open;
}

static int pick_thread(bool waiting)
{
    int found = -1;
    int64_t count = 0;
    for (int i = 0; i < MODEL_THREADS; i++) {
        const struct model_thread *thread = &model.threads[i];
        if (thread->alive && (thread->wait != WAIT_NOTHING) == waiting && below(++count) == 0)
            found = i;
    }
    return found;
}

static int idle_threads(void)
{
    int count = 0;
    for (int i = 0; i < MODEL_THREADS; i++)
        count += model.threads[i].alive && model.threads[i].wait == WAIT_NOTHING;
    return count;
}

static int64_t pick_size(int64_t most)
{
    static const int64_t sizes[] = {0, 1, 7, 8, 8, 8, 9, 63, 64, 64, 65, 120, 4096};
    int64_t size = sizes[below(sizeof(sizes) / sizeof(sizes[0]))];
    if (size == 4096 && !chance(30))
        size = 8;
    return size <= most || chance(2) ? size : below(most + 1);
}

static int64_t element_size(int64_t name)
{
    if (name == NO_NAME || model.handles[name].type == HANDLE_NONE ||
        model.handles[name].type == HANDLE_REPLY || model.handles[name].type == HANDLE_PAGES)
        return ANSER_REGISTER_BYTES;
    return model.channels[model.handles[name].object].element_size;
}

/* ---- The parts of an operation. */

static void carry(int process, int64_t *names)
{
    if (!chance(lean == LEAN_PLAIN ? 5 : lean == LEAN_PAGES ? 45 : 14))
        return;
    enum wanted wanted = chance(lean == LEAN_PAGES ? 80 : 30) ? WANT_PAGES : WANT_ANY;
    names[0] = pick_mostly(process, wanted);
    if (names[0] != NO_NAME && chance(wanted == WANT_PAGES ? 60 : 30))
        names[1] = pick_mostly(process, wanted);
}

/* May it wait, and until when? The last one that does not wait had better not. */
static void patience(struct operation *out)
{
    bool last = idle_threads() <= 1;
    if (lean == LEAN_PLAIN && !last && chance(80))
        return;
    if (chance(shape->replayable && last ? 100 : last ? 80 : 15))
        out->flags |= ANSER_INFO_NB;
    else if (chance(25))
        out->flags |= ANSER_INFO_DEADLINE;
    if (chance(10) && out->kind != OP_WAIT && !shape->go)
        out->flags |= ANSER_INFO_NOINTR;
    if (!(out->flags & ANSER_INFO_DEADLINE))
        return;
    /* No two threads have the same deadline: those would have no order. */
    out->until = (model.now / 16 + below(5)) * 16 + out->thread;
    if (shape->replayable)
        out->until = chance(50) && !shape->go ? 0 : FAR;
}

/* A call cannot be non-blocking; one that waits nowhere can be replayed only if it is due. */
static void patience_of_call(struct operation *out)
{
    patience(out);
    if (out->flags & ANSER_INFO_NB && shape->replayable) {
        out->flags = (out->flags & ~ANSER_INFO_NB) | ANSER_INFO_DEADLINE;
        out->until = 0;
    }
}

static void form(struct operation *out)
{
    if (shape->go || chance(lean == LEAN_PLAIN ? 85 : 50) || out->length > ANSER_REGISTER_BYTES)
        out->flags |= ANSER_INFO_MEM;
}

/* Package anser always asks for the right to answer. */
static void want_reply(struct operation *out)
{
    if (shape->go || chance(lean == LEAN_PLAIN ? 5 : 30))
        out->flags |= ANSER_INFO_WANT_REPLY;
}

/* ---- Kinds. */

static void fill_make(struct operation *out, int process)
{
    static const int64_t sizes[] = {0, 8, 8, 64, 65, 4096};
    (void)process;
    out->length = chance(2) ? ANSER_ELEMENT_MAX + 1 : sizes[below(6)];
    out->room = chance(40) ? 0 : below(5);
}

static void fill_signal(struct operation *out, int process)
{
    (void)out, (void)process;
}

static void fill_pages(struct operation *out, int process)
{
    (void)process;
    out->length = 1 + below(2);
}

static void fill_mint(struct operation *out, int process)
{
    out->handle = pick_mostly(process, chance(85) ? WANT_RECEIVE : WANT_WAIT);
    out->length = chance(3) ? 0 : 1 + below(1000);
}

static void fill_any(struct operation *out, int process)
{
    out->handle = chance(50) ? pick(process, WANT_END) : pick_mostly(process, WANT_ANY);
    if (shape->go && out->handle == NO_NAME)
        out->kind = OP_LENGTH; /* closing no handle is no error there */
}

static void fill_give(struct operation *out, int process)
{
    fill_any(out, process);
    out->target = below(MODEL_PROCESSES);
    if (out->target == process)
        out->target = (process + 1) % MODEL_PROCESSES;
}

static void fill_close(struct operation *out, int process)
{
    out->handle = pick_mostly(process, WANT_SEND);
}

static void fill_send(struct operation *out, int process)
{
    out->handle = pick_mostly(process, WANT_SEND);
    out->length = pick_size(element_size(out->handle));
    carry(process, out->carried);
    form(out);
    patience(out);
}

static void fill_receive(struct operation *out, int process)
{
    out->handle = pick_mostly(process, WANT_RECEIVE);
    form(out);
    if (out->flags & ANSER_INFO_MEM)
        out->room = chance(80) ? ANSER_ELEMENT_MAX : pick_size(ANSER_ELEMENT_MAX);
    want_reply(out);
    patience(out);
}

static void fill_call(struct operation *out, int process)
{
    out->handle = pick_mostly(process, WANT_SEND);
    out->length = pick_size(element_size(out->handle));
    carry(process, out->carried);
    form(out);
    if (out->flags & ANSER_INFO_MEM)
        out->room = chance(80) ? ANSER_ELEMENT_MAX : pick_size(ANSER_ELEMENT_MAX);
    patience_of_call(out);
}

/* Package anser gives up a right to answer whatever comes of it: so only an answer that is good, or
 * has none. */
static void fill_answer_in_go(struct operation *out, int process)
{
    out->reply = pick(process, WANT_RIGHT);
    out->flags = ANSER_INFO_EXPLICIT_REPLY;
    if (chance(14))
        out->carried[0] = pick(process, WANT_END);
}

static void fill_answer(struct operation *out, int process)
{
    int64_t right = pick_mostly(process, WANT_RIGHT);
    out->length = pick_size(chance(80) ? ANSER_REGISTER_BYTES : ANSER_ELEMENT_MAX);
    if (shape->go) {
        fill_answer_in_go(out, process);
    } else if (right != NO_NAME && (model.threads[out->thread].owes < 0 || chance(60))) {
        out->flags |= ANSER_INFO_EXPLICIT_REPLY;
        out->reply = right;
    }
    if (!shape->go)
        carry(process, out->carried);
    form(out);
}

static void fill_exchange(struct operation *out, int process)
{
    fill_answer(out, process);
    out->handle = pick_mostly(process, WANT_RECEIVE);
    out->room = out->flags & ANSER_INFO_MEM ? ANSER_ELEMENT_MAX : 0;
    want_reply(out);
    patience(out);
    out->flags &= ~ANSER_INFO_NOINTR; /* the second half of it forgets that */
}

static void fill_case(struct operation_case *one, int process)
{
    int64_t names[CARRIED_MAX] = {NO_NAME, NO_NAME};
    one->send = chance(50);
    one->handle = chance(5) ? NO_NAME : pick_mostly(process, one->send ? WANT_SEND : WANT_RECEIVE);
    if (!one->send && chance(15))
        one->handle = pick(process, WANT_WAIT);
    one->length = pick_size(one->send ? element_size(one->handle) : ANSER_ELEMENT_MAX);
    if (!one->send && (shape->go || chance(80)))
        one->length = ANSER_ELEMENT_MAX;
    if (one->send)
        carry(process, names);
    /* Package anser looks again after an error; one that has passed by then is none. */
    if (shape->go && names[0] != NO_NAME)
        names[0] = pick(process, WANT_SEND);
    one->carried = names[0];
}

/* Nothing would ever wake it, and it could not be ended. */
static bool waits_for_nothing(const struct operation *select)
{
    for (int i = 0; i < select->case_count; i++)
        if (select->cases[i].handle != NO_NAME)
            return false;
    return true;
}

static void fill_select(struct operation *out, int process)
{
    out->case_count = chance(3) ? 0 : 1 + below(CASES_MAX);
    out->seed = below(1l << 30);
    for (int i = 0; i < out->case_count; i++)
        fill_case(&out->cases[i], process);
    want_reply(out);
    patience(out);
    if (shape->replayable && waits_for_nothing(out))
        out->flags |= ANSER_INFO_NB;
}

static void fill_post(struct operation *out, int process)
{
    out->handle = pick_mostly(process, WANT_POST);
    out->length = below(1l << 30);
}

static void fill_wait(struct operation *out, int process)
{
    out->handle = pick_mostly(process, WANT_WAIT);
    patience(out);
}

struct choice {
    int64_t kind;
    int weight;
    void (*fill)(struct operation *out, int process);
};

static const struct choice choices[] = {
    {OP_SEND, 20, fill_send},
    {OP_RECEIVE, 20, fill_receive},
    {OP_CALL, 12, fill_call},
    {OP_REPLY, 5, fill_answer},
    {OP_REPLY_RECEIVE, 5, fill_exchange},
    {OP_SELECT, 22, fill_select},
    {OP_MAKE, 2, fill_make},
    {OP_MAKE_SIGNAL, 1, fill_signal},
    {OP_MINT, 4, fill_mint},
    {OP_PAGES, 3, fill_pages},
    {OP_DUPLICATE, 3, fill_any},
    {OP_CLOSE_HANDLE, 5, fill_any},
    {OP_GIVE, 5, fill_give},
    {OP_CLOSE, 1, fill_close},
    {OP_LENGTH, 2, fill_any},
    {OP_POST, 3, fill_post},
    {OP_WAIT, 3, fill_wait},
};
#define CHOICES (int)(sizeof(choices) / sizeof(choices[0]))

static int weight_of(const struct choice *choice)
{
    int64_t kind = choice->kind;
    bool more =
        ((lean == LEAN_RECEIVE || lean == LEAN_PLAIN) && (kind == OP_RECEIVE || kind == OP_WAIT)) ||
        (lean == LEAN_CALL && (kind == OP_CALL || kind == OP_RECEIVE)) ||
        (lean == LEAN_PAGES && kind == OP_PAGES);
    bool less =
        (lean == LEAN_PLAIN || lean == LEAN_RECEIVE) && (kind == OP_SELECT || kind == OP_CALL);
    return more ? 3 * choice->weight : less ? choice->weight / 4 : choice->weight;
}

static const struct choice *choose(void)
{
    int total = 0;
    for (int i = 0; i < CHOICES; i++)
        total += weight_of(&choices[i]);
    int64_t left = below(total);
    int chosen = 0;
    while (left >= weight_of(&choices[chosen]))
        left -= weight_of(&choices[chosen++]);
    return &choices[chosen];
}

static const struct choice *choice_of(int64_t kind)
{
    int i = 0;
    while (choices[i].kind != kind)
        i++;
    return &choices[i];
}

/* What this thread is to do now: a server answers; who has nothing makes something. */
static const struct choice *choose_for(const struct model_thread *self)
{
    if (pick_among(self->process, WANT_RECEIVE, LIVE_OPEN) == NO_NAME && chance(40))
        return choice_of(OP_MAKE);
    if (self->owes >= 0 && chance(60))
        return choice_of(chance(50) ? OP_REPLY : OP_REPLY_RECEIVE);
    if (chance(8) && pick(self->process, WANT_RIGHT) != NO_NAME)
        return choice_of(OP_REPLY);
    return choose();
}

static void call_of_thread(struct operation *out, int thread)
{
    const struct model_thread *self = &model.threads[thread];
    const struct choice *chosen = choose_for(self);
    while ((shape->replayable && chosen->kind == OP_GIVE) ||
           (shape->go && (chosen->kind == OP_REPLY_RECEIVE || chosen->kind == OP_PAGES)) ||
           (chosen->kind == OP_MAKE && model.channel_count >= MODEL_CHANNELS - 10))
        chosen = choose();
    out->kind = chosen->kind;
    out->thread = thread;
    chosen->fill(out, self->process);
    if (!shape->replayable && chance(5))
        out->fail = 1 + below(2);
}

/* ---- From outside. */

static void from_outside(struct operation *out, int waiting)
{
    out->thread = -1;
    out->kind = OP_TIME;
    out->until = model.now + 1 + below(40);
    if (waiting < 0 || chance(45))
        return;
    out->until = 0;
    out->target = waiting;
    int64_t which = below(100);
    out->kind = which < 45 ? OP_INTERRUPT : which < 85 ? OP_LOSE : OP_KILL_THREAD;
    if (out->kind == OP_LOSE)
        out->flags = 1 + below(7);
    if (out->kind == OP_KILL_THREAD && chance(50))
        out->target = chance(50) ? pick_thread(false) : waiting;
    if (out->target < 0)
        out->target = waiting;
    if (which >= 98) {
        out->kind = OP_KILL_PROCESS;
        out->target = model.threads[waiting].process;
    }
}

void generate(const struct shape *of, int64_t id, struct operation *out)
{
    shape = of;
    *out = operation_empty;
    out->id = id;
    int idle = pick_thread(false);
    if (idle < 0 || (!shape->replayable && chance(7)))
        from_outside(out, pick_thread(true));
    else
        call_of_thread(out, idle);
}
