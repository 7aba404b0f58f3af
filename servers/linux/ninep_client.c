/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server that dies takes its fids along. Its successor behind the same channel answers them with
 * ESTALE, and a call that was being served by then ends with EPIPE: in both cases `life` is counted
 * up by whoever attaches first, and everybody walks again.
 */
#include <stdbool.h>
#include <string.h>
#include "descriptor_abi.h"
#include "lib/channel.h"
#include "ninep_client.h"
#include "process.h"

#define ROOT     0    /* the fid that everything is walked from */
#define FIDS_MAX 4160 /* less than the server grants a session */
#define WORD     64

static struct {
    struct mutex lock;
    uint32_t life; /* 0: not attached yet */
    uint64_t used[FIDS_MAX / WORD];
    /* The server may still know this number: an interruption hid the answer. */
    uint64_t doubtful[FIDS_MAX / WORD];
} client = {.used = {1ul << ROOT}};

static void close_received(const struct channel_in *in, anser_handle *pages)
{
    for (unsigned i = 0; i < in->handle_count; i++) {
        if (i == 0 && pages != NULL)
            *pages = in->handles[0];
        else
            handle_close(in->handles[i]);
    }
}

/* On Linux no signal ends a call on a file: it is delivered, and the call made once more. */
static int64_t call_error(int status)
{
    if (status == -ANSER_EPIPE)
        return -LINUX_ESTALE;
    return status == -ANSER_EINTR ? -LINUX_ERESTARTNOINTR : status;
}

int64_t ninep_exchange(const struct ninep_message *request, struct ninep_message *answer,
                       struct ninep_buffer *buffer, anser_handle *pages)
{
    anser_handle server = process_handle("files");
    if (server == 0)
        return -LINUX_ENOENT;
    int length = ninep_encode(request, buffer->bytes, sizeof(buffer->bytes));
    if (length < 0)
        return -LINUX_ENAMETOOLONG;
    struct channel_out out = {.data = buffer->bytes, .length = (size_t)length};
    struct channel_in in = {.data = buffer->bytes, .capacity = sizeof(buffer->bytes)};
    if (pages != NULL)
        *pages = 0;
    int status = channel_call(server, &out, &in, CLOCK_NEVER);
    if (status < 0)
        return call_error(status);
    status = ninep_decode(answer, buffer->bytes, in.length);
    bool expected = status == 0 && answer->type == request->type + 1;
    close_received(&in, expected ? pages : NULL);
    if (status == 0 && answer->type == NINEP_RLERROR && answer->error != 0)
        return -(int64_t)answer->error;
    return expected ? 0 : -LINUX_EIO;
}

/* ---- Attaching. ------------------------------------------------------------------------------ */

static int64_t attach_locked(void)
{
    struct ninep_buffer buffer;
    struct ninep_message answer;
    struct ninep_message version = {.type = NINEP_TVERSION,
                                    .tag = NINEP_NO_TAG,
                                    .message_size = NINEP_MESSAGE_MAX,
                                    .name = ninep_string(NINEP_VERSION)};
    int64_t status = ninep_exchange(&version, &answer, &buffer, NULL);
    if (status < 0)
        return status;
    struct ninep_message attach = {.type = NINEP_TATTACH,
                                   .fid = ROOT,
                                   .auth_fid = NINEP_NO_FID,
                                   .name = ninep_string("root"),
                                   .target = ninep_string("")};
    status = ninep_exchange(&attach, &answer, &buffer, NULL);
    if (status < 0)
        return status;
    client.life++;
    memset(client.doubtful, 0, sizeof(client.doubtful));
    return 0;
}

/* Attaches, unless somebody else did since `life`. */
static int64_t attach(uint32_t life)
{
    mutex_lock(&client.lock);
    int64_t status = client.life == life ? attach_locked() : 0;
    mutex_unlock(&client.lock);
    return status;
}

static uint32_t current_life(void)
{
    return __atomic_load_n(&client.life, __ATOMIC_ACQUIRE);
}

int ninep_is_stale(const struct ninep_fid *fid)
{
    return fid->life != current_life();
}

/* ---- Numbers of fids. ------------------------------------------------------------------------ */

static int64_t tell_clunk(uint32_t number)
{
    struct ninep_buffer buffer;
    struct ninep_message answer;
    struct ninep_message request = {.type = NINEP_TCLUNK, .fid = number};
    return ninep_exchange(&request, &answer, &buffer, NULL);
}

