/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `dd [if=NAME] [of=NAME] [bs=N] [count=N] [skip=N] [seek=N] [conv=fsync] [status=...]`: copies
 * bytes in blocks, as its namesake of POSIX, between disks, files (from there only), stdin and
 * stdout. An input block is filled, however its bytes come; so only the last one can be short.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "block.h"
#include "clock.h"
#include "interrupt.h"
#include "progress.h"
#include "source.h"

#define BLOCK_MAX (64u << 20)
#define PATIENCE  2000 /* ms without a word, unless status= says otherwise */

enum status { STATUS_USUAL, STATUS_PROGRESS, STATUS_NOXFER, STATUS_NONE };

struct copy {
    const char *input, *output;
    uint64_t block_size, count, skip, seek;
    bool sync;
    enum status status;
    struct source source;
    struct block *disk;   /* NULL: stdout, or */
    bool discards;        /* /dev/null */
    const char *at_fault; /* the one of the two that an error is about */
    uint64_t whole, partial, bytes;
};

INTERRUPT_HEEDED;

static struct copy current = {.input = "-", .output = "-", .block_size = 512, .count = UINT64_MAX};
static struct progress progress;

_Noreturn static void fail(const char *about, const char *what)
{
    fprintf(stderr, "dd: %s: %s\n", about, what);
    exit(1);
}

/* ---- Operands. ------------------------------------------------------------------------------- */

/* A number with c, w, b, or k, M, G, or kB, MB, GB behind it, and products with x between them. */
static uint64_t read_number(const char *operand, const char *text)
{
    static const struct {
        const char *suffix;
        uint64_t factor;
    } suffixes[] = {{"", 1},         {"c", 1},        {"w", 2},         {"b", 512},
                    {"kB", 1000},    {"k", 1 << 10},  {"K", 1 << 10},   {"KiB", 1 << 10},
                    {"MB", 1000000}, {"M", 1 << 20},  {"MiB", 1 << 20}, {"GB", 1000000000},
                    {"G", 1 << 30},  {"GiB", 1 << 30}};
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (end == text || *text == '-' || errno != 0)
        fail(operand, "not a number");
    size_t length = strcspn(end, "x");
    for (unsigned i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        if (strlen(suffixes[i].suffix) != length || strncmp(end, suffixes[i].suffix, length) != 0)
            continue;
        uint64_t more = end[length] == 'x' ? read_number(operand, end + length + 1) : 1;
        if (__builtin_mul_overflow(value, suffixes[i].factor, &value) ||
            __builtin_mul_overflow(value, more, &value))
            fail(operand, "too large");
        return value;
    }
    fail(operand, "not a number");
}

static void read_conversion(struct copy *copy, const char *operand, const char *list)
{
    while (*list != '\0') {
        size_t length = strcspn(list, ",");
        if (length == 5 && strncmp(list, "fsync", 5) == 0)
            copy->sync = true;
        else if (!(length == 7 && strncmp(list, "notrunc", 7) == 0)) /* disks are never cut */
            fail(operand, "only fsync and notrunc are known");
        list += length + (list[length] == ',');
    }
}

static enum status read_status(const char *operand, const char *text)
{
    static const char *const names[] = {
        [STATUS_PROGRESS] = "progress", [STATUS_NOXFER] = "noxfer", [STATUS_NONE] = "none"};
    for (unsigned i = STATUS_PROGRESS; i <= STATUS_NONE; i++)
        if (strcmp(text, names[i]) == 0)
            return (enum status)i;
    fail(operand, "progress, noxfer or none");
}

static void read_operand(struct copy *copy, const char *operand)
{
    const struct {
        const char *key;
        uint64_t *number;
        const char **text;
    } keys[] = {{"if=", NULL, &copy->input},      {"of=", NULL, &copy->output},
                {"bs=", &copy->block_size, NULL}, {"count=", &copy->count, NULL},
                {"skip=", &copy->skip, NULL},     {"seek=", &copy->seek, NULL}};
    for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        size_t length = strlen(keys[i].key);
        if (strncmp(operand, keys[i].key, length) != 0)
            continue;
        if (keys[i].text != NULL)
            *keys[i].text = operand + length;
        else
            *keys[i].number = read_number(operand, operand + length);
        return;
    }
    if (strncmp(operand, "conv=", 5) == 0)
        read_conversion(copy, operand, operand + 5);
    else if (strncmp(operand, "status=", 7) == 0)
        copy->status = read_status(operand, operand + 7);
    else
        fail(operand,
             "not an operand\n"
             "usage: dd [if=DISK|FILE|/dev/zero] [of=DISK|/dev/null] [bs=N] [count=N] [skip=N] "
             "[seek=N]\n"
             "          [conv=fsync] [status=none|noxfer|progress]; N: 512, 64k, 1M, 2x1M");
}

/* ---- Copying. -------------------------------------------------------------------------------- */

/* Of stdin and stdout, and of files once they are open, the error number says all. */
static const char *why(const char *about, int status)
{
    return source_is_disk(about) ? source_reason(status) : strerror(-status);
}

