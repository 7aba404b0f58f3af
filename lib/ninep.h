/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of <anser/ninep.h>, to and from bytes. Pure: no calls, no memory of its own, so it
 * serves the file server, the Linux personality and the host's tests alike. Nothing outside of the
 * bytes that are handed in is read or written.
 */
#ifndef ANSER_LIB_NINEP_H
#define ANSER_LIB_NINEP_H

#include <stddef.h>
#include <stdint.h>
#include <anser/ninep.h>

/* Not NUL-terminated. A decoded one points into the message. */
struct ninep_string {
    const char *text;
    uint16_t length;
};

struct ninep_qid {
    uint8_t type; /* NINEP_QID_* */
    uint32_t version;
    uint64_t path; /* a number that no other file of the server has */
};

struct ninep_time {
    uint64_t seconds;
    uint64_t nanoseconds;
};

/* Rgetattr, behind the qid. */
struct ninep_attributes {
    uint32_t mode; /* as st_mode */
    uint32_t uid;
    uint32_t gid;
    uint64_t links;
    uint64_t device;
    uint64_t size;
    uint64_t block_size;
    uint64_t blocks; /* of 512 bytes */
    struct ninep_time access, modification, change, birth;
    uint64_t generation;
    uint64_t data_version;
};

/* Rstatfs. */
struct ninep_file_system {
    uint32_t type;
    uint32_t block_size;
    uint64_t blocks, blocks_free, blocks_available;
    uint64_t files, files_free;
    uint64_t id;
    uint32_t name_max;
};

/* The fields of all messages; a message uses those that <anser/ninep.h> names at its type. */
struct ninep_message {
    uint8_t type;
    uint16_t tag;
    uint16_t old_tag;
    uint32_t fid;
    uint32_t new_fid; /* also the second directory of a renaming or a link */
    uint32_t auth_fid;
    uint32_t error;
    uint32_t message_size;
    uint32_t flags; /* also datasync */
    uint32_t mode;
    uint32_t uid;
    uint32_t gid;
    uint32_t major;
    uint32_t minor;
    uint32_t io_unit;
    uint32_t count; /* of data: asked for, or there */
    uint64_t offset;
    uint64_t size;
    uint64_t mask; /* also valid */
    const uint8_t *data;
    struct ninep_string name;   /* also user, version */
    struct ninep_string target; /* also the tree to attach to, the second name of a renaming */
    struct ninep_qid qid;
    uint16_t walk_count;
    union {
        struct ninep_string names[NINEP_WALK_MAX]; /* Twalk */
        struct ninep_qid qids[NINEP_WALK_MAX];     /* Rwalk */
        struct ninep_attributes attributes;
        struct ninep_file_system file_system;
    };
};

/*
 * Writes the message to `bytes`. Returns its length, -NINEP_EMSGSIZE if that is more than `room`,
 * or -NINEP_EINVAL for a type that has no layout or more than NINEP_WALK_MAX names.
 */
int ninep_encode(const struct ninep_message *message, void *bytes, size_t room);

/*
 * Reads a message of exactly `length` bytes; strings and data point into them. Returns 0, or
 * -NINEP_EBADMSG if it is cut short, too long, or not consistent; or -NINEP_EOPNOTSUPP for a type
 * without a layout. The type and the tag are there whenever the header is, else 0.
 */
int ninep_decode(struct ninep_message *message, const void *bytes, size_t length);

/* One entry of a directory, as Rreaddir's data holds them: qid[13] offset[8] type[1] name[s]. */
struct ninep_entry {
    struct ninep_qid qid;
    uint64_t next; /* offset at which reading goes on behind this entry */
    uint8_t type;  /* as d_type: 4 directory, 8 file, 10 symbolic link */
    struct ninep_string name;
};

/* Writes an entry. Returns its length, or 0: there is no room for it. */
size_t ninep_entry_encode(const struct ninep_entry *entry, uint8_t *bytes, size_t room);

/* Reads an entry. Returns its length, or 0: there is none. */
size_t ninep_entry_decode(struct ninep_entry *entry, const uint8_t *bytes, size_t length);

/* A string that is NUL-terminated, and at most 65,535 bytes long. */
struct ninep_string ninep_string(const char *text);

#endif