/* A free number, or 0; *doubtful says whether the server has to forget it first. */
static uint32_t take_number(bool *doubtful)
{
    mutex_lock(&client.lock);
    for (unsigned i = 0; i < FIDS_MAX / WORD; i++) {
        if (client.used[i] == UINT64_MAX)
            continue;
        unsigned bit = (unsigned)__builtin_ctzl(~client.used[i]);
        client.used[i] |= 1ul << bit;
        *doubtful = (client.doubtful[i] >> bit & 1) != 0;
        client.doubtful[i] &= ~(1ul << bit);
        mutex_unlock(&client.lock);
        return i * WORD + bit;
    }
    mutex_unlock(&client.lock);
    return 0;
}

static void return_number(uint32_t number, bool doubtful)
{
    uint64_t bit = 1ul << number % WORD;
    mutex_lock(&client.lock);
    client.used[number / WORD] &= ~bit;
    if (doubtful)
        client.doubtful[number / WORD] |= bit;
    mutex_unlock(&client.lock);
}

static int64_t make_fid(struct ninep_fid *fid)
{
    bool doubtful = false;
    fid->life = current_life();
    fid->number = take_number(&doubtful);
    if (fid->number == 0)
        return -LINUX_EMFILE;
    if (!doubtful || tell_clunk(fid->number) != -LINUX_ERESTARTNOINTR)
        return 0;
    return_number(fid->number, true);
    fid->number = 0;
    return -LINUX_ERESTARTNOINTR;
}

void ninep_clunk(struct ninep_fid *fid)
{
    if (fid->number == 0)
        return;
    bool told = ninep_is_stale(fid) || tell_clunk(fid->number) != -LINUX_ERESTARTNOINTR;
    return_number(fid->number, !told);
    fid->number = 0;
}

/* ---- Walking. -------------------------------------------------------------------------------- */

/* Takes the next names of the path into the request, as many as a message holds. */
static int64_t take_names(struct ninep_message *request, const char **path)
{
    const char *at = *path;
    size_t bytes = 0;
    request->walk_count = 0;
    while (*at == '/' && at[1] != '\0' && request->walk_count < NINEP_WALK_MAX) {
        size_t length = strcspn(at + 1, "/");
        if (length > NINEP_NAME_MAX)
            return -LINUX_ENAMETOOLONG;
        bytes += 2 + length;
        if (bytes > NINEP_MESSAGE_MAX - 64)
            break;
        request->names[request->walk_count++] = (struct ninep_string){at + 1, (uint16_t)length};
        at += 1 + length;
    }
    *path = at;
    return 0;
}

/* One message's worth of names from `from`, to `to`. */
static int64_t walk_step(uint32_t from, uint32_t to, const char **path)
{
    struct ninep_buffer buffer;
    struct ninep_message answer;
    struct ninep_message request = {.type = NINEP_TWALK, .fid = from, .new_fid = to};
    int64_t status = take_names(&request, path);
    if (status == 0)
        status = ninep_exchange(&request, &answer, &buffer, NULL);
    if (status < 0 || answer.walk_count == request.walk_count)
        return status;
    unsigned last = answer.walk_count;
    bool directory = last == 0 || answer.qids[last - 1].type & NINEP_QID_DIRECTORY;
    return directory ? -LINUX_ENOENT : -LINUX_ENOTDIR;
}

static int64_t walk_once(const char *path, struct ninep_fid *fid)
{
    int64_t status = make_fid(fid);
    if (status < 0)
        return status;
    status = walk_step(ROOT, fid->number, &path);
    bool there = status == 0;
    while (status == 0 && *path == '/' && path[1] != '\0')
        status = walk_step(fid->number, fid->number, &path);
    if (status == 0)
        return 0;
    if (there)
        ninep_clunk(fid);
    else
        return_number(fid->number, status == -LINUX_ERESTARTNOINTR || status == -LINUX_EEXIST);
    fid->number = 0;
    return status;
}

int64_t ninep_walk(const char *path, struct ninep_fid *fid)
{
    for (int attempt = 0; attempt < NINEP_ATTEMPTS; attempt++) {
        uint32_t life = current_life();
        int64_t status = life == 0 ? -LINUX_ESTALE : walk_once(path, fid);
        if (status == -LINUX_EEXIST)
            continue; /* a number whose clunk came to nothing: it is doubtful now */
        if (status != -LINUX_ESTALE)
            return status;
        status = attach(life);
        if (status < 0 && status != -LINUX_ESTALE)
            return status;
    }
    return -LINUX_EIO;
}

int64_t ninep_get_attributes(const struct ninep_fid *fid, struct ninep_message *answer)
{
    struct ninep_buffer buffer;
    struct ninep_message request = {
        .type = NINEP_TGETATTR, .fid = fid->number, .mask = NINEP_ATTRIBUTES_BASIC};
    return ninep_exchange(&request, answer, &buffer, NULL);
}
