/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a program's bytes come from. Files are mapped where they lie in the archive. */
#include "source.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "channel.h"
#include "memory.h"
#include "ninep.h"
#include "start.h"

#define FID_ROOT 0x736f0000u /* far from those of other code in this process */
#define FID_FILE 0x736f0001u
#define TRIES    8 /* a file server that dies has forgotten everything */

bool source_is_disk(const char *name)
{
    if (strncmp(name, "disk", 4) != 0 || name[4] == '\0')
        return false;
    for (name += 4; *name != '\0'; name++)
        if (!isdigit((unsigned char)*name))
            return false;
    return true;
}

/* ---- Files. ---------------------------------------------------------------------------------- */

/* One message of 9P. Its answer is in *answer, a handle that came along in *pages or closed. */
static int ask(const struct ninep_message *request, struct ninep_message *answer,
               anser_handle *pages)
{
    static uint8_t buffer[NINEP_MESSAGE_MAX];
    int length = ninep_encode(request, buffer, sizeof(buffer));
    if (length < 0)
        return -EINVAL;
    struct channel_out out = {.data = buffer, .length = (size_t)length};
    struct channel_in in = {.data = buffer, .capacity = sizeof(buffer)};
    int status = channel_call(start_handle("files"), &out, &in, CLOCK_NEVER);
    if (status < 0)
        return status == -EBADF ? -ENOENT : status; /* without the handle there are no files */
    status = ninep_decode(answer, buffer, in.length);
    if (status == 0 && answer->type == NINEP_RLERROR)
        status = -(int)answer->error;
    for (unsigned i = status == 0 && pages != NULL ? 1 : 0; i < in.handle_count; i++)
        handle_close(in.handles[i]);
    if (pages != NULL)
        *pages = status == 0 && in.handle_count > 0 ? in.handles[0] : 0;
    return status;
}

static int clunk(uint32_t fid)
{
    struct ninep_message answer;
    return ask(&(struct ninep_message){.type = NINEP_TCLUNK, .fid = fid}, &answer, NULL);
}

static int walk(const char *path)
{
    struct ninep_message request = {.type = NINEP_TWALK, .fid = FID_ROOT, .new_fid = FID_FILE},
                         answer;
    while (*path != '\0') {
        size_t length = strcspn(path, "/");
        if (request.walk_count == NINEP_WALK_MAX || length > UINT16_MAX)
            return -ENOENT;
        if (length > 0)
            request.names[request.walk_count++] = (struct ninep_string){path, (uint16_t)length};
        path += length + (path[length] == '/');
    }
    int status = ask(&request, &answer, NULL);
    if (status == 0 && answer.walk_count < request.walk_count)
        return -ENOENT;
    return status;
}

/* Where the file lies: *pages, the caller's, and offset and size in *answer. */
static int find_file(const char *path, struct ninep_message *answer, anser_handle *pages)
{
    int status = ask(&(struct ninep_message){.type = NINEP_TVERSION,
                                             .tag = NINEP_NO_TAG,
                                             .message_size = NINEP_MESSAGE_MAX,
                                             .name = ninep_string(NINEP_VERSION)},
                     answer, NULL);
    if (status == 0)
        status = ask(&(struct ninep_message){.type = NINEP_TATTACH,
                                             .fid = FID_ROOT,
                                             .auth_fid = NINEP_NO_FID,
                                             .name = ninep_string("root"),
                                             .target = ninep_string("")},
                     answer, NULL);
    if (status == 0)
        status = walk(path);
    if (status == 0)
        status = ask(&(struct ninep_message){.type = NINEP_TLOPEN, .fid = FID_FILE}, answer, NULL);
    if (status == 0 && answer->qid.type & NINEP_QID_DIRECTORY)
        status = -EISDIR;
    if (status == 0)
        status = ask(&(struct ninep_message){.type = NINEP_TPAGES, .fid = FID_FILE}, answer, pages);
    return status;
}

