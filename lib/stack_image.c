/* SPDX-License-Identifier: BSD-2-Clause */
/* From low to high: argc, argv, NULL, envp, NULL, auxv, AT_NULL, start handles, strings. */
#include "stack_image.h"

#include <string.h>

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
    size_t words = 1 + layout.argument_count + 1 + measure(contents->environment, &bytes) + 1 +
                   2 * (contents->auxiliary_count + 2);
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

static void write_strings(struct writer *writer, const char *const *strings)
{
    for (; *strings != NULL; strings++) {
        size_t size = strlen(*strings) + 1;
        memcpy(writer->string, *strings, size);
        *writer->word++ = writer->base + (uint64_t)(writer->string - writer->buffer);
        writer->string += size;
    }
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
    write_auxiliary(&writer, ANSER_AT_START, writer.base + layout.start);
    write_auxiliary(&writer, 0, 0);
    *writer.word++ = contents->handle_count;
    if (contents->handle_count > 0)
        memcpy(writer.word, contents->handles,
               contents->handle_count * sizeof(struct anser_start_handle));
    return writer.base;
}
