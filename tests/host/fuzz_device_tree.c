/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: loader/device_tree.c loader/device_tree_hart.c loader/device_tree_walk.c */
/* sources: loader/device_tree_message.c loader/ranges.c loader/line.c */
/* libraries: -lfdt */
/*
 * Whatever the bytes are: the reader stays inside them, and what it accepts keeps the promises of
 * bootinfo.h. The first byte chooses: the bytes themselves, or a good tree with bytes exchanged.
 */
#include "device_tree_builder.h"
#include "loader/device_tree.h"

#include <stdbool.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_sorted(const struct boot_range *ranges, uint64_t count, uint64_t max)
{
    require(count <= max);
    for (uint64_t i = 0; i < count; i++) {
        require(ranges[i].size > 0 && ranges[i].base <= UINT64_MAX - ranges[i].size);
        if (i > 0)
            require(ranges[i - 1].base + ranges[i - 1].size < ranges[i].base);
    }
}

static void check_info(const struct bootinfo *info)
{
    bool boot_hart_found = false;
    require(info->hart_count >= 1 && info->hart_count <= BOOTINFO_HARTS_MAX);
    for (uint64_t i = 0; i < info->hart_count; i++)
        boot_hart_found |= info->harts[i].id == info->boot_hart;
    require(boot_hart_found && info->timebase_hz > 0 && info->memory_count > 0);
    check_sorted(info->memory, info->memory_count, BOOTINFO_MEMORY_MAX);
    check_sorted(info->reserved, info->reserved_count, BOOTINFO_RESERVED_MAX);
    require(memchr(info->cmdline, 0, sizeof info->cmdline));
    require(info->initrd.base <= UINT64_MAX - info->initrd.size);
    require(info->plic.size == 0 || (info->plic_sources > 0 && info->plic_sources < 1024));
}

static void read_tree(const uint8_t *bytes, size_t size)
{
    /* Every byte that a header's own fields are in must be there. */
    size_t room = size < sizeof(struct fdt_header) ? sizeof(struct fdt_header) : size;
    uint8_t *tree = aligned_alloc(8, (room + 7) & ~7ul);
    struct bootinfo info = {.boot_hart = 0};
    struct device_tree_error error;
    uint64_t harts_left;
    memset(tree, 0, (room + 7) & ~7ul);
    memcpy(tree, bytes, size);
    if (device_tree_read(tree, size, &info, &harts_left, &error) == DEVICE_TREE_OK) {
        check_info(&info);
    } else {
        char line[200];
        require(device_tree_describe(&error, line, sizeof line) < sizeof line);
    }
    free(tree);
}

static void read_changed(const uint8_t *changes, size_t size)
{
    static _Alignas(8) char good[TREE_SIZE_MAX];
    static _Alignas(8) uint8_t tree[TREE_SIZE_MAX];
    static uint32_t length;
    if (!length) {
        tree_build(good, 3);
        tree_must(fdt_pack(good));
        length = fdt_totalsize(good);
    }
    memcpy(tree, good, length);
    for (; size >= 3; size -= 3, changes += 3)
        tree[(changes[0] | changes[1] << 8) % length] = changes[2];
    read_tree(tree, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] % 2 == 0)
        read_tree(data + 1, size - 1);
    else
        read_changed(data + 1, size - 1);
    return 0;
}
