/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Being told of Ctrl-C and `kill`, for programs that have something to say or to finish before they
 * end. A program that wants to be told has
 *
 *     INTERRUPT_HEEDED;
 *
 * in one of its files. All others are ended without a word, and so is this one by the second
 * Ctrl-C, if it did not end after the first. The signal itself is the start handle START_SIGNALS
 * (<anser/init.h>), which a program can also wait on by itself.
 */
#ifndef ANSER_LIB_INTERRUPT_H
#define ANSER_LIB_INTERRUPT_H

#include <stdint.h>

/* The note ELF_NOTE_SIGNALS of elf_note.h: sizes of name and description, type, name. */
#define INTERRUPT_HEEDED                                                                           \
    __asm__(".pushsection .note.anser, \"a\", @note\n"                                             \
            ".balign 4\n"                                                                          \
            ".word 6, 0, 2\n"                                                                      \
            ".asciz \"Anser\"\n"                                                                   \
            ".balign 4\n"                                                                          \
            ".popsection")

/*
 * From now on `told` is called when a signal comes, with its number (2: Ctrl-C, 15: kill), by a
 * thread of its own; the other threads go on. It usually says what there is to say and calls exit,
 * with 128 and the number. Returns 0, -ESRCH: whoever started the program gave it no signals;
 * -ENOMEM.
 */
int interrupt_watch(void (*told)(int number));

#endif
