/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another process that runs the program which asks for it: its own text and data, put together as
 * an ELF file again. So one file holds both sides of a test. main tells them apart by argv.
 */
#ifndef ANSER_TESTS_SELF_IMAGE_H
#define ANSER_TESTS_SELF_IMAGE_H

#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "memory.h"
#include "spawn.h"

/* From lib/program.ld. */
extern char __text_begin[], __text_end[], __rodata_begin[], __rodata_end[], __note_end[];
extern char __tdata_start[], __data_end[], __bss_end[];

/* ELF-64: file header and program header. */
struct self_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct self_segment {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_size, memory_size, alignment;
};

struct self_image {
    struct self_header header;
    struct self_segment segments[4];
};

static inline uint64_t self_segment_end(uint64_t offset, const char *begin, const char *end)
{
    return offset + memory_round_up((size_t)(end - begin));
}

/* Adds one segment of the running program at `offset` of the file. */
static inline void self_add(struct self_image *image, int index, uint32_t flags, uint64_t offset,
                            const char *begin, const char *end, const char *memory_end)
{
    uint64_t size = (uint64_t)(end - begin);
    image->segments[index] = (struct self_segment){.type = 1,
                                                   .flags = flags,
                                                   .offset = offset,
                                                   .address = (uint64_t)begin,
                                                   .file_size = size,
                                                   .memory_size = (uint64_t)(memory_end - begin),
                                                   .alignment = MEMORY_PAGE};
    memcpy((char *)image + offset, begin, size);
}

/*
 * The image, and its size. To be called at the beginning of main: what is in .data then is what the
 * other process starts with (.bss is zero there).
 */
static inline struct self_image *self_image_make(size_t *size)
{
    uint64_t text = MEMORY_PAGE;
    uint64_t rodata = self_segment_end(text, __text_begin, __text_end);
    uint64_t data = self_segment_end(rodata, __rodata_begin, __rodata_end);
    *size = self_segment_end(data, __tdata_start, __data_end);
    struct self_image *image = memory_map(*size);
    if (image == NULL)
        abort();
    image->header = (struct self_header){
        .ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
        .type = 2,
        .machine = 243,
        .version = 1,
        .entry = (uint64_t)__text_begin,
        .phoff = sizeof(struct self_header),
        .ehsize = sizeof(struct self_header),
        .phentsize = sizeof(struct self_segment),
        .phnum = 4,
    };
    self_add(image, 0, 5, text, __text_begin, __text_end, __text_end);
    self_add(image, 1, 4, rodata, __rodata_begin, __rodata_end, __rodata_end);
    self_add(image, 2, 6, data, __tdata_start, __data_end, __bss_end);
    /* The note, which says that it is a program of Anser, is where read-only data begins. */
    image->segments[3] = image->segments[1];
    image->segments[3].type = 4;
    image->segments[3].file_size = (uint64_t)(__note_end - __rodata_begin);
    return image;
}

/*
 * Starts it with `role` as argv[1] and the handles, which are consumed. Priority 0 unless the
 * caller changes *spawn, which may hold any field but image, arguments and handles. Returns the
 * process handle, or -errno with the reason on the console.
 */
static inline anser_handle self_start(struct spawn *spawn, const struct self_image *image,
                                      size_t size, const char *role,
                                      const struct spawn_handle *handles, size_t handle_count)
{
    const char *const arguments[] = {"self", role, NULL};
    struct spawn_error error = {""};
    spawn->name = role;
    spawn->image = image;
    spawn->image_size = size;
    spawn->arguments = arguments;
    spawn->handles = handles;
    spawn->handle_count = handle_count;
    if (spawn->budget_pages == 0)
        spawn->budget_pages = 128;
    anser_handle process = spawn_program(spawn, &error);
    if (process < 0)
        printf("# %s does not start: %s\n", role, error.message);
    return process;
}

#endif
