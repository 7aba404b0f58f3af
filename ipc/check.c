/* SPDX-License-Identifier: BSD-2-Clause */
/* Channels, signals, badges, replies, and the queues of who waits for them. */
#include "kern/check.h"
#include "ipc/badge.h"
#include "ipc/reply.h"
#include "ipc/signal.h"
#include "kern/process.h"

/* ---- Places in queues. */

/* Who stands in the list, and that it says so itself. How many of them are threads in one call, and
 * how many cases of selects. */
struct counted {
    uint32_t plain;
    uint32_t cases;
};

static bool calls_unreceived(const struct thread *thread)
{
    return thread->state == ANSER_STATE_CALLING && !thread->server && !thread->reply;
}

static bool state_fits(const struct thread *thread, const struct object *object, bool sends)
{
    if (object->type == ANSER_TYPE_SIGNAL)
        return thread->state == ANSER_STATE_SIGNAL;
    return sends ? thread->state == ANSER_STATE_SENDING || calls_unreceived(thread)
                 : thread->state == ANSER_STATE_RECEIVING;
}

static void check_case(const struct waiter *waiter, const struct object *object, bool sends)
{
    const struct select_case *place = container_of(waiter, const struct select_case, waiter);
    const struct selection *selection = waiter->thread->selection;
    CHECK(waiter->thread->state == ANSER_STATE_SELECTING && selection, object,
          "who stands in a queue with a case of a select selects");
    CHECK(place >= selection->cases && place < selection->cases + selection->count, object,
          "a case in a queue is one of its select's");
    CHECK(place->object == object, object, "a case stands in the queue of its own object");
    CHECK(((place->info & ANSER_CASE_SEND) != 0) == sends, object,
          "a case that sends stands among the senders, another one does not");
}

static void check_plain(const struct thread *thread, const struct object *object, bool sends)
{
    CHECK(state_fits(thread, object, sends), object, "a waiter's state says what it waits in");
    CHECK(thread->wait_object == object, object, "a waiter waits for the object that lists it");
}

static struct counted check_waiters(const struct list *list, const struct object *object,
                                    bool sends)
{
    struct counted counted = {0, 0};
    const struct waiter *waiter;
    check_list(list, object);
    list_each (waiter, list, link) {
        if (waiter_selects(waiter)) {
            check_case(waiter, object, sends);
            counted.cases++;
        } else {
            check_plain(waiter->thread, object, sends);
            counted.plain++;
        }
    }
    return counted;
}

/* ---- Channels. */

/* Everybody there is one thread's select, which is never paired with itself. */
static bool all_of_one(const struct channel *channel)
{
    const struct thread *one = waiter_first(&channel->senders)->thread;
    const struct waiter *waiter;
    list_each (waiter, &channel->senders, link)
        if (waiter->thread != one)
            return false;
    list_each (waiter, &channel->receivers, link)
        if (waiter->thread != one)
            return false;
    return true;
}

/* What stands in nobody's way may not wait. */
static void check_nobody_overlooked(const struct channel *channel)
{
    const struct object *object = &channel->object;
    const struct waiter *sender = waiter_first(&channel->senders);
    bool receivers = channel_first_receiver(channel) != NULL;
    CHECK(!receivers || channel->count == 0, object, "no receiver waits where elements are");
    CHECK(!receivers || list_empty(&channel->events), object, "no receiver waits where events are");
    CHECK(!receivers || list_empty(&channel->gone), object,
          "no receiver waits where a notice of an end is");
    CHECK(!receivers || !sender || all_of_one(channel), object,
          "no receiver waits where a sender does");
    CHECK(!sender || !channel_has_room(channel) || sender->thread->state == ANSER_STATE_CALLING,
          object, "no sender waits first where there is room");
}

/* The only one for the fast path: nothing else is there, and it waits plainly. */
static void check_fast_receiver(const struct channel *channel)
{
    const struct object *object = &channel->object;
    const struct thread *receiver = channel->receiver;
    CHECK(channel->count == 0 && !channel->closed && list_empty(&channel->senders) &&
              list_empty(&channel->receivers) && list_empty(&channel->events) &&
              list_empty(&channel->gone),
          object, "a channel that the fast path may look at holds nothing, and is open");
    if (!receiver)
        return;
    check_plain(receiver, object, false);
    CHECK(list_empty(&receiver->waiting.link) && receiver->info == 0 && !receiver->caller &&
              !receiver->odd_caller,
          object, "the fast path's receiver waits plainly, in no list, and owes no answer");
}

static void check_closed(const struct channel *channel)
{
    const struct object *object = &channel->object;
    CHECK(channel->receiver == &channel_busy, object, "the fast path passes nothing once closed");
    if (channel->working)
        return;
    CHECK(list_empty(&channel->senders) && !channel_first_receiver(channel), object,
          "nobody waits on a channel that is closed");
    CHECK(channel->receive_ends > 0 ||
              (channel->count == 0 && list_empty(&channel->events) && list_empty(&channel->gone)),
          object, "nothing is kept where nobody can receive");
}

