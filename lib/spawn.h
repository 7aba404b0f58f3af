/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting a program from an ELF image that the caller has mapped. Text and read-only data are
 * mapped in place where the image lies in a frozen pages object at a fitting offset, all else is
 * copied.
 */
#ifndef ANSER_LIB_SPAWN_H
#define ANSER_LIB_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <anser/abi.h>
#include "loader/elf.h"

#define SPAWN_STACK_DEFAULT (128 * 1024)
#define SPAWN_STACK_FOREIGN (8 * 1024 * 1024)
#define SPAWN_MESSAGE_MAX   160

/* A handle that the program finds with start_handle(name). */
struct spawn_handle {
    const char *name; /* shorter than ANSER_NAME_MAX */
    anser_handle handle;
};

/*
 * What serves a foreign program, one without the note of elf_note.h: a second image, in a part of
 * the space that is its own. The first thread begins at the personality's entry, with the program's
 * stack; the program's own entry is AT_ENTRY.
 */
struct spawn_personality {
    const void *image; /* as in struct spawn */
    size_t image_size;
    anser_handle pages;
    uint64_t pages_offset;
    uint64_t begin, end; /* where its image lies */
    uint64_t stack_top;  /* the first stack ends here; the program lies below it */
    uint64_t harts;      /* what it is told as ANSER_AT_HARTS */
};

struct spawn {
    const char *name;  /* of the process; cut to ANSER_NAME_MAX - 1 */
    const char *path;  /* a foreign program's AT_EXECFN; NULL: the name */
    const void *image; /* the ELF file, mapped in the caller */
    size_t image_size;
    anser_handle pages;    /* frozen pages object that holds the image, EXEC right; or 0 */
    uint64_t pages_offset; /* where in it the image begins */
    const struct spawn_personality *personality; /* NULL: foreign programs are refused */

    const char *const *arguments;   /* argv, NULL-terminated; NULL: just the name */
    const char *const *environment; /* NULL-terminated; NULL: empty */
    const struct spawn_handle *handles;
    size_t handle_count;

    uint64_t budget_pages;
    uint64_t priority;     /* of the first thread */
    uint64_t priority_max; /* ceiling of the process */
    size_t stack_size;     /* bytes; 0: SPAWN_STACK_DEFAULT, or _FOREIGN */
    anser_handle exit;     /* send handle for ANSER_EVENT_EXIT, or 0; stays the caller's */
    anser_handle fault;    /* likewise, ANSER_EVENT_FAULT */
    const void *random;    /* 16 bytes for a foreign program's AT_RANDOM; NULL: from the time */
    bool *foreign;         /* told, once it has started, whether the program is; or NULL */
    bool *heeds_signals;   /* likewise, whether it is ours and says so in its note */
};

/* What went wrong, in words: the step, the field, the value, the errno. */
struct spawn_error {
    char message[SPAWN_MESSAGE_MAX];
};

/*
 * Starts the program. Returns the process handle, the caller's, or -errno with the reason in *error
 * (which may be NULL): -ENOEXEC for an image that cannot be run, -EINVAL for arguments that cannot
 * be, -ENOMEM, -EMFILE, or what the failing call said.
 *
 * Each handle in `handles` is consumed in every case: moved into the program, or closed. After an
 * error no process, mapping or handle is left; its exit event may still come to `exit`.
 */
anser_handle spawn_program(const struct spawn *spawn, struct spawn_error *error);

#endif