static void open_both(struct copy *copy)
{
    uint64_t skipped, sought;
    if (copy->block_size == 0 || copy->block_size > BLOCK_MAX)
        fail("bs=", "1 to 64M");
    if (__builtin_mul_overflow(copy->skip, copy->block_size, &skipped) ||
        __builtin_mul_overflow(copy->seek, copy->block_size, &sought))
        fail("skip=, seek=", "too large");
    int status = source_open(&copy->source, copy->input);
    if (status < 0)
        fail(copy->input, source_reason(status));
    status = source_skip(&copy->source, skipped);
    if (status < 0)
        fail(copy->input, status == -EINVAL ? "skip= is behind its end" : source_reason(status));
    copy->discards = strcmp(copy->output, "/dev/null") == 0;
    if (copy->discards || strcmp(copy->output, "-") == 0)
        return;
    if (!source_is_disk(copy->output))
        fail(copy->output, "of= takes a disk: the file system is read-only");
    status = block_open(&copy->disk, copy->output, 0, 0);
    if (status < 0)
        fail(copy->output, source_reason(status));
    if (sought > block_size(copy->disk))
        fail(copy->output, "seek= is behind its end");
}

static int write_stdout(const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t count = write(STDOUT_FILENO, bytes, length);
        if (count < 0 && errno != EINTR)
            return -errno;
        bytes += count > 0 ? count : 0;
        length -= count > 0 ? (size_t)count : 0;
    }
    return 0;
}

/* How many of `length` bytes fit from `at` on; the disk may have another size by now. */
static size_t fit(struct block *disk, uint64_t at, size_t length)
{
    if (at > block_size(disk) || length > block_size(disk) - at)
        block_refresh(disk);
    uint64_t room = at < block_size(disk) ? block_size(disk) - at : 0;
    return length < room ? length : (size_t)room;
}

/* Writes a block at its place. What does not fit on the disk is an error, when the rest is there.
 */
static int write_block(struct copy *copy, const char *bytes, size_t length)
{
    if (copy->discards)
        return 0;
    if (copy->disk == NULL)
        return write_stdout(bytes, length);
    uint64_t at = copy->seek * copy->block_size + copy->bytes;
    size_t fits = fit(copy->disk, at, length);
    int status = block_write(copy->disk, bytes, at, fits);
    if (status < 0 || fits == length)
        return status;
    copy->bytes += fits;
    return -ENOSPC;
}

static uint64_t total_of(const struct copy *copy)
{
    uint64_t total = UINT64_MAX;
    if (copy->source.size != SOURCE_UNKNOWN)
        total = copy->source.size - copy->source.position;
    if (copy->count <= UINT64_MAX / copy->block_size && copy->count * copy->block_size < total)
        total = copy->count * copy->block_size;
    return total;
}

static int copy_block(struct copy *copy, char *buffer, bool *ended)
{
    copy->at_fault = copy->input;
    int64_t length = source_read(&copy->source, buffer, copy->block_size);
    if (length <= 0) {
        *ended = true;
        return (int)length;
    }
    copy->at_fault = copy->output;
    int status = write_block(copy, buffer, (size_t)length);
    if (status < 0)
        return status;
    copy->bytes += (uint64_t)length;
    *ended = (uint64_t)length < copy->block_size;
    copy->whole += !*ended;
    copy->partial += *ended;
    return 0;
}

static int copy_all(void)
{
    char *buffer = malloc(current.block_size);
    bool ended = false;
    int status = buffer == NULL ? -ENOMEM : 0;
    current.at_fault = "bs=";
    while (status == 0 && !ended && current.whole < current.count) {
        status = copy_block(&current, buffer, &ended);
        if (current.status == STATUS_USUAL || current.status == STATUS_PROGRESS)
            progress_show(&progress, current.bytes);
    }
    free(buffer);
    if (status == 0 && current.sync && current.disk != NULL) {
        current.at_fault = current.output;
        status = block_flush(current.disk);
    }
    return status;
}

/* What was copied, once, by whoever ends first. */
static void report(void)
{
    static uint32_t is_said;
    char amount[PROGRESS_TEXT], rate[PROGRESS_TEXT];
    if (__atomic_exchange_n(&is_said, 1, __ATOMIC_RELAXED))
        return;
    uint64_t ticks = progress_end(&progress);
    if (current.status == STATUS_NONE)
        return;
    fprintf(stderr, "%" PRIu64 "+%" PRIu64 " records in\n", current.whole, current.partial);
    fprintf(stderr, "%" PRIu64 "+%" PRIu64 " records out\n", current.whole, current.partial);
    if (current.status != STATUS_NOXFER)
        fprintf(stderr, "%" PRIu64 " bytes (%s) copied, %.3f s, %s\n", current.bytes,
                progress_bytes(current.bytes, amount), (double)ticks / (double)clock_hertz(),
                progress_rate(current.bytes, ticks, rate));
}

/* Ctrl-C: what was said to be copied is; of the block behind it any part may be. */
static void told(int number)
{
    report();
    exit(128 + number);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        read_operand(&current, argv[i]);
    open_both(&current);
    progress_begin(&progress, "dd", total_of(&current),
                   current.status == STATUS_PROGRESS ? 0 : PATIENCE);
    interrupt_watch(told);
    int status = copy_all();
    report();
    if (status < 0)
        fail(current.at_fault, why(current.at_fault, status));
    block_close(current.disk);
    source_close(&current.source);
    return 0;
}