static void check_events(const struct list *list, const struct object *object)
{
    const struct event *event;
    check_list(list, object);
    list_each (event, list, link)
        CHECK(event->pending && event->target.object == object, object,
              "an event in a channel's list is pending there");
}

static struct counted check_channel(const struct channel *channel)
{
    const struct object *object = &channel->object;
    CHECK(channel->count <= channel->capacity, object, "no more elements than the capacity");
    CHECK(channel->capacity == 0 || channel->head < channel->capacity, object,
          "the oldest element is in the buffer");
    CHECK(channel->put_total - channel->taken_total == channel->count, object,
          "what was put in and not taken out is in the buffer");
    CHECK(channel->waiter == &channel_busy, object, "a channel is no signal");
    struct counted senders = check_waiters(&channel->senders, object, true);
    struct counted receivers = check_waiters(&channel->receivers, object, false);
    if (channel->receiver != &channel_busy)
        check_fast_receiver(channel);
    check_events(&channel->events, object);
    check_events(&channel->gone, object);
    if (channel->closed)
        check_closed(channel);
    else if (!channel->working)
        check_nobody_overlooked(channel);
    bool fast = channel->receiver && channel->receiver != &channel_busy;
    return (struct counted){senders.plain + receivers.plain + fast,
                            senders.cases + receivers.cases};
}

/* ---- Signals, badges, replies. */

static struct counted check_signal(const struct signal *signal)
{
    const struct object *object = &signal->object;
    struct counted counted = check_waiters(&signal->waiters, object, false);
    CHECK(signal->receiver == &channel_busy, object, "a signal is no channel");
    CHECK(signal->bits == 0 || !signal_first_waiter(signal), object,
          "nobody waits for a signal that has bits");
    if (signal->waiter == &channel_busy)
        return counted;
    CHECK(signal->bits == 0 && !signal->closed && list_empty(&signal->waiters), object,
          "a signal that the fast path may look at has no bits, no list, and is open");
    if (signal->waiter) {
        check_plain(signal->waiter, object, false);
        CHECK(list_empty(&signal->waiter->waiting.link), object,
              "the fast path's waiter is in no list");
        counted.plain++;
    }
    return counted;
}

static void check_badge(const struct badge *badge)
{
    const struct event *gone = &badge->gone;
    CHECK(badge->object.references == 0 || gone->target.object, &badge->object,
          "a badge knows its channel");
    CHECK(badge->holders == 0 || !gone->pending, &badge->object,
          "no notice of a badge's end while somebody holds it");
}

static void check_reply(const struct reply *reply)
{
    CHECK(!reply->caller ||
              (reply->caller->reply == reply && reply->caller->state == ANSER_STATE_CALLING),
          &reply->object, "the caller of a reply object waits for it");
}

static struct counted check_one(const struct object *object)
{
    if (object->type == ANSER_TYPE_CHANNEL)
        return check_channel((const struct channel *)object);
    if (object->type == ANSER_TYPE_SIGNAL)
        return check_signal((const struct signal *)object);
    if (object->type == TYPE_BADGE)
        check_badge((const struct badge *)object);
    if (object->type == ANSER_TYPE_REPLY)
        check_reply((const struct reply *)object);
    return (struct counted){0, 0};
}

void check_ipc_object(const struct object *object)
{
    (void)check_one(object);
}

/* ---- All queues. */

static struct counted expected_of(const struct thread *thread)
{
    struct counted counted = {0, 0};
    switch (thread->state) {
    case ANSER_STATE_SENDING:
    case ANSER_STATE_RECEIVING:
    case ANSER_STATE_SIGNAL:
        counted.plain = 1;
        break;
    case ANSER_STATE_CALLING:
        counted.plain = calls_unreceived(thread);
        break;
    case ANSER_STATE_SELECTING:
        for (uint32_t i = 0; i < thread->selection->count; i++)
            counted.cases += thread->selection->cases[i].object != NULL;
        break;
    default:
        break;
    }
    return counted;
}

/* As each waiter that was found fits, and there are as many as threads say, none is missing. */
void check_queues(void)
{
    struct counted found = {0, 0}, expected = {0, 0};
    uint32_t cursor = 0;
    const struct tally *tally;
    while ((tally = tally_next(&cursor))) {
        bool thread = tally->object->type == ANSER_TYPE_THREAD;
        struct counted here =
            thread ? expected_of((const struct thread *)tally->object) : check_one(tally->object);
        struct counted *sum = thread ? &expected : &found;
        sum->plain += here.plain;
        sum->cases += here.cases;
    }
    CHECK(!tally_complete() || found.plain == expected.plain, NULL,
          "everybody who waits is in a queue");
    CHECK(!tally_complete() || found.cases == expected.cases, NULL,
          "every case of a select that waits is in a queue");
}
