/* SPDX-License-Identifier: BSD-2-Clause */
/* The pcap format, and the three places that it goes to. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "block.h"
#include "pcap.h"

#define MAGIC_NANOSECONDS 0xa1b23c4du
#define LINK_ETHERNET     1

struct file_header {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t reserved[2];
    uint32_t snap;
    uint32_t link;
};

struct record_header {
    uint32_t seconds, nanoseconds;
    uint32_t length; /* bytes that follow */
    uint32_t whole;  /* of the frame, on the wire */
};

static struct block *disk; /* NULL: standard output */
static bool base64;
static uint64_t position; /* bytes until now */
static uint32_t snap_length;

/* What waits for a full line (base64) or a large write (disk). */
static uint8_t waiting[65536];
static size_t waiting_count;

/* ---- Places. --------------------------------------------------------------------------------- */

#define LINE_BYTES 57 /* 76 characters, RFC 2045 */

static void print_line(const uint8_t *bytes, size_t count)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char line[80], *to = line;
    for (size_t i = 0; i < count; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16 | (i + 1 < count ? bytes[i + 1] << 8 : 0) |
                         (i + 2 < count ? bytes[i + 2] : 0);
        *to++ = letters[group >> 18];
        *to++ = letters[group >> 12 & 63];
        *to++ = i + 1 < count ? letters[group >> 6 & 63] : '=';
        *to++ = i + 2 < count ? letters[group & 63] : '=';
    }
    *to = '\0';
    puts(line);
}

/* Writes out all that waits, but for a part of a line of base64 unless it is the last. */
static int flush(bool last)
{
    size_t done = 0;
    int error = 0;
    if (disk) {
        error = block_write(disk, waiting, position - waiting_count, waiting_count);
        done = waiting_count;
    } else if (!base64) {
        done = fwrite(waiting, 1, waiting_count, stdout);
        error = done == waiting_count && fflush(stdout) == 0 ? 0 : -EIO;
    } else {
        for (; waiting_count - done >= LINE_BYTES; done += LINE_BYTES)
            print_line(waiting + done, LINE_BYTES);
        if (last && done < waiting_count) {
            print_line(waiting + done, waiting_count - done);
            done = waiting_count;
        }
    }
    memmove(waiting, waiting + done, waiting_count - done);
    waiting_count -= done;
    return error;
}

static int put(const void *bytes, size_t count)
{
    const uint8_t *from = bytes;
    int error = 0;
    while (count > 0 && error == 0) {
        size_t part = sizeof(waiting) - waiting_count;
        if (part > count)
            part = count;
        memcpy(waiting + waiting_count, from, part);
        waiting_count += part;
        position += part;
        from += part;
        count -= part;
        if (waiting_count == sizeof(waiting))
            error = flush(false);
    }
    return error;
}

/* ---- The file. ------------------------------------------------------------------------------- */

int pcap_open(const char *target, uint32_t snap)
{
    struct file_header header = {
        .magic = MAGIC_NANOSECONDS, .major = 2, .minor = 4, .snap = snap, .link = LINK_ETHERNET};
    base64 = strcmp(target, "base64") == 0;
    snap_length = snap;
    if (!base64 && strcmp(target, "-") != 0) {
        int error = block_open(&disk, target, 0, 0);
        if (error < 0)
            return error;
    }
    if (base64)
        puts("-----BEGIN PCAP-----");
    return put(&header, sizeof(header));
}

int pcap_add(uint64_t nanoseconds, const uint8_t *frame, uint32_t length, uint32_t whole)
{
    struct record_header header = {
        .seconds = (uint32_t)(nanoseconds / 1000000000),
        .nanoseconds = (uint32_t)(nanoseconds % 1000000000),
        .length = length < snap_length ? length : snap_length,
        .whole = whole,
    };
    int error = put(&header, sizeof(header));
    return error < 0 ? error : put(frame, header.length);
}

int pcap_close(uint64_t *written)
{
    int error = flush(true);
    if (base64)
        puts("-----END PCAP-----");
    if (disk && error == 0)
        error = block_flush(disk);
    block_close(disk);
    disk = NULL;
    *written = position;
    return error;
}
