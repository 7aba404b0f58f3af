/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel is to do with the first program: judged here, so that it needs no ELF reader. */
#ifndef ANSER_INIT_PROGRAM_H
#define ANSER_INIT_PROGRAM_H

#include <anser/bootinfo.h>
#include <stddef.h>

/*
 * Builds the topmost page of init's stack from the rest of *info, in memory of the loader's, and
 * notes its place in info->init.
 */
void init_program_stack(struct bootinfo *info);

/*
 * Finds the program `init` in the archive of info->initrd.size bytes (info->initrd.base as a
 * pointer is `archive`), and fills info->init. Returns 0; or -1 with a line in text that says what
 * is wrong, and info->init has no segment then.
 */
int init_program_plan(struct bootinfo *info, const void *archive, char *text, size_t size);

#endif
