/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open files of the file server. Its files do not change, so what stat says is asked once. After
 * the server was restarted, a file finds its place again by its path.
 */
#include "ninep_file.h"
#include <string.h>
#include "descriptor.h"
#include "directory.h"
#include "heap.h"
#include "layout.h"
#include "lib/channel.h"
#include "lib/syscall.h"
#include "named_file.h"
#include "ninep_client.h"
#include "pseudo.h"
#include "user.h"

struct ninep_file {
    struct named_file named;
    struct mutex lock; /* for fid and pages */
    struct ninep_fid fid;
    struct linux_stat stat;
    anser_handle pages; /* 0: not asked for yet */
    uint64_t pages_offset;
    const uint8_t *view; /* its bytes, mapped for reading; NULL: not yet */
};

static struct ninep_file *ninep_file(struct file *file)
{
    return (struct ninep_file *)file;
}

static void take_attributes(struct linux_stat *stat, const struct ninep_message *answer)
{
    const struct ninep_attributes *attributes = &answer->attributes;
    *stat = (struct linux_stat){
        .device = NINEP_DEVICE,
        .inode = answer->qid.path + 1, /* 0 means "no file" to many programs */
        .mode = attributes->mode,
        .links = (uint32_t)attributes->links,
        .user = attributes->uid,
        .group = attributes->gid,
        .size = (int64_t)attributes->size,
        .block_size = (int32_t)attributes->block_size,
        .blocks = (int64_t)attributes->blocks,
        .accessed = {(int64_t)attributes->access.seconds, (int64_t)attributes->access.nanoseconds},
        .modified = {(int64_t)attributes->modification.seconds,
                     (int64_t)attributes->modification.nanoseconds},
        .changed = {(int64_t)attributes->change.seconds, (int64_t)attributes->change.nanoseconds},
    };
}

/* ---- Opening, and opening again. ------------------------------------------------------------- */

static int64_t open_fid(const struct ninep_fid *fid)
{
    struct ninep_buffer buffer;
    struct ninep_message answer;
    struct ninep_message request = {.type = NINEP_TLOPEN, .fid = fid->number};
    return ninep_exchange(&request, &answer, &buffer, NULL);
}

/* Walks to the path and opens it, unless `flags` have O_PATH. */
static int64_t reach(const char *path, uint32_t flags, struct ninep_fid *fid,
                     struct linux_stat *stat)
{
    struct ninep_message answer;
    int64_t status = -LINUX_EIO;
    for (int attempt = 0; attempt < NINEP_ATTEMPTS; attempt++) {
        status = ninep_walk(path, fid);
        if (status < 0)
            return status;
        status = ninep_get_attributes(fid, &answer);
        if (status >= 0 && !(flags & LINUX_O_PATH))
            status = open_fid(fid);
        if (status >= 0) {
            take_attributes(stat, &answer);
            return 0;
        }
        ninep_clunk(fid);
        if (status != -LINUX_ESTALE)
            return status;
    }
    return -LINUX_EIO;
}

/* The server has another life: finds the file there. Returns 0, or -ESTALE if it has gone. */
static int64_t reach_again(struct ninep_file *file)
{
    struct ninep_fid fid;
    struct linux_stat stat;
    mutex_lock(&file->lock);
    int64_t status = reach(file->named.path, file->named.file.flags, &fid, &stat);
    if (status >= 0) {
        ninep_clunk(&file->fid); /* tells nobody if it is stale, but gives its number back */
        file->fid = fid;
    }
    mutex_unlock(&file->lock);
    return status == -LINUX_ENOENT || status == -LINUX_ENOTDIR ? -LINUX_ESTALE : status;
}

/* Sends a request about an open file; fills its fid in. */
static int64_t ask(struct ninep_file *file, struct ninep_message *request,
                   struct ninep_message *answer, struct ninep_buffer *buffer, anser_handle *pages)
{
    for (int attempt = 0; attempt < NINEP_ATTEMPTS; attempt++) {
        mutex_lock(&file->lock);
        request->fid = file->fid.number;
        mutex_unlock(&file->lock);
        int64_t status = ninep_exchange(request, answer, buffer, pages);
        if (status != -LINUX_ESTALE)
            return status;
        status = reach_again(file);
        if (status < 0)
            return status;
    }
    return -LINUX_EIO;
}

/* ---- Files. ---------------------------------------------------------------------------------- */

