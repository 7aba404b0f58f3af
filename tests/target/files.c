/* SPDX-License-Identifier: BSD-2-Clause */
/* The file server: what it serves, what it refuses, whose fids are whose, and a restart. */
/* timeout: 60 */
/* services: all */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "channel.h"
#include "memory.h"
#include "names.h"
#include "ninep.h"
#include "start.h"
#include "syscall.h"
#include "tap.h"

#define OWN_FILE "tests/files" /* this program, in the archive */

static anser_handle server;
static uint8_t buffer[NINEP_MESSAGE_MAX];
static struct ninep_message answer;
static anser_handle answer_handle;

/* Sends raw bytes; what came back is in `answer`. Returns 0, -ecode, or -1000 for what is no
 * answer. */
static int send_bytes(size_t length, unsigned handle_count, anser_handle handle)
{
    struct channel_out out = {
        .data = buffer, .length = length, .handle_count = handle_count, .handles = {handle}};
    struct channel_in in = {.data = buffer, .capacity = sizeof(buffer)};
    int status = channel_call(server, &out, &in, CLOCK_NEVER);
    if (status < 0)
        return status;
    answer_handle = in.handle_count > 0 ? in.handles[0] : 0;
    if (ninep_decode(&answer, buffer, in.length) != 0)
        return -1000;
    return answer.type == NINEP_RLERROR ? -(int)answer.error : 0;
}

static int ask(struct ninep_message request)
{
    int length = ninep_encode(&request, buffer, sizeof(buffer));
    int status = length < 0 ? -1000 : send_bytes((size_t)length, 0, 0);
    if (status == 0 && answer.type != request.type + 1)
        return -1000;
    return status;
}

#define ASK(...) ask((struct ninep_message){__VA_ARGS__})

static int attach(uint32_t fid)
{
    return ASK(.type = NINEP_TATTACH, .fid = fid, .auth_fid = NINEP_NO_FID,
               .name = ninep_string("root"), .target = ninep_string(""));
}

/* Walks by a path without leading '/'. */
static int walk(uint32_t from, uint32_t to, const char *path)
{
    struct ninep_message request = {.type = NINEP_TWALK, .fid = from, .new_fid = to};
    while (*path != '\0') {
        size_t length = strcspn(path, "/");
        request.names[request.walk_count++] = (struct ninep_string){path, (uint16_t)length};
        path += length + (path[length] == '/');
    }
    int status = ask(request);
    if (status == 0 && answer.walk_count < request.walk_count)
        return -NINEP_ENOENT;
    return status;
}

static int clunk(uint32_t fid)
{
    return ASK(.type = NINEP_TCLUNK, .fid = fid);
}

static int open_fid(uint32_t fid, uint32_t flags)
{
    return ASK(.type = NINEP_TLOPEN, .fid = fid, .flags = flags);
}

static void test_session(void)
{
    TEST(ASK(.type = NINEP_TVERSION, .tag = NINEP_NO_TAG, .message_size = 8192,
             .name = ninep_string(NINEP_VERSION)) == 0 &&
             answer.message_size == NINEP_MESSAGE_MAX && answer.tag == NINEP_NO_TAG &&
             answer.name.length == 8 && memcmp(answer.name.text, NINEP_VERSION, 8) == 0,
         "a version, messages of 4096 bytes");
    TEST(ASK(.type = NINEP_TVERSION, .message_size = 8192, .name = ninep_string("9P2000")) == 0 &&
             memcmp(answer.name.text, "unknown", 7) == 0,
         "another dialect is unknown");
    TEST(walk(0, 1, "") == -NINEP_ESTALE, "before attaching no fid is known");
    TEST(attach(0) == 0 && answer.qid.type == NINEP_QID_DIRECTORY, "attached to a directory");
    TEST(attach(0) == -NINEP_EEXIST, "once by this number");
}

