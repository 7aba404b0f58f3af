/* SPDX-License-Identifier: BSD-2-Clause */
/* Keeping the ledger, and closing it. */
#include <stdio.h>
#include <string.h>
#include "stress_ledger.h"

#define PRINTED_MAX 20 /* wrong things of one episode */

static const char *const wrongs[] = {
    [STRESS_BAD_STATUS] = "a call returned an error that it must not",
    [STRESS_BAD_STAMP] = "a message that nobody sent",
    [STRESS_BAD_LENGTH] = "a message of another length",
    [STRESS_BAD_DATA] = "a message with other data",
    [STRESS_BAD_BADGE] = "a message with another sender's badge",
    [STRESS_BAD_ORDER] = "a message before an earlier one of its sender, or twice",
    [STRESS_BAD_AFTER_GONE] = "a message of a sender that had gone",
    [STRESS_BAD_HANDLES] = "other handles or pages than were sent",
    [STRESS_BAD_ANSWER] = "another answer than was given",
};

void stress_ledger_clear(struct stress_ledger *ledger)
{
    memset(ledger, 0, sizeof(*ledger));
}

static bool bit_of(const uint64_t *bits, uint32_t sequence)
{
    return bits[sequence / 64] >> sequence % 64 & 1;
}

static void set_bit(uint64_t *bits, uint32_t sequence)
{
    bits[sequence / 64] |= 1ul << sequence % 64;
}

static void complain(struct stress_ledger *ledger, const char *what, unsigned channel, unsigned id,
                     uint64_t value)
{
    if (ledger->wrong++ < PRINTED_MAX)
        printf("# wrong: %s (channel %u, worker %u, thread %u, number %lu)\n", what, channel,
               id / STRESS_THREADS, id % STRESS_THREADS, value);
}

static void enter_received(struct stress_ledger *ledger, unsigned channel, unsigned id,
                           uint32_t sequence)
{
    struct stress_account *account = &ledger->accounts[channel][id];
    if (sequence == 0 || sequence > STRESS_SEQUENCES) {
        complain(ledger, "a message with an impossible number", channel, id, sequence);
        return;
    }
    if (bit_of(account->arrived, sequence))
        complain(ledger, "a message arrived twice", channel, id, sequence);
    set_bit(account->arrived, sequence);
    if (sequence > account->highest)
        account->highest = sequence;
    ledger->received++;
}

static void enter_wrong(struct stress_ledger *ledger, unsigned channel, unsigned id, uint32_t value)
{
    unsigned kind = value & 255;
    const char *what =
        kind < sizeof(wrongs) / sizeof(wrongs[0]) && wrongs[kind] ? wrongs[kind] : "?";
    complain(ledger, what, channel, id, value >> 8);
}

void stress_ledger_enter(struct stress_ledger *ledger, uint64_t record)
{
    unsigned channel = record >> 48 & 255, id = record >> 32 & 0xffff;
    uint32_t value = (uint32_t)record;
    if (channel >= STRESS_CHANNELS || id >= STRESS_IDS) {
        complain(ledger, "a record that makes no sense", channel, id, value);
        return;
    }
    struct stress_account *account = &ledger->accounts[channel][id];
    switch ((enum stress_kind)(record >> 56)) {
    case STRESS_RECEIVED:
        enter_received(ledger, channel, id, value);
        break;
    case STRESS_ACKNOWLEDGED:
        account->acknowledged = value;
        break;
    case STRESS_PERHAPS:
        set_bit(account->perhaps, value);
        break;
    case STRESS_GONE:
        ledger->gone[channel][id % STRESS_WORKERS]++;
        break;
    case STRESS_EXPIRED:
        ledger->expired += value;
        break;
    case STRESS_SIGNALLED:
        ledger->bits_set |= 1u << id % STRESS_WORKERS;
        break;
    case STRESS_BITS:
        ledger->bits_seen |= value;
        break;
    case STRESS_ANSWERED:
        ledger->answered++;
        break;
    case STRESS_FINISHED:
        ledger->finished |= 1ul << id;
        break;
    case STRESS_WRONG:
        enter_wrong(ledger, channel, id, value);
        break;
    default:
        complain(ledger, "a record of no kind", channel, id, value);
    }
}

/* ---- Closing. */

/* Of one thread on one channel: how many messages that were sent for certain have not arrived. */
static unsigned missing(struct stress_ledger *ledger, unsigned channel, unsigned id, bool killed,
                        unsigned show)
{
    const struct stress_account *account = &ledger->accounts[channel][id];
    uint32_t sent = account->acknowledged;
    unsigned count = 0;
    /* Who was killed cannot tell of its last ones; but they were sent one after the other. */
    if (account->highest > sent && killed)
        sent = account->highest;
    if (account->highest > sent)
        complain(ledger, "a message arrived that its sender took back", channel, id,
                 account->highest);
    for (uint32_t sequence = 1; sequence <= sent; sequence++) {
        if (bit_of(account->arrived, sequence) || bit_of(account->perhaps, sequence))
            continue;
        count++;
        if (show)
            complain(ledger, "a message was lost", channel, id, sequence);
    }
    return count;
}

static unsigned missing_messages(struct stress_ledger *ledger, unsigned channels, unsigned workers,
                                 uint64_t killed, bool show)
{
    unsigned count = 0;
    for (unsigned channel = 0; channel < channels; channel++)
        for (unsigned id = 0; id < workers * STRESS_THREADS; id++)
            count += missing(ledger, channel, id, killed >> id / STRESS_THREADS & 1, show);
    return count;
}

static unsigned missing_notices(struct stress_ledger *ledger, unsigned channels, unsigned workers,
                                bool show)
{
    unsigned count = 0;
    for (unsigned channel = 0; channel < channels; channel++)
        for (unsigned worker = 0; worker < workers; worker++) {
            uint32_t notices = ledger->gone[channel][worker];
            if (notices > 1)
                complain(ledger, "more than one notice of an end", channel, worker * STRESS_THREADS,
                         notices);
            count += notices == 0;
            if (notices == 0 && show)
                complain(ledger, "no notice of an end", channel, worker * STRESS_THREADS, 0);
        }
    return count;
}

bool stress_ledger_close(struct stress_ledger *ledger, unsigned channels, unsigned workers,
                         const struct stress_losses *losses)
{
    unsigned messages = missing_messages(ledger, channels, workers, losses->killed, false);
    unsigned notices = losses->notices ? 0 : missing_notices(ledger, channels, workers, false);
    unsigned allowed = losses->in_hand + losses->in_buffers;
    if (messages + notices > allowed) {
        missing_messages(ledger, channels, workers, losses->killed, true);
        missing_notices(ledger, channels, workers, true);
        printf("# %u messages and %u notices are missing; %u may have been in the hands of the "
               "killed, %u in buffers\n",
               messages, notices, losses->in_hand, losses->in_buffers);
    }
    if (losses->killed == 0 && ledger->bits_set & ~ledger->bits_seen)
        complain(ledger, "bits of a signal were lost", 0, 0, ledger->bits_set & ~ledger->bits_seen);
    return ledger->wrong == 0;
}