/* One message's worth. Returns the bytes copied, 0 at the end of the file, or -errno. */
static int64_t read_piece(struct ninep_file *file, uint64_t to, uint64_t length, uint64_t offset)
{
    struct ninep_buffer buffer;
    struct ninep_message answer;
    struct ninep_message request = {
        .type = NINEP_TREAD,
        .offset = offset,
        .count = length < NINEP_DATA_MAX ? (uint32_t)length : NINEP_DATA_MAX,
    };
    int64_t status = ask(file, &request, &answer, &buffer, NULL);
    if (status < 0)
        return status;
    if (answer.count > request.count)
        return -LINUX_EIO;
    return answer.count > 0 ? user_write_some(to, answer.data, answer.count) : 0;
}

static int64_t get_pages(struct task *self, struct file *open, anser_handle *pages,
                         uint64_t *offset, uint64_t *size)
{
    (void)self;
    struct ninep_file *file = ninep_file(open);
    if (__atomic_load_n(&file->pages, __ATOMIC_ACQUIRE) == 0) {
        struct ninep_buffer buffer;
        struct ninep_message answer, request = {.type = NINEP_TPAGES};
        anser_handle handle = 0;
        int64_t status = ask(file, &request, &answer, &buffer, &handle);
        if (status < 0)
            return status == -LINUX_EOPNOTSUPP ? -LINUX_ENODEV : status;
        mutex_lock(&file->lock);
        if (file->pages != 0 || handle == 0)
            handle_close(handle);
        else
            file->pages_offset = answer.offset;
        if (file->pages == 0)
            __atomic_store_n(&file->pages, handle, __ATOMIC_RELEASE);
        mutex_unlock(&file->lock);
    }
    *pages = file->pages;
    *offset = file->pages_offset;
    *size = (uint64_t)file->stat.size;
    return *pages > 0 ? 0 : -LINUX_ENODEV;
}

/* Maps pages somewhere in LINUX_FILES. Returns the address, or NULL. */
static const uint8_t *map_view(anser_handle pages, uint64_t offset, uint64_t length)
{
    static uint64_t next;
    uint64_t room = LINUX_FILES_END - LINUX_FILES;
    for (int attempt = 0; attempt < 4 && length < room; attempt++) {
        uint64_t at =
            LINUX_FILES + __atomic_fetch_add(&next, length, __ATOMIC_RELAXED) % (room - length);
        struct sys_result result =
            sys_region_map(0, at, length, ANSER_PROT_READ | ANSER_MAP_NOREPLACE, pages, offset);
        if (result.status >= 0)
            return (const uint8_t *)result.value;
    }
    return NULL;
}

/* Where in its pages the file's view begins, and how long it is: whole pages. */
static uint64_t view_begin(const struct ninep_file *file)
{
    return file->pages_offset & ~(uint64_t)(ANSER_PAGE_SIZE - 1);
}

static uint64_t view_length(const struct ninep_file *file)
{
    uint64_t end = file->pages_offset + (uint64_t)file->stat.size + ANSER_PAGE_SIZE - 1;
    return (end & ~(uint64_t)(ANSER_PAGE_SIZE - 1)) - view_begin(file);
}

/*
 * Reads what is more than one message from the file's pages: that is faster, and nothing can
 * interrupt it in the middle, as nothing does on Linux. -ENODEV: the server has no such pages.
 */
static int64_t read_view(struct ninep_file *file, uint64_t to, uint64_t length, uint64_t offset)
{
    anser_handle pages;
    uint64_t begin, size;
    int64_t status = get_pages(NULL, &file->named.file, &pages, &begin, &size);
    if (status < 0)
        return status;
    mutex_lock(&file->lock);
    if (file->view == NULL)
        file->view = map_view(pages, view_begin(file), view_length(file));
    const uint8_t *view = file->view;
    mutex_unlock(&file->lock);
    if (view == NULL)
        return -LINUX_ENODEV;
    return user_write_some(to, view + (begin - view_begin(file)) + offset, length);
}

static int64_t read_at(struct task *self, struct file *file, uint64_t to, uint64_t length,
                       uint64_t offset)
{
    (void)self;
    uint64_t done = 0, size = (uint64_t)ninep_file(file)->stat.size;
    uint64_t there = offset < size ? size - offset : 0;
    if (length > there)
        length = there;
    if (length > NINEP_DATA_MAX) {
        int64_t copied = read_view(ninep_file(file), to, length, offset);
        if (copied != -LINUX_ENODEV)
            return copied;
    }
    while (done < length) {
        int64_t piece = read_piece(ninep_file(file), to + done, length - done, offset + done);
        if (piece < 0 && done == 0)
            return piece;
        if (piece <= 0)
            break;
        done += (uint64_t)piece;
    }
    return (int64_t)done;
}

