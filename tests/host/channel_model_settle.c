/* SPDX-License-Identifier: BSD-2-Clause */
/* The model of channels: what happens at a channel, one thing after the other. */
#include <string.h>
#include "channel_model_parts.h"

/* ---- What happens at a channel. Each function lets at most one thing happen, and says whether. */

/* Of a select only the case goes that was seen to go, or any in the end (strict). */
static bool strict;
/* A select may have found out whose fault it is that one case cannot go before another one went. */
static bool faults_only;

static bool may_go(struct model_entry entry)
{
    const struct outcome *seen = observed(entry.thread);
    if (entry.index < 0 || strict || model.threads[entry.thread].dying)
        return true;
    return seen->ended && entry.index == (seen->status >= 0 ? seen->status >> 16 : seen->value);
}

static const struct model_entry *first_that_may(const struct model_line *line)
{
    for (unsigned i = 0; i < line->count; i++)
        if (may_go(line->entries[i]))
            return &line->entries[i];
    return NULL;
}

/* Which of the notices that have no order among them the receiver was seen to get. */
static unsigned choose_notice(const struct model_channel *channel, int receiver)
{
    for (unsigned i = 0; i < channel->notice_count; i++)
        if (channel->notices[i].step == channel->notices[0].step &&
            channel->notices[i].badge == observed(receiver)->value)
            return i;
    return 0;
}

static bool deliver_notice(struct model_channel *channel)
{
    const struct model_entry *first = first_that_may(&channel->receivers);
    struct model_message nothing = {.sender = -1, .carried = {NO_NAME, NO_NAME}};
    int64_t error;
    if (!first || channel->notice_count == 0 || channel->notices[0].after > channel->taken)
        return false;
    struct model_entry to = *first;
    if (check_delivery(&nothing, to, &error) != FAULT_NONE) {
        finish(to.thread, to.index, error, 0);
        return true;
    }
    unsigned chosen = choose_notice(channel, to.thread);
    finish(to.thread, to.index, ANSER_INFO_GONE, channel->notices[chosen].badge);
    channel->notice_count--;
    memmove(&channel->notices[chosen], &channel->notices[chosen + 1],
            (channel->notice_count - chosen) * sizeof(channel->notices[0]));
    return true;
}

static struct model_message take_oldest(struct model_channel *channel)
{
    struct model_message oldest = channel->buffer[0];
    channel->count--;
    channel->taken++;
    memmove(&channel->buffer[0], &channel->buffer[1], channel->count * sizeof(oldest));
    return oldest;
}

/* "Channels act as first-in-first-out queues." */
static bool deliver_buffered(struct model_channel *channel)
{
    const struct model_entry *first = first_that_may(&channel->receivers);
    int64_t error;
    if (!first || channel->count == 0)
        return false;
    struct model_entry to = *first;
    if (check_delivery(&channel->buffer[0], to, &error) != FAULT_NONE) {
        finish(to.thread, to.index, error, 0);
        return true;
    }
    struct model_message oldest = take_oldest(channel);
    deliver(&oldest, to);
    return true;
}

/* Both at once, or the one at fault leaves. A fault may be found out by a select whose other case
 * goes then. */
static bool meet(struct model_entry from, struct model_entry to)
{
    struct model_message message = model_message_of(from);
    int64_t error;
    enum fault fault = check_delivery(&message, to, &error);
    if (fault == FAULT_NONE) {
        if (faults_only || !may_go(from) || !may_go(to))
            return false;
        deliver(&message, to);
        if (!message.call)
            finish(from.thread, from.index, 0, 0);
        return true;
    }
    struct model_entry wrong = fault == FAULT_SENDER ? from : to;
    const struct outcome *seen = observed(wrong.thread);
    if (!strict && !model.threads[wrong.thread].dying &&
        !(seen->ended && seen->status == error && may_go(wrong)))
        return false;
    if (faults_only && wrong.thread == model.caller)
        return false; /* its own comes last */
    finish(wrong.thread, wrong.index, error, 0);
    return true;
}

/* "If the capacity is zero or absent, the channel is unbuffered and communication succeeds only
 * when both a sender and receiver are ready." No thread is its own peer. */
static bool deliver_directly(struct model_channel *channel)
{
    if (channel->count > 0)
        return false;
    for (unsigned r = 0; r < channel->receivers.count; r++)
        for (unsigned s = 0; s < channel->senders.count; s++) {
            struct model_entry from = channel->senders.entries[s];
            struct model_entry to = channel->receivers.entries[r];
            if (from.thread != to.thread && meet(from, to))
                return true;
        }
    return false;
}

