/* SPDX-License-Identifier: BSD-2-Clause */
/* From low to high: argc, argv, NULL, envp, NULL, auxv, AT_NULL, start handles, strings, random
 * bytes. */
#include "stack_image.h"

#include <string.h>

#define AT_RANDOM   25
#define AT_EXECFN   31
#define RANDOM_SIZE 16

/* Counts the strings of a list, and adds up their bytes with NULs. */
static size_t measure(const char *const *strings, size_t *bytes)
{
    size_t count = 0;
    for (; strings[count] != NULL; count++)
        *bytes += strlen(strings[count]) + 1;
    return count;
}

/* Where the parts are, as offsets from the stack pointer. */
struct layout {
    size_t argument_count;
    size_t start;
    size_t strings;
    size_t size;
};

static struct layout plan(const struct stack_contents *contents)
{
    struct layout layout;
    size_t bytes = 0;
    layout.argument_count = measure(contents->arguments, &bytes);
    size_t words =
        1 + layout.argument_count + 1 + measure(contents->environment, &bytes) + 1 +
        2 * (contents->auxiliary_count + 2 + (contents->random != NULL) + (contents->path != NULL));
    bytes += contents->random != NULL ? RANDOM_SIZE : 0;
    bytes += contents->path != NULL ? strlen(contents->path) + 1 : 0;
    layout.start = words * sizeof(uint64_t);
    layout.strings = layout.start + sizeof(struct anser_start) +
                     contents->handle_count * sizeof(struct anser_start_handle);
    layout.size = (layout.strings + bytes + 15) & ~(size_t)15;
    return layout;
}

size_t stack_image_size(const struct stack_contents *contents)
{
    return plan(contents).size;
}

/* Two cursors in the image: the next word, and the next string. */
struct writer {
    uint64_t *word;
    char *string;
    const char *buffer;
    uint64_t base; /* address of buffer in the program */
};

/* Puts bytes where the next string goes; returns their address in the program. */
static uint64_t write_bytes(struct writer *writer, const void *bytes, size_t size)
{
    memcpy(writer->string, bytes, size);
    uint64_t address = writer->base + (uint64_t)(writer->string - writer->buffer);
    writer->string += size;
    return address;
}

static void write_strings(struct writer *writer, const char *const *strings)
{
    for (; *strings != NULL; strings++)
        *writer->word++ = write_bytes(writer, *strings, strlen(*strings) + 1);
    *writer->word++ = 0;
}

static void write_auxiliary(struct writer *writer, uint64_t type, uint64_t value)
{
    *writer->word++ = type;
    *writer->word++ = value;
}

uint64_t stack_image_write(const struct stack_contents *contents, void *buffer, uint64_t top)
{
    struct layout layout = plan(contents);
    struct writer writer = {
        .word = buffer,
        .string = (char *)buffer + layout.strings,
        .buffer = buffer,
        .base = top - layout.size,
    };
    memset(buffer, 0, layout.size);
    *writer.word++ = layout.argument_count;
    write_strings(&writer, contents->arguments);
    write_strings(&writer, contents->environment);
    for (size_t i = 0; i < contents->auxiliary_count; i++)
        write_auxiliary(&writer, contents->auxiliary[i].type, contents->auxiliary[i].value);
    if (contents->random != NULL)
        write_auxiliary(&writer, AT_RANDOM, write_bytes(&writer, contents->random, RANDOM_SIZE));
    if (contents->path != NULL)
        write_auxiliary(&writer, AT_EXECFN,
                        write_bytes(&writer, contents->path, strlen(contents->path) + 1));
    write_auxiliary(&writer, ANSER_AT_START, writer.base + layout.start);
    write_auxiliary(&writer, 0, 0);
    *writer.word++ = contents->handle_count;
    if (contents->handle_count > 0)
        memcpy(writer.word, contents->handles,
               contents->handle_count * sizeof(struct anser_start_handle));
    return writer.base;
}