static int open_file(struct source *source, const char *path)
{
    struct ninep_message answer, ignored;
    anser_handle pages = 0;
    int status = -EPIPE;
    for (int i = 0; i < TRIES && (status == -EPIPE || status == -NINEP_ESTALE); i++)
        status = find_file(path, &answer, &pages);
    uint64_t offset = answer.offset, size = answer.size;
    if (status == 0)
        ask(&(struct ninep_message){.type = NINEP_TCLUNK, .fid = FID_FILE}, &ignored, NULL);
    else
        clunk(FID_FILE);
    clunk(FID_ROOT);
    if (status < 0)
        return status;
    uint64_t begin = offset & ~(uint64_t)(MEMORY_PAGE - 1);
    source->size = size;
    source->mapping_size = memory_round_up(offset + size - begin);
    if (size > 0)
        source->mapping = memory_map_object(pages, begin, source->mapping_size, ANSER_PROT_READ);
    handle_close(pages);
    if (size > 0 && source->mapping == NULL)
        return -ENOMEM;
    source->file = (const uint8_t *)source->mapping + (offset - begin);
    return 0;
}

/* ---- All of them. ---------------------------------------------------------------------------- */

int source_open(struct source *source, const char *name)
{
    *source = (struct source){.size = SOURCE_UNKNOWN};
    if (strcmp(name, "-") == 0)
        return 0;
    source->zeros = strcmp(name, "/dev/zero") == 0;
    if (source->zeros)
        return 0;
    if (strcmp(name, "/dev/null") == 0) {
        source->size = 0;
        return 0;
    }
    if (!source_is_disk(name))
        return open_file(source, name);
    int status = block_open(&source->block, name, 0, 0);
    if (status == 0)
        source->size = block_size(source->block);
    return status;
}

static int64_t read_stdin(void *buffer, size_t length)
{
    size_t done = 0;
    while (done < length) {
        ssize_t count = read(STDIN_FILENO, (char *)buffer + done, length - done);
        if (count == 0)
            break;
        if (count < 0 && errno != EINTR)
            return -errno;
        done += count > 0 ? (size_t)count : 0;
    }
    return (int64_t)done;
}

int64_t source_read(struct source *source, void *buffer, size_t length)
{
    if (source->zeros) {
        memset(buffer, 0, length);
        source->position += length;
        return (int64_t)length;
    }
    if (source->size == SOURCE_UNKNOWN) {
        int64_t count = read_stdin(buffer, length);
        source->position += count > 0 ? (uint64_t)count : 0;
        return count;
    }
    if (length > source->size - source->position)
        length = source->size - source->position;
    int status = 0;
    if (source->block != NULL)
        status = block_read(source->block, buffer, source->position, length);
    else if (length > 0)
        memcpy(buffer, source->file + source->position, length);
    if (status < 0)
        return status;
    source->position += length;
    return (int64_t)length;
}

int source_skip(struct source *source, uint64_t length)
{
    char dropped[1024];
    if (source->zeros || source->size != SOURCE_UNKNOWN) {
        if (length > source->size - source->position)
            return -EINVAL;
        source->position += length;
        return 0;
    }
    while (length > 0) {
        int64_t count = source_read(source, dropped,
                                    length < sizeof(dropped) ? (size_t)length : sizeof(dropped));
        if (count <= 0)
            return count < 0 ? (int)count : -EINVAL;
        length -= (uint64_t)count;
    }
    return 0;
}

void source_close(struct source *source)
{
    block_close(source->block);
    if (source->mapping != NULL)
        memory_unmap(source->mapping, source->mapping_size);
    *source = (struct source){0};
}

const char *source_reason(int status)
{
    switch (status) {
    case -ESRCH:
        return "there is no such disk";
    case -ENOENT:
        return "there is no such file";
    case -EINVAL:
        return "that is beyond its end";
    case -EPIPE:
        return "its server was given up; 'services' shows why, 'restart' starts it again";
    default:
        return strerror(-status);
    }
}