/* What could keep itself alive, or means nothing later, does not wait in a buffer. */
static bool may_be_buffered(const struct model_message *message)
{
    for (unsigned i = 0; i < carried_count(message->carried); i++)
        if (model.handles[message->carried[i]].type != HANDLE_SEND &&
            model.handles[message->carried[i]].type != HANDLE_PAGES)
            return false;
    return true;
}

static int64_t buffer_fault(const struct model_message *message)
{
    const struct model_thread *sender = &model.threads[message->sender];
    if (block_gone(message->sender, true, message->length))
        return -ANSER_EFAULT;
    if (!carried_there(message->carried, message->moves, sender->process))
        return -ANSER_EBADF;
    if (!may_be_buffered(message))
        return -ANSER_EINVAL;
    if (sender->lost & LOST_SENT && message->length > ANSER_REGISTER_BYTES)
        return -ANSER_EFAULT;
    return carried_count(message->carried) > 0 && told_no_memory(message->sender) ? -ANSER_ENOMEM
                                                                                  : 0;
}

/* "A send on a buffered channel can proceed if there is room in the buffer." A call waits for a
 * receiver, and keeps those behind it waiting. */
static bool fill(struct model_channel *channel)
{
    const struct model_entry *first = first_that_may(&channel->senders);
    if (!first || (int64_t)channel->count >= channel->capacity ||
        model_call_of(channel->senders.entries[0])->kind == OP_CALL ||
        model_call_of(*first)->kind == OP_CALL)
        return false;
    struct model_entry from = *first;
    struct model_message message = model_message_of(from);
    int process = model.threads[from.thread].process;
    int64_t error = buffer_fault(&message);
    finish(from.thread, from.index, error, 0);
    if (error < 0)
        return true;
    message.sender = -1;
    channel->buffer[channel->count++] = message;
    channel->put++;
    for (unsigned i = 0; i < carried_count(message.carried); i++) {
        model.handles[message.carried[i]].place = PLACE_BUFFER;
        model.handles[message.carried[i]].moves++;
        wake_users(process, message.carried[i]);
    }
    return true;
}

/* "Sending to a closed channel causes a run-time panic": here -EPIPE, also for those who wait. */
static bool refuse_sender(struct model_channel *channel)
{
    const struct model_entry *first = channel->closed ? first_that_may(&channel->senders) : NULL;
    if (first)
        finish(first->thread, first->index, -ANSER_EPIPE, 0);
    return first != NULL;
}

/* "After calling close, and after any previously sent values have been received, receive operations
 * will return the zero value ... without blocking": here CLOSED. */
static bool tell_closed(struct model_channel *channel)
{
    const struct model_entry *first = channel->closed ? first_that_may(&channel->receivers) : NULL;
    if (first)
        finish(first->thread, first->index, channel->signal ? -ANSER_EPIPE : ANSER_INFO_CLOSED, 0);
    return first != NULL;
}

/* Nobody will ever receive it. */
static bool discard(struct model_channel *channel)
{
    if (!channel->closed || (channel->count == 0 && channel->notice_count == 0) ||
        has_end((int)(channel - model.channels), HANDLE_RECEIVE))
        return false;
    channel->notice_count = 0;
    while (channel->count > 0) {
        struct model_message dropped = take_oldest(channel);
        for (unsigned i = 0; i < carried_count(dropped.carried); i++)
            release(dropped.carried[i]);
    }
    return true;
}

/* One word, which the thread that has waited longest gets as a whole. */
static bool wait_over(struct model_channel *channel)
{
    const struct model_entry *first = first_that_may(&channel->receivers);
    if (!first || channel->bits == 0)
        return false;
    finish(first->thread, first->index, 0, (int64_t)channel->bits);
    channel->bits = 0;
    return true;
}

static bool happens(struct model_channel *channel)
{
    if (faults_only)
        return deliver_directly(channel);
    if (channel->signal)
        return wait_over(channel) || tell_closed(channel);
    return deliver_notice(channel) || deliver_buffered(channel) || refuse_sender(channel) ||
           deliver_directly(channel) || fill(channel) || tell_closed(channel) || discard(channel);
}

static bool anything_happens(void)
{
    bool any = false;
    for (int i = 0; i < model.channel_count; i++)
        while (happens(&model.channels[i]))
            any = true;
    return any;
}

void settle(void)
{
    for (int pass = 0; pass < 3; pass++) {
        faults_only = pass == 0;
        strict = pass == 2;
        while (anything_happens())
            continue;
    }
    strict = false;
}
