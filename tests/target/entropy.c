/* SPDX-License-Identifier: BSD-2-Clause */
/* The entropy server, with a random device or without: what it answers, and whether it is random.
 */
/* services: all */
/* smp: 1 */
#include <errno.h>
#include <string.h>
#include <anser/init.h>
#include "channel.h"
#include "clock.h"
#include "entropy.h"
#include "names.h"
#include "start.h"
#include "tap.h"

static anser_handle server;
static struct {
    struct entropy_answer head;
    uint8_t bytes[ENTROPY_MAX];
} answer;

static int64_t ask(anser_handle to, const void *request, size_t length)
{
    struct channel_out out = {.data = request, .length = length};
    struct channel_in in = {.data = &answer, .capacity = sizeof(answer)};
    memset(&answer, 0, sizeof(answer));
    int error = channel_call(to, &out, &in, CLOCK_NEVER);
    return error < 0 ? error : answer.head.status;
}

static int64_t ask_bytes(uint32_t bytes, bool device_only)
{
    struct entropy_read request = {
        .type = ENTROPY_READ, .bytes = bytes, .device_only = device_only};
    return ask(server, &request, sizeof(request));
}

static struct entropy_info info(void)
{
    struct entropy_info now = {.status = -1};
    uint64_t type = ENTROPY_INFO;
    if (ask(server, &type, sizeof(type)) == 0)
        memcpy(&now, &answer, sizeof(now));
    return now;
}

static void test_answers(uint64_t source)
{
    uint8_t first[ENTROPY_MAX];
    uint64_t type = ENTROPY_READ;
    struct init_seed seed = {.type = INIT_SEED};
    TEST(ask_bytes(ENTROPY_MAX, false) == ENTROPY_MAX && answer.head.source == source,
         "as many bytes as fit");
    memcpy(first, answer.bytes, sizeof(first));
    TEST(ask_bytes(ENTROPY_MAX, false) == ENTROPY_MAX &&
             memcmp(first, answer.bytes, sizeof(first)) != 0,
         "others the next time");
    TEST(ask_bytes(0, false) == 0, "no bytes at all");
    TEST(ask_bytes(ENTROPY_MAX + 1, false) == -EINVAL, "one more than fit: EINVAL");
    TEST(ask(server, &type, sizeof(type)) < 0, "half a request is refused");
    TEST(ask_bytes(8, true) == (source == ENTROPY_DEVICE ? 8 : -EAGAIN),
         "only from a device: the bytes, or EAGAIN");
    TEST(ask(start_handle(START_NAMES), &seed, sizeof(seed)) == -EPERM,
         "nobody else gives seeds to init");
}

/* The bounds are five standard deviations and more away: a good source leaves them once in 10^6. */
static void test_distribution(void)
{
    static unsigned counts[256];
    unsigned bits = 0, total = 0;
    while (total < 65536) {
        ask_bytes(1000, false);
        for (unsigned i = 0; i < 1000 && total < 65536; i++, total++) {
            counts[answer.bytes[i]]++;
            bits += (unsigned)__builtin_popcount(answer.bytes[i]);
        }
    }
    unsigned chi = 0; /* chi-squared of 255 degrees of freedom, times 256 */
    for (unsigned i = 0; i < 256; i++)
        chi += (unsigned)(((int)counts[i] - 256) * ((int)counts[i] - 256));
    TEST(bits > 262144 - 1900 && bits < 262144 + 1900, "%u of 524288 bits are set", bits);
    TEST(chi / 256 > 140 && chi / 256 < 390, "chi-squared of the bytes is %u", chi / 256);
}

/* Each MiB a new seed, which arrives when the device has it. */
static void test_reseeding(void)
{
    uint64_t before = info().seeds;
    for (unsigned i = 0; i < 1100; i++)
        ask_bytes(1000, false);
    for (unsigned i = 0; i < 1000 && info().seeds == before; i++)
        clock_sleep(1);
    TEST(info().seeds > before, "it is seeded again after a MiB: %lu times", info().seeds);
    TEST(info().failure == 0, "without failures");
}

int main(void)
{
    server = names_lookup(ENTROPY_SERVICE);
    TEST(server > 0, "the server is there");
    struct entropy_info now = info();
    TEST(now.source == (now.seeds ? ENTROPY_DEVICE : ENTROPY_FALLBACK), "it says where from");
    printf("# source %s, failure %lu\n", now.source == ENTROPY_DEVICE ? "device" : "fallback",
           now.failure);
    ask_bytes(16, false);
    printf("# bytes ");
    for (unsigned i = 0; i < 16; i++)
        printf("%02x", answer.bytes[i]);
    printf("\n");
    test_answers(now.source);
    test_distribution();
    if (now.source == ENTROPY_DEVICE)
        test_reseeding();
    return tap_done();
}
