/* SPDX-License-Identifier: BSD-2-Clause */
/* From a path in the archive, or an image in somebody's pages, to a running process. */
#include "launch.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "channel.h"
#include "memory.h"
#include "servers/linux/layout.h"
#include "syscall.h"
#include "archive.h"
#include "boot.h"
#include "seed.h"
#include "services.h"

#define PERSONALITY_FILE "servers/linux"

/* Notes why it does not start, for the starter and for the log. Returns `status`. */
__attribute__((format(printf, 3, 4))) static int refuse(struct launch *start, int status,
                                                        const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(start->error.message, sizeof(start->error.message), format, arguments);
    va_end(arguments);
    boot_report("%s: %s", start->path, start->error.message);
    return status;
}

/* ---- The image. ------------------------------------------------------------------------------ */

/* Where an image is seen, and what of it is to be unmapped afterwards. */
struct view {
    const void *bytes;
    size_t size;
    anser_handle pages;
    uint64_t offset;
    const void *mapped; /* NULL: part of the archive, which stays */
};

static int view_file(struct launch *start, struct view *view)
{
    struct cpio_entry file;
    enum cpio_code code = archive_find(start->path, &file);
    if (code == CPIO_NOT_FOUND)
        return refuse(start, -ANSER_ESRCH, "not in the archive");
    if (code != CPIO_OK)
        return refuse(start, -ANSER_EINVAL, "%s", cpio_describe(code));
    *view = (struct view){
        .bytes = file.data, .size = file.size, .pages = boot.initrd, .offset = file.offset};
    return 0;
}

/* Whether nobody can write to the pages any more. What can be duplicated is frozen, so that
 * freezing it changes nothing, or shared, which is refused. */
static int check_frozen(anser_handle image)
{
    anser_handle copy = handle_duplicate(image);
    if (copy < 0)
        return (int)copy;
    handle_close(copy);
    return (int)sys_pages_freeze(image);
}

/* The pages are somebody else's, and could be written to while they are judged; so they must be
 * frozen. Only those can be mapped here and in the program at the same time. */
static int view_image(struct launch *start, struct view *view)
{
    if (start->image_offset % ANSER_PAGE_SIZE != 0 || start->image_size == 0)
        return refuse(start, -ANSER_EINVAL, "image of %lu bytes at %#lx of its pages",
                      start->image_size, start->image_offset);
    int status = check_frozen(start->image);
    if (status < 0)
        return refuse(start, -ANSER_EINVAL, "the image is not in frozen pages: error %d", -status);
    const void *bytes =
        memory_map_object(start->image, start->image_offset, start->image_size, ANSER_PROT_READ);
    if (!bytes)
        return refuse(start, -ANSER_EINVAL, "cannot map the image: error %d", errno);
    *view = (struct view){.bytes = bytes,
                          .size = start->image_size,
                          .pages = start->image,
                          .offset = start->image_offset,
                          .mapped = bytes};
    return 0;
}

/* What serves programs that are not Anser's own. Without it in the archive they are refused. */
static const struct spawn_personality *find_personality(struct spawn_personality *personality)
{
    struct cpio_entry file;
    if (archive_find(PERSONALITY_FILE, &file) != CPIO_OK)
        return NULL;
    *personality = (struct spawn_personality){
        .image = file.data,
        .image_size = file.size,
        .pages = boot.initrd,
        .pages_offset = file.offset,
        .begin = LINUX_IMAGE,
        .end = LINUX_HANDLERS,
        .stack_top = LINUX_STACK_TOP,
        .harts = boot_harts(),
    };
    return personality;
}

/* ---- Memory. --------------------------------------------------------------------------------- */

/*
 * Kept back from programs. What a driver shared with its clients stays where it is when it dies,
 * until they have heard of its successor; so that one needs its budget once more.
 */
static uint64_t reserved_pages(void)
{
    uint64_t most = 0;
    for (uint64_t i = 0; service_at(i); i++) {
        const struct manifest_entry *entry = service_at(i)->entry;
        if (manifest_find(entry, GRANT_DEVICE) && entry->memory_pages > most)
            most = entry->memory_pages;
    }
    return most;
}

