/* SPDX-License-Identifier: BSD-2-Clause */
/* From a path in the archive to a running process. */
#include <stdio.h>
#include <string.h>
#include "spawn.h"
#include "loader/cpio.h"
#include "servers/linux/layout.h"
#include "boot.h"
#include "launch.h"

#define PERSONALITY_FILE "servers/linux"

static bool find_file(const char *path, struct cpio_entry *file)
{
    enum cpio_code code = cpio_find(boot.archive, boot.archive_size, path, file);
    if (code != CPIO_OK)
        boot_report("%s: %s", path,
                    code == CPIO_NOT_FOUND ? "not in the archive" : cpio_describe(code));
    return code == CPIO_OK;
}

/* What serves programs that are not Anser's own. Without it in the archive they are refused. */
static const struct spawn_personality *find_personality(struct spawn_personality *personality)
{
    struct cpio_entry file;
    if (cpio_find(boot.archive, boot.archive_size, PERSONALITY_FILE, &file) != CPIO_OK)
        return NULL;
    *personality = (struct spawn_personality){
        .image = file.data,
        .image_size = file.size,
        .pages = boot.initrd,
        .pages_offset = file.offset,
        .begin = LINUX_IMAGE,
        .end = LINUX_HANDLERS,
        .stack_top = LINUX_STACK_TOP,
    };
    return personality;
}

int launch_process(struct client *client, struct granted *granted, const struct launch *start)
{
    struct cpio_entry file;
    struct spawn_personality personality;
    struct spawn_error error = {.message = ""};
    char path[MANIFEST_PATH_MAX + 1];
    if (!find_file(start->path, &file)) {
        grants_close(granted);
        return -ANSER_ESRCH;
    }
    snprintf(path, sizeof(path), "/%s", start->path);
    struct spawn spawn = {
        .name = start->arguments[0],
        .path = path,
        .image = file.data,
        .image_size = file.size,
        .pages = boot.initrd,
        .pages_offset = file.offset,
        .personality = find_personality(&personality),
        .arguments = start->arguments,
        .environment = granted->environment,
        .handles = granted->handles,
        .handle_count = granted->handle_count,
        .budget_pages = client->entry->memory_pages,
        .priority = client->entry->priority,
        .priority_max = client->entry->priority,
        .exit = start->exit,
    };
    anser_handle process = spawn_program(&spawn, &error);
    granted->handle_count = 0;
    if (process < 0) {
        boot_report("%s: %s", start->path, error.message);
        return (int)process;
    }
    client_set_process(client, process);
    return 0;
}
