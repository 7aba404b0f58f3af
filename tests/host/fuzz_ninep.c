/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: the input is a row of messages to the file server. Each answer is a message, of the
 * right type and tag, within what was agreed; what could be read can be written again. */
/* sources: lib/ninep.c servers/files/answer.c servers/files/session.c */
/* sources: servers/files/tree.c loader/cpio.c */
#include <stdlib.h>
#include <string.h>
#include "lib/ninep.h"
#include "servers/files/answer.h"
#include "servers/files/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(int holds)
{
    if (!holds)
        abort();
}

static void ignore(const char *name, const char *why)
{
    (void)name, (void)why;
}

#define HEADER(mode, size, name_size)                                                              \
    "07070100000001" mode "00000000000000000000000100000000" size                                  \
    "00000000000000000000000000000000" name_size "00000000"

/* a/b with four bytes, c/ with nothing. */
static const char archive[] =
    HEADER("000081a4", "00000004",
           "00000004") "a/b\0\0\0"
                       "data" HEADER("000041ed", "00000000", "00000002") "c\0" HEADER(
                           "00000000", "00000000", "0000000b") "TRAILER!!!\0\0\0\0";

static void check_same(const uint8_t *bytes, size_t length)
{
    struct ninep_message message;
    uint8_t again[NINEP_MESSAGE_MAX];
    if (length > sizeof(again) || ninep_decode(&message, bytes, length) != 0)
        return;
    require(ninep_encode(&message, again, sizeof(again)) == (int)length);
    require(memcmp(again, bytes, length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct tree tree;
    uint8_t answer[NINEP_MESSAGE_MAX];
    bool pages;
    if (tree.nodes == NULL)
        require(tree_build(&tree, archive, sizeof(archive) - 1, ignore) == 0 && tree.count == 4);
    for (size_t length; size > 0; bytes += length, size -= length) {
        length = size >= 4 ? bytes[0] | (size_t)bytes[1] << 8 : size;
        if (length < 5 || length > size)
            length = size;
        check_same(bytes, length);
        size_t answered = answer_message(&tree, 1, bytes, length, answer, &pages);
        struct ninep_message message;
        require(answered <= sizeof(answer) && ninep_decode(&message, answer, answered) == 0);
        require(message.type == NINEP_RLERROR || message.type == bytes[4] + 1);
        require(length < 7 || message.tag == (bytes[5] | bytes[6] << 8));
        require(!pages || message.type == NINEP_RPAGES);
    }
    session_end(1);
    return 0;
}
