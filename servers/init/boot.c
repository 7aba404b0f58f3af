/* SPDX-License-Identifier: BSD-2-Clause */
/* Start of init: handles, the archive, the device tree, the command line. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <anser/init.h>
#include "channel.h"
#include "memory.h"
#include "start.h"
#include "syscall.h"
#include "boot.h"

struct boot boot;

static char **command_line;

void boot_report(const char *format, ...)
{
    char line[320];
    int length = snprintf(line, sizeof(line), "init: ");
    va_list arguments;
    va_start(arguments, format);
    length += vsnprintf(line + length, sizeof(line) - (size_t)length - 1, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof(line) - 2)
        length = sizeof(line) - 2;
    line[length++] = '\n';
    sys_log_write(boot.system, line, (uint64_t)length);
}

const char *boot_option(const char *key)
{
    size_t length = strlen(key);
    const char *found = getenv(key);
    for (char **word = command_line; *word; word++)
        if (strncmp(*word, key, length) == 0 && (*word)[length] == '=')
            found = *word + length + 1;
    return found;
}

bool boot_flag(const char *word)
{
    for (char **at = command_line; *at; at++)
        if (strcmp(*at, word) == 0)
            return true;
    return false;
}

/* init is the first process, so its record is the first, and what it has not given away is free. */
uint64_t boot_free_pages(void)
{
    struct anser_process_info info;
    struct sys_result result =
        sys_system_info(boot.system, ANSER_INFO_PROCESS, 0, &info, sizeof(info));
    bool known = result.status > 0 && info.pages_budget > info.pages_used;
    return known ? info.pages_budget - info.pages_used : 0;
}

uint64_t boot_harts(void)
{
    struct anser_system_info info;
    struct sys_result result =
        sys_system_info(boot.system, ANSER_INFO_SYSTEM, 0, &info, sizeof(info));
    return result.status > 0 ? info.harts : 0;
}

/* Maps the pages object that came as start handle `name`; its exact size is an option. */
static const void *map_start(const char *name, const char *size_key, anser_handle *handle,
                             size_t *size)
{
    const char *value = boot_option(size_key);
    *handle = start_handle(name);
    *size = value ? strtoul(value, NULL, 0) : 0;
    if (*handle == 0 || *size == 0) {
        boot_report("no start handle '%s', or no %s", name, size_key);
        return NULL;
    }
    const void *address = memory_map_object(*handle, 0, *size, ANSER_PROT_READ);
    if (!address)
        boot_report("cannot map %zu bytes of '%s': error %d", *size, name, errno);
    return address;
}

bool boot_init(char **argv)
{
    anser_handle tree_handle;
    size_t tree_size;
    struct channel channel;
    command_line = argv[0] ? argv + 1 : argv;
    boot.system = start_handle(START_SYSTEM);
    boot.archive = map_start(START_INITRD, "initrd_size", &boot.initrd, &boot.archive_size);
    boot.device_tree = map_start(START_DEVICE_TREE, "dtb_size", &tree_handle, &tree_size);
    int error = channel_create(&channel, INIT_ELEMENT, 0);
    if (error < 0)
        boot_report("cannot make a channel: error %d", -error);
    boot.send = channel.send;
    boot.receive = channel.receive;
    return boot.archive && error >= 0;
}