static int64_t read_on(struct task *self, struct file *file, uint64_t to, uint64_t length)
{
    int64_t count = read_at(self, file, to, length, file->position);
    if (count > 0)
        file->position += (uint64_t)count;
    return count;
}

static int64_t seek(struct task *self, struct file *file, int64_t offset, int whence)
{
    (void)self;
    return named_file_seek(file, offset, whence, (uint64_t)ninep_file(file)->stat.size);
}

static int64_t get_stat(struct task *self, struct file *file, struct linux_stat *stat)
{
    (void)self;
    *stat = ninep_file(file)->stat;
    return 0;
}

static void release(struct file *open)
{
    struct ninep_file *file = ninep_file(open);
    ninep_clunk(&file->fid);
    if (file->view != NULL)
        sys_region_unmap(0, (uint64_t)file->view, view_length(file));
    handle_close(file->pages);
    heap_free(file->named.path);
    heap_free(file);
}

static const struct file_operations file_operations = {
    .kind = "/file",
    .read = read_on,
    .read_at = read_at,
    .seek = seek,
    .stat = get_stat,
    .pages = get_pages,
    .release = release,
};

/* ---- Directories. ---------------------------------------------------------------------------- */

/* Adds what the server has from the file's position on, and moves that. True: it has no more. */
static int64_t list_piece(struct ninep_file *file, struct directory_list *list, bool *end)
{
    struct ninep_buffer buffer;
    struct ninep_message answer;
    struct ninep_message request = {
        .type = NINEP_TREADDIR, .offset = file->named.file.position, .count = NINEP_DATA_MAX};
    int64_t status = ask(file, &request, &answer, &buffer, NULL);
    if (status < 0)
        return status;
    *end = answer.count == 0;
    struct ninep_entry entry;
    size_t length;
    for (uint32_t at = 0; at < answer.count; at += (uint32_t)length) {
        length = ninep_entry_decode(&entry, answer.data + at, answer.count - at);
        if (length == 0)
            return -LINUX_EIO;
        struct directory_entry next = {.inode = entry.qid.path + 1,
                                       .next = entry.next,
                                       .type = entry.type,
                                       .name = entry.name.text,
                                       .length = entry.name.length};
        if (!directory_add(list, &next))
            break;
        file->named.file.position = entry.next;
    }
    return 0;
}

static int64_t list_directory(struct task *self, struct file *file, uint64_t to, uint64_t length)
{
    (void)self;
    struct directory_list list = {.to = to, .room = length};
    bool end = false;
    while (file->position < PSEUDO_POSITION && !end && list.error == 0) {
        int64_t status = list_piece(ninep_file(file), &list, &end);
        if (status < 0)
            return list.used > 0 ? (int64_t)list.used : status;
    }
    /* The root also holds directories that no server knows. */
    if (list.error == 0)
        pseudo_list(file_path(file), &file->position, &list);
    return directory_result(&list);
}

static const struct file_operations directory_operations = {
    .kind = "/directory",
    .read = directory_read,
    .seek = directory_seek,
    .stat = get_stat,
    .list = list_directory,
    .release = release,
};

int64_t ninep_file_open(struct path *path, uint32_t flags, struct file **opened)
{
    struct ninep_file *file = heap_alloc(sizeof(*file));
    if (file == NULL)
        return -LINUX_ENOMEM;
    int64_t status = reach(path->text, flags, &file->fid, &file->stat);
    if (status < 0) {
        heap_free(file);
        return status;
    }
    bool directory = (file->stat.mode & LINUX_S_IFMT) == LINUX_S_IFDIR;
    file_init(&file->named.file, directory ? &directory_operations : &file_operations, flags);
    file->named.path = path->text;
    path->text = NULL;
    *opened = &file->named.file;
    return 0;
}

int64_t ninep_file_stat(const char *path, struct linux_stat *stat)
{
    struct ninep_fid fid;
    int64_t status = reach(path, LINUX_O_PATH, &fid, stat);
    if (status >= 0)
        ninep_clunk(&fid);
    return status;
}
