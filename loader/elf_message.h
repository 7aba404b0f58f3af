/* SPDX-License-Identifier: BSD-2-Clause */
/* The words for each way in which the ELF reader refuses a file. */
#ifndef ANSER_ELF_MESSAGE_H
#define ANSER_ELF_MESSAGE_H

#include "loader/elf.h"

/* Room that is enough for every line, with names of ranges up to 40 characters. */
#define ELF_LINE_MAX 192

/*
 * Writes one line, without a newline and always NUL-terminated, that names the field which is
 * wrong, its value and why; cut off if it does not fit size bytes (at least 1). Returns its length.
 */
size_t elf_describe(const struct elf_error *error, char *line, size_t size);

#endif
