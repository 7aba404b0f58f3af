/* SPDX-License-Identifier: BSD-2-Clause */
/* From a path in the archive to a running process. */
#include <string.h>
#include "spawn.h"
#include "loader/cpio.h"
#include "boot.h"
#include "launch.h"

static bool find_file(const char *path, struct cpio_entry *file)
{
    enum cpio_code code = cpio_find(boot.archive, boot.archive_size, path, file);
    if (code != CPIO_OK)
        boot_report("%s: %s", path,
                    code == CPIO_NOT_FOUND ? "not in the archive" : cpio_describe(code));
    return code == CPIO_OK;
}

int launch_process(struct client *client, struct granted *granted, const struct launch *start)
{
    struct cpio_entry file;
    struct spawn_error error = {.message = ""};
    if (!find_file(start->path, &file)) {
        grants_close(granted);
        return -ANSER_ESRCH;
    }
    struct spawn spawn = {
        .name = start->arguments[0],
        .image = file.data,
        .image_size = file.size,
        .pages = boot.initrd,
        .pages_offset = file.offset,
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