static void test_walk(void)
{
    TEST(walk(0, 1, OWN_FILE) == 0 && answer.qids[0].type == NINEP_QID_DIRECTORY &&
             answer.qids[1].type == 0,
         "a file in a directory");
    TEST(walk(0, 1, "tests") == -NINEP_EEXIST, "the fid is in use");
    TEST(walk(0, 2, "tests/none") == -NINEP_ENOENT && answer.walk_count == 1,
         "a name that is not there: how far it went");
    TEST(walk(2, 3, "") == -NINEP_ESTALE, "and no fid");
    TEST(walk(0, 2, "none") == -NINEP_ENOENT, "not even the first");
    TEST(walk(1, 2, "x") == -NINEP_ENOTDIR, "nothing lies in a file");
    TEST(walk(0, 2, "tests/../tests/./files") == 0, "through .. and .");
    TEST(walk(0, 3, "../..") == 0 && answer.qids[1].path == answer.qids[0].path,
         "the root is its own parent");
    TEST(clunk(2) == 0 && clunk(3) == 0 && clunk(3) == -NINEP_ESTALE, "clunked, once");
}

static void test_read(void)
{
    TEST(ASK(.type = NINEP_TREAD, .fid = 1, .count = 10) == -NINEP_EBADF, "not open: EBADF");
    TEST(open_fid(1, 1) == -NINEP_EROFS && open_fid(1, 2) == -NINEP_EROFS &&
             open_fid(1, 01000) == -NINEP_EROFS,
         "not for writing");
    TEST(open_fid(1, 0) == 0 && open_fid(1, 0) == -NINEP_EBADF, "opened for reading, once");
    TEST(walk(1, 2, "") == -NINEP_EBADF, "an open fid does not walk");
    TEST(ASK(.type = NINEP_TGETATTR, .fid = 1, .mask = NINEP_ATTRIBUTES_BASIC) == 0 &&
             answer.attributes.mode == 0100555 && answer.attributes.size > 4096,
         "an executable file of %lu bytes", (unsigned long)answer.attributes.size);
    uint64_t size = answer.attributes.size, total = 0;
    TEST(ASK(.type = NINEP_TREAD, .fid = 1, .count = 4) == 0 && answer.count == 4 &&
             memcmp(answer.data, "\177ELF", 4) == 0,
         "it begins as programs do");
    while (ASK(.type = NINEP_TREAD, .fid = 1, .offset = total, .count = 0xffffffff) == 0 &&
           answer.count > 0)
        total += answer.count;
    TEST(total == size, "all of it comes in pieces");
    TEST(ASK(.type = NINEP_TREAD, .fid = 1, .offset = UINT64_MAX, .count = 9) == 0 &&
             answer.count == 0,
         "nothing behind the end");
    TEST(ASK(.type = NINEP_TREADDIR, .fid = 1, .count = 4000) == -NINEP_ENOTDIR,
         "it is no directory");
}

static void test_pages(void)
{
    uint8_t read[64];
    TEST(ASK(.type = NINEP_TREAD, .fid = 1, .offset = 4096, .count = sizeof(read)) == 0, "bytes");
    memcpy(read, answer.data, sizeof(read));
    TEST(ASK(.type = NINEP_TPAGES, .fid = 1) == 0 && answer_handle > 0 && answer.size > 4096,
         "the pages, and where it lies in them");
    const uint8_t *map = memory_map_object(answer_handle, answer.offset & ~4095ul, 8192,
                                           ANSER_PROT_READ | ANSER_PROT_EXEC);
    TEST(map != NULL && memcmp(map + (answer.offset & 4095) + 4096, read, sizeof(read)) == 0,
         "the same bytes as memory");
    TEST(memory_map_object(answer_handle, 0, 4096, ANSER_PROT_READ | ANSER_PROT_WRITE) == NULL,
         "not to be written");
    TEST(memory_unmap((void *)(uintptr_t)map, 8192) == 0, "unmapped");
    handle_close(answer_handle);
    TEST(ASK(.type = NINEP_TPAGES, .fid = 0) == -NINEP_EISDIR, "a directory has none");
}

/* Counts the entries of an open directory, read `count` bytes at a time, and those called `name`.
 */
