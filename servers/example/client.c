/* SPDX-License-Identifier: BSD-2-Clause */
/* The example server's client: `tally NUMBER...` adds the numbers and prints the sums. */
#include <stdio.h>
#include <stdlib.h>
#include "channel.h"
#include "start.h"
#include "tally.h"

/* One call; returns the answer's status, or the call's error. */
static int64_t ask(const void *request, size_t length, struct tally_answer *answer)
{
    struct channel_out out = {.data = request, .length = length};
    struct channel_in in = {.data = answer, .capacity = sizeof(*answer)};
    int error = channel_call(start_handle("tally"), &out, &in, CLOCK_NEVER);
    return error < 0 ? error : answer->status;
}

int main(int argc, char **argv)
{
    struct tally_answer answer = {.sum = 0};
    for (int i = 1; i < argc; i++) {
        struct tally_add request = {TALLY_ADD, strtoll(argv[i], NULL, 0)};
        int64_t status = ask(&request, sizeof(request), &answer);
        if (status < 0) {
            printf("tally: error %lld; is the service in the manifest?\n", -(long long)status);
            return 1;
        }
        printf("%lld\n", (long long)answer.sum);
    }
    uint64_t type = TALLY_TOTAL;
    int64_t count = ask(&type, sizeof(type), &answer);
    printf("%lld clients, %lld in all\n", (long long)count, (long long)answer.sum);
    return count < 0;
}
