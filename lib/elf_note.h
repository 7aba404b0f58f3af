/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The note by which a program says that it was written for Anser's own calls. A program without it
 * is foreign: another system's, to be served by a personality. Pure, compiles for the host.
 */
#ifndef ANSER_LIB_ELF_NOTE_H
#define ANSER_LIB_ELF_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/elf.h"

#define ELF_NOTE_OWNER   "Anser"
#define ELF_NOTE_VERSION 1 /* type; the description is ANSER_ABI_VERSION, 32 bits */
#define ELF_NOTE_SIGNALS 2 /* type, without description: it heeds the start handle "signals" */

/*
 * Looks for our note in the PT_NOTE entries of a file that elf_decode took, `size` bytes at
 * `bytes`. Returns true and the version of the calls; false: it is not there. Damaged notes are as
 * good as none. Never reads outside the file. System V ABI, "Note Section".
 */
bool elf_note_version(const void *bytes, size_t size, const struct elf_image *image,
                      uint32_t *version);

/* Likewise, whether there is a note ELF_NOTE_SIGNALS (lib/interrupt.h). */
bool elf_note_signals(const void *bytes, size_t size, const struct elf_image *image);

#endif
