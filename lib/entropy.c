/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests to the entropy server. */
#include "entropy.h"

#include <errno.h>
#include <string.h>
#include "channel.h"

int entropy_read(anser_handle entropy, void *to, size_t length, bool device_only)
{
    struct entropy_read request = {
        .type = ENTROPY_READ, .bytes = (uint32_t)length, .device_only = device_only};
    struct {
        struct entropy_answer head;
        uint8_t bytes[ENTROPY_PIECE];
    } answer;
    struct channel_out out = {.data = &request, .length = sizeof(request)};
    struct channel_in in = {.data = &answer, .capacity = sizeof(answer)};
    if (length > sizeof(answer.bytes))
        return -EINVAL;
    int error = channel_call_uninterrupted(entropy, &out, &in);
    if (error < 0 || answer.head.status < 0)
        return error < 0 ? error : (int)answer.head.status;
    if (in.length != sizeof(answer.head) + length)
        return -EIO;
    memcpy(to, answer.bytes, length);
    return (int)answer.head.source;
}