/* What programs may have of what nobody has. */
static uint64_t available_pages(void)
{
    uint64_t free = boot_free_pages(), reserved = reserved_pages();
    return free > reserved ? free - reserved : 0;
}

/* Half of what is left for programs to come, within the stanza's bounds; or what was asked for. */
static int choose_for_program(struct launch *start, const struct manifest_entry *entry,
                              uint64_t *pages)
{
    uint64_t available = available_pages();
    if (*pages == 0) {
        *pages = available / 2 > entry->memory_pages ? available / 2 : entry->memory_pages;
        if (*pages > entry->memory_max_pages)
            *pages = entry->memory_max_pages;
    }
    if (*pages > available)
        return refuse(start, -ANSER_ENOMEM,
                      "it needs %lu KiB of memory, and %lu are left for programs", *pages * 4,
                      available * 4);
    return 0;
}

static int choose_memory(struct launch *start, const struct client *client, uint64_t *pages)
{
    const struct manifest_entry *entry = client->entry;
    *pages = start->memory_pages;
    if (*pages > entry->memory_max_pages)
        return refuse(start, -ANSER_ENOMEM, "%lu pages of memory wanted, at most %lu allowed",
                      *pages, entry->memory_max_pages);
    if (!client->service)
        return choose_for_program(start, entry, pages);
    if (*pages == 0)
        *pages = entry->memory_pages;
    return 0;
}

/* ---- The process. ---------------------------------------------------------------------------- */

/* The words for a program's devices, then what its starter gave it. */
static const char *const *join_environment(const struct granted *granted,
                                           const struct launch *start)
{
    static const char *joined[GRANTED_WORDS_MAX + LAUNCH_ENVIRONMENT_MAX + 1];
    unsigned count = 0;
    for (unsigned i = 0; i < granted->word_count; i++)
        joined[count++] = granted->environment[i];
    for (unsigned i = 0; i < start->environment_count; i++)
        joined[count++] = start->environment[i];
    joined[count] = NULL;
    return joined;
}

static int spawn_view(struct client *client, struct granted *granted, struct launch *start,
                      const struct view *view, uint64_t memory_pages)
{
    struct spawn_personality personality;
    char path[LAUNCH_PATH_MAX + 1];
    uint64_t random[2];
    seed_fill(random, sizeof(random));
    snprintf(path, sizeof(path), "%s%s", start->path[0] == '/' ? "" : "/", start->path);
    struct spawn spawn = {
        .name = start->arguments[0],
        .path = path,
        .image = view->bytes,
        .image_size = view->size,
        .pages = view->pages,
        .pages_offset = view->offset,
        .personality = find_personality(&personality),
        .arguments = start->arguments,
        .environment = join_environment(granted, start),
        .handles = granted->handles,
        .handle_count = granted->handle_count,
        .budget_pages = memory_pages,
        .priority = client->entry->priority,
        .priority_max = client->entry->priority,
        .exit = start->exit,
        .random = random,
        .foreign = &start->foreign,
        .heeds_signals = &start->heeds_signals,
    };
    anser_handle process = spawn_program(&spawn, &start->error);
    granted->handle_count = 0;
    if (process < 0) {
        boot_report("%s: %s", start->path, start->error.message);
        return (int)process;
    }
    client_set_process(client, process);
    return 0;
}

int launch_process(struct client *client, struct granted *granted, struct launch *start)
{
    struct view view = {.mapped = NULL};
    uint64_t pages;
    int status = start->image ? view_image(start, &view) : view_file(start, &view);
    if (status == 0)
        status = choose_memory(start, client, &pages);
    if (status == 0)
        status = spawn_view(client, granted, start, &view, pages);
    grants_close(granted); /* empty if the program has them */
    if (view.mapped)
        memory_unmap((void *)view.mapped, view.size);
    return status;
}
