/* SPDX-License-Identifier: BSD-2-Clause */
/* The words for each way in which a device tree is refused. */
#include "loader/device_tree.h"

#include "loader/line.h"

static const char *const reasons[DEVICE_TREE_CODE_COUNT] = {
    [DEVICE_TREE_OK] = "is fine",
    [DEVICE_TREE_POINTER] = "is no address of a device tree",
    [DEVICE_TREE_HEADER] = "begins no device tree",
    [DEVICE_TREE_SIZE] = "is more than is taken",
    [DEVICE_TREE_STRUCTURE] = "bytes, and something in them is broken",
    [DEVICE_TREE_DEPTH] = "levels are nested too deep",
    [DEVICE_TREE_CELLS] = "is not 1 or 2 in the parent",
    [DEVICE_TREE_LENGTH] = "bytes is a wrong length",
    [DEVICE_TREE_STRING] = "bytes are not one string",
    [DEVICE_TREE_RANGE_WRAPS] = "begins a range that wraps around",
    [DEVICE_TREE_RANGE_HIGH] = "begins a range that ends past 56 bits",
    [DEVICE_TREE_MEMORY_NONE] = "\"memory\" is nowhere: there is no RAM",
    [DEVICE_TREE_MEMORY_OVERLAP] = "begins RAM that is listed twice",
    [DEVICE_TREE_MEMORY_MANY] = "pieces of RAM are all that is taken, and there are more",
    [DEVICE_TREE_RESERVED_MANY] = "reservations are all that is taken, and there are more",
    [DEVICE_TREE_HART_DUPLICATE] = "is a hart that is listed twice",
    [DEVICE_TREE_BOOT_HART] = "is this hart, and no usable rv64 hart with an MMU has that number",
    [DEVICE_TREE_TIMEBASE_NONE] = "is missing, or /cpus is",
    [DEVICE_TREE_TIMEBASE_ZERO] = "hertz measure no time",
    [DEVICE_TREE_PLIC_TWICE] = "is a second interrupt controller",
    [DEVICE_TREE_PLIC_CONTEXT_NONE] = "is a hart without an S-mode interrupt here",
    [DEVICE_TREE_PLIC_SMALL] = "bytes do not hold all contexts",
    [DEVICE_TREE_PLIC_SOURCES] = "is no number of interrupt sources from 1 to 1023",
    [DEVICE_TREE_INITRD_HALF] = "is there without the other end",
    [DEVICE_TREE_INITRD_ORDER] = "is before linux,initrd-start",
};

size_t device_tree_describe(const struct device_tree_error *error, char *text, size_t size)
{
    struct line line = line_begin(text, size);
    line_add(&line, "device tree: ");
    if (error->node) {
        line_add_foreign(&line, error->node);
        line_add(&line, ": ");
    }
    line_add(&line, error->property ? error->property : "value");
    line_add(&line, " = ");
    line_add_hex(&line, error->value);
    line_add(&line, " ");
    line_add(&line, error->code < DEVICE_TREE_CODE_COUNT ? reasons[error->code] : "is unknown");
    if (error->detail) {
        line_add(&line, " (");
        line_add(&line, error->detail);
        line_add(&line, ")");
    }
    return line.length;
}
