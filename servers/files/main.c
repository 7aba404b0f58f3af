/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file server: the boot archive, read-only, over 9P2000.L (<anser/ninep.h>). It keeps nothing
 * that a successor would need: after a restart its clients attach again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <anser/init.h>
#include <anser/ninep.h>
#include "channel.h"
#include "memory.h"
#include "start.h"
#include "syscall.h"
#include "answer.h"
#include "session.h"
#include "tree.h"

#define PAGES_RIGHTS (ANSER_RIGHT_READ | ANSER_RIGHT_EXEC | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER)

/* Messages need no status word before them, so this loop is not the library's. */
struct loop {
    const struct tree *tree;
    anser_handle receive;
    anser_handle archive;
    struct anser_message message;
    bool answering;
    anser_handle given; /* goes with the answer, or 0 */
    uint64_t request[NINEP_MESSAGE_MAX / 8];
    uint64_t answer[NINEP_MESSAGE_MAX / 8];
};

static void report(const char *name, const char *why)
{
    fprintf(stderr, "files: archive entry '%s': %s\n", name, why);
}

/* Answers, if there is an answer, and waits for what comes next. Returns the info word or -errno.
 */
static struct sys_result receive(struct loop *loop)
{
    uint64_t info = ANSER_INFO_MEM;
    if (loop->answering && loop->given != 0) {
        info |= 1ul << ANSER_INFO_HANDLES_SHIFT;
        loop->message.handles[0] = loop->given;
    }
    struct sys_result result =
        (loop->answering ? sys_reply_recv : sys_recv)(loop->receive, info, &loop->message);
    /* If the answer arrived, the handle is stale by now, and this does nothing. */
    handle_close(loop->given);
    loop->given = 0;
    loop->answering = false;
    return result;
}

static void close_received(struct loop *loop, int64_t info)
{
    unsigned count = ((unsigned)info & ANSER_INFO_HANDLES) >> ANSER_INFO_HANDLES_SHIFT;
    for (unsigned i = 0; i < count; i++)
        handle_close(loop->message.handles[i]);
}

static void serve_request(struct loop *loop, uint64_t badge)
{
    bool pages;
    size_t length = answer_message(loop->tree, badge, loop->request, loop->message.recv_length,
                                   loop->answer, &pages);
    if (pages) {
        loop->given = sys_handle_dup(loop->archive, PAGES_RIGHTS);
        if (loop->given < 0)
            length = answer_error(loop->answer, (uint32_t)-loop->given);
    }
    loop->message.send_length = length;
    loop->answering = true;
}

/* Serves until the channel is closed: 0, or -errno. */
static int run(struct loop *loop)
{
    loop->message.send_data = (uint64_t)loop->answer;
    loop->message.recv_data = (uint64_t)loop->request;
    loop->message.recv_capacity = sizeof(loop->request);
    for (;;) {
        struct sys_result result = receive(loop);
        if (result.status == -EINTR)
            continue;
        if (result.status < 0)
            return (int)result.status;
        if (result.status & ANSER_INFO_CLOSED)
            return 0;
        close_received(loop, result.status);
        if (result.status & ANSER_INFO_GONE)
            session_end(result.value);
        else if (result.status & ANSER_INFO_CALL)
            serve_request(loop, result.value);
    }
}

int main(void)
{
    static struct loop loop;
    static struct tree tree;
    const char *size_text = getenv("initrd_size");
    uint64_t size = size_text != NULL ? strtoull(size_text, NULL, 0) : 0;
    loop.receive = start_handle(START_RECEIVE);
    loop.archive = start_handle(START_INITRD);
    loop.tree = &tree;
    const void *archive =
        size > 0 ? memory_map_object(loop.archive, 0, size, ANSER_PROT_READ) : NULL;
    if (archive == NULL) {
        fprintf(stderr, "files: no archive of %llu bytes to serve\n", (unsigned long long)size);
        return 1;
    }
    if (tree_build(&tree, archive, size, report) == -ENOMEM) {
        fprintf(stderr, "files: no memory for the names in the archive\n");
        return 1;
    }
    int error = run(&loop);
    if (error < 0)
        fprintf(stderr, "files: cannot receive: error %d\n", -error);
    return error < 0;
}
