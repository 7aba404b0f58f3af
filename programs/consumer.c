/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The consumer of `producer`: receives a 2 MiB pages object, sums it up, turns every word over and
 * hands the object back. The memory is its own while it has it: nobody else can touch it then.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "channel.h"
#include "memory.h"
#include "names.h"
#include "pages_work.h"
#include "serve.h"

static uint64_t consume(uint64_t *words)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < PAGES_WORK_WORDS; i++) {
        sum += words[i];
        words[i] = ~words[i];
    }
    return sum;
}

static int64_t handle_round(struct server *server, struct serve_request *request)
{
    (void)server;
    if (request->handle_count != 1)
        return -EINVAL;
    uint64_t *words = memory_map_object(request->handles[0], 0, PAGES_WORK_SIZE,
                                        ANSER_PROT_READ | ANSER_PROT_WRITE);
    if (words == NULL)
        return -errno;
    uint64_t sum = consume(words);
    /* Sending unmaps it here; no unmap of our own is needed. */
    memcpy(request->answer, &sum, sizeof(sum));
    request->answer_length = sizeof(sum);
    request->answer_handle_count = 1;
    request->answer_handles[0] = request->handles[0];
    request->handles[0] = 0;
    return 0;
}

int main(void)
{
    static const struct serve_handler handlers[] = {{PAGES_WORK_ROUND, 16, handle_round}};
    struct server server = {
        .element_size = ANSER_REGISTER_BYTES, .handlers = handlers, .handler_count = 1};
    struct channel channel;
    int status = channel_create(&channel, server.element_size, 0);
    if (status == 0)
        status = names_publish(PAGES_WORK_NAME, channel.send);
    if (status == 0) {
        server.receive = channel.receive;
        status = serve_run(&server);
    }
    if (status < 0)
        fprintf(stderr, "consumer: %s\n", strerror(-status));
    return status < 0;
}
