/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bringing one ELF image into the space of a new process: judged first, then mapped in place where
 * it lies in a frozen pages object at a fitting offset, and copied where not.
 */
#ifndef ANSER_LIB_LOAD_IMAGE_H
#define ANSER_LIB_LOAD_IMAGE_H

#include "spawn.h"

/* An image, where it may go, and what was found in it. */
struct load_image {
    const void *bytes; /* the file, mapped in the caller */
    size_t size;
    anser_handle pages; /* frozen pages object that holds it, EXEC right; or 0 */
    uint64_t pages_offset;

    struct elf_image elf; /* by load_decode */
    struct elf_plan plan; /* by load_judge */
};

/* Writes what went wrong, if `error` is not NULL, and returns `status`. */
int spawn_refuse(struct spawn_error *error, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A call that failed: "WHAT VALUE: error N". Returns `status`. */
int spawn_refuse_call(struct spawn_error *error, int64_t status, const char *what, uint64_t value);

/* Reads the headers. Returns 0, or -ENOEXEC and why in *error. */
int load_decode(struct load_image *image, struct spawn_error *error);

/* Makes the plan to load it within [begin, end). Returns 0, or -ENOEXEC and why in *error. */
int load_judge(struct load_image *image, uint64_t begin, uint64_t end, struct spawn_error *error);

/* Fills the space of the process by the plan. Returns 0 or -errno; what was mapped stays. */
int load_segments(anser_handle process, const struct load_image *image, struct spawn_error *error);

/* Maps demand-zero memory into the process, at an address that must be free. 0 or -errno. */
int load_zeroed(anser_handle process, uint64_t address, uint64_t length, uint64_t prot,
                struct spawn_error *error);

/* Where the program header table is in memory once the image is loaded; 0: in no segment. */
uint64_t load_table_address(const struct load_image *image);

#endif