static unsigned list(uint32_t fid, uint32_t count, const char *name, unsigned *found)
{
    unsigned entries = 0;
    uint64_t offset = 0;
    *found = 0;
    while (ASK(.type = NINEP_TREADDIR, .fid = fid, .offset = offset, .count = count) == 0 &&
           answer.count > 0) {
        struct ninep_entry entry;
        size_t length;
        for (uint32_t at = 0; at < answer.count; at += (uint32_t)length) {
            length = ninep_entry_decode(&entry, answer.data + at, answer.count - at);
            if (length == 0)
                return 0;
            entries++;
            offset = entry.next;
            *found += entry.name.length == strlen(name) &&
                      memcmp(entry.name.text, name, entry.name.length) == 0;
        }
    }
    return entries;
}

static void test_directory(void)
{
    unsigned found, many, few;
    TEST(walk(0, 2, "tests") == 0 && open_fid(2, 2) == -NINEP_EISDIR && open_fid(2, 0) == 0,
         "a directory opens for reading only");
    many = list(2, 4000, "files", &found);
    TEST(many > 10 && found == 1, "%u entries, this program once", many);
    few = list(2, 64, "..", &found);
    TEST(few == many && found == 1, "as many in small pieces, .. once");
    TEST(ASK(.type = NINEP_TREADDIR, .fid = 2, .count = 8) == -NINEP_EINVAL,
         "no room for one entry: EINVAL");
    TEST(ASK(.type = NINEP_TREADDIR, .fid = 2, .offset = 3, .count = 4000) == -NINEP_EINVAL &&
             ASK(.type = NINEP_TREADDIR, .fid = 2, .offset = UINT64_MAX, .count = 4000) ==
                 -NINEP_EINVAL,
         "an offset that no entry has: EINVAL");
    TEST(ASK(.type = NINEP_TREAD, .fid = 2, .count = 10) == -NINEP_EISDIR, "not read as a file");
    TEST(ASK(.type = NINEP_TSTATFS, .fid = 2) == 0 && answer.file_system.blocks > 0 &&
             answer.file_system.blocks_free == 0,
         "the file system is full");
    clunk(2);
}

static void test_writing(void)
{
    struct ninep_string name = ninep_string("x");
    TEST(ASK(.type = NINEP_TLCREATE, .fid = 0, .name = name) == -NINEP_EROFS, "create: EROFS");
    TEST(ASK(.type = NINEP_TWRITE, .fid = 1, .data = buffer, .count = 3) == -NINEP_EROFS, "write");
    TEST(ASK(.type = NINEP_TMKDIR, .fid = 0, .name = name) == -NINEP_EROFS, "mkdir");
    TEST(ASK(.type = NINEP_TUNLINKAT, .fid = 0, .name = name) == -NINEP_EROFS, "unlink");
    TEST(ASK(.type = NINEP_TRENAMEAT, .fid = 0, .name = name, .target = name) == -NINEP_EROFS,
         "rename");
    TEST(ASK(.type = NINEP_TSYMLINK, .fid = 0, .name = name, .target = name) == -NINEP_EROFS,
         "symlink");
    TEST(ASK(.type = NINEP_TSETATTR, .fid = 1) == -NINEP_EROFS, "setattr");
    TEST(ASK(.type = NINEP_TSETATTR, .fid = 99) == -NINEP_ESTALE, "of no fid: ESTALE");
    TEST(ASK(.type = NINEP_TREMOVE, .fid = 1) == -NINEP_EROFS && clunk(1) == -NINEP_ESTALE,
         "remove, which clunks");
}

