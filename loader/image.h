/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a device tree and an ELF file to a kernel image in memory and the bootinfo for it. Checks
 * everything first, then writes without failure. Pure: the host tests run the very same steps on
 * a window of ordinary memory.
 */
#ifndef ANSER_IMAGE_H
#define ANSER_IMAGE_H

#include "loader/elf.h"
#include <anser/bootinfo.h>

/* Where the kernel image begins: what is below belongs to the firmware. */
#define IMAGE_BASE 0x80200000ul

/*
 * Checks that what the device tree and the linker say about places fits together: the initrd and
 * the device tree are in RAM and meet neither each other, the loader, a reservation nor the room of
 * the image. info must be filled by device_tree_read, and info->loader be set. Sees to it that the
 * firmware's memory is reserved even if the tree forgot it. Returns 0, or -1 with a line in text.
 */
int image_check_places(struct bootinfo *info, char *text, size_t size);

/*
 * Checks the kernel image at file against info and makes the plan to load it. Nothing is written.
 * Returns ELF_OK, or why not.
 */
enum elf_code image_check(const void *file, size_t size, const struct bootinfo *info,
                          struct elf_plan *plan, struct elf_error *error);

/*
 * Carries out a plan that image_check made: copies the bytes, zeroes the rest and writes the
 * image's part of *info. window + address is where physical address lies; 0 on the machine itself.
 */
void image_write(const struct elf_plan *plan, const void *file, uintptr_t window,
                 struct bootinfo *info);

#endif