/* Rows of bytes that no client sends. */
static void test_hostile(void)
{
    static const uint8_t unknown[] = {7, 0, 0, 0, 250, 1, 0};
    static const uint8_t answers[] = {7, 0, 0, 0, 121, 1, 0};
    TEST(send_bytes(0, 0, 0) == -NINEP_EBADMSG, "nothing at all: EBADMSG");
    memcpy(buffer, unknown, 7);
    TEST(send_bytes(7, 0, 0) == -NINEP_EOPNOTSUPP && answer.tag == 1, "an unknown type");
    memcpy(buffer, answers, 7);
    TEST(send_bytes(7, 0, 0) == -NINEP_EOPNOTSUPP, "an answer is no request");
    memset(buffer, 0xff, sizeof(buffer));
    TEST(send_bytes(sizeof(buffer), 0, 0) == -NINEP_EBADMSG, "4096 bytes of ones");
    unsigned odd = 0;
    uint64_t seed = 1;
    for (int i = 0; i < 2000; i++) {
        size_t length = 7 + (seed >> 33) % 40;
        for (size_t at = 0; at < length; at++) {
            seed = seed * 6364136223846793005ul + 1442695040888963407ul;
            buffer[at] = (uint8_t)(seed >> 56);
        }
        buffer[0] = (uint8_t)length;
        buffer[1] = buffer[2] = buffer[3] = 0;
        int status = send_bytes(length, 0, 0);
        odd += status < -200;
        handle_close(answer_handle);
    }
    TEST(odd == 0, "2,000 messages of random bytes are all answered");
    struct channel gift;
    channel_create(&gift, 8, 1);
    struct ninep_message message = {.type = NINEP_TFLUSH};
    int length = ninep_encode(&message, buffer, sizeof(buffer));
    TEST(send_bytes((size_t)length, 1, gift.send) == 0, "a handle that nobody asked for");
    uint64_t word;
    struct channel_in in = {.data = &word, .capacity = sizeof(word)};
    TEST(channel_receive(gift.receive, &in, 0, clock_after(5000)) == 0 &&
             in.flags & ANSER_INFO_CLOSED,
         "is closed");
    handle_close(gift.receive);
}

/* Fids until there are no more; another session is not touched by that. */
static void test_limits(void)
{
    uint32_t fid = 100;
    anser_handle mine = server, other = names_lookup("files");
    ASK(.type = NINEP_TVERSION, .message_size = 4096, .name = ninep_string(NINEP_VERSION));
    attach(0);
    while (fid < 100000 && walk(0, fid, "") == 0)
        fid++;
    TEST(answer.error == NINEP_EMFILE && fid > 1100, "%u fids, then EMFILE", (unsigned)fid - 100);
    TEST(other > 0, "a session of its own for who looks the name up: %ld", (long)other);
    server = other;
    TEST(walk(0, 1, "") == -NINEP_ESTALE && attach(0) == 0 && walk(0, 1, "tests") == 0,
         "its fids are its own, and there is room");
    handle_close(other);
    server = mine;
    TEST(ASK(.type = NINEP_TVERSION, .message_size = 4096, .name = ninep_string(NINEP_VERSION)) ==
                 0 &&
             walk(0, 1, "") == -NINEP_ESTALE && attach(0) == 0 && walk(0, 1, OWN_FILE) == 0,
         "a version forgets them all");
}

/* The process of this name. */
static anser_handle find_process(const char *name)
{
    struct anser_process_info info;
    anser_handle system = start_handle("system");
    uint64_t id = 0;
    for (;;) {
        struct sys_result next =
            sys_system_info(system, ANSER_INFO_PROCESS, id, &info, sizeof(info));
        if (next.status <= 0)
            return -ESRCH;
        if (strcmp(info.name, name) == 0)
            return sys_process_find(system, info.id);
        id = next.value;
    }
}

static void test_restart(void)
{
    anser_handle process = find_process("servers/files");
    if (process < 0)
        process = find_process("files");
    TEST(open_fid(1, 0) == 0, "a file is open");
    TEST(process > 0 && sys_process_kill(process, 1) == 0, "the server is killed");
    handle_close(process);
    int status = ASK(.type = NINEP_TREAD, .fid = 1, .count = 4);
    if (status == -EPIPE)
        status = ASK(.type = NINEP_TREAD, .fid = 1, .count = 4);
    TEST(status == -NINEP_ESTALE, "its successor does not know the fid: ESTALE, not %d", status);
    TEST(attach(0) == 0 && walk(0, 1, OWN_FILE) == 0 && open_fid(1, 0) == 0 &&
             ASK(.type = NINEP_TREAD, .fid = 1, .count = 4) == 0 && answer.count == 4,
         "attached and walked again, it reads on");
}

int main(void)
{
    server = start_handle("files");
    TEST(server > 0, "a handle to the file server");
    test_session();
    test_walk();
    test_read();
    test_pages();
    test_directory();
    test_writing();
    test_hostile();
    test_limits();
    test_restart();
    return tap_done();
}
