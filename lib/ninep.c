/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The codec of 9P messages. One table says which fields a message has, in their order; one walk
 * over it writes, and one reads. So the two cannot disagree, and every bound is checked in one
 * place.
 */
#include <stdbool.h>
#include <string.h>
#include "lib/ninep.h"

enum field_kind { END, U8, U16, U32, U64, STRING, QID, NAMES, QIDS, DATA, TIME };

struct field {
    uint8_t kind;
    uint16_t offset; /* in struct ninep_message */
};

#define AT(kind, member)                                                                           \
    {                                                                                              \
        kind, offsetof(struct ninep_message, member)                                               \
    }
#define LAYOUT(type, ...)                                                                          \
    [NINEP_##type] = (const struct field[])                                                        \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            END, 0                                                                                 \
        }                                                                                          \
    }
#define EMPTY(type)                                                                                \
    [NINEP_##type] = (const struct field[])                                                        \
    {                                                                                              \
        {                                                                                          \
            END, 0                                                                                 \
        }                                                                                          \
    }

#define FID     AT(U32, fid)
#define NEW_FID AT(U32, new_fid)
#define NAME    AT(STRING, name)
#define TARGET  AT(STRING, target)
#define FLAGS   AT(U32, flags)
#define MODE    AT(U32, mode)
#define GID     AT(U32, gid)
#define OFFSET  AT(U64, offset)
#define COUNT   AT(U32, count)

static const struct field *const layouts[NINEP_TYPE_COUNT] = {
    LAYOUT(RLERROR, AT(U32, error)),
    LAYOUT(TSTATFS, FID),
    LAYOUT(RSTATFS, AT(U32, file_system.type), AT(U32, file_system.block_size),
           AT(U64, file_system.blocks), AT(U64, file_system.blocks_free),
           AT(U64, file_system.blocks_available), AT(U64, file_system.files),
           AT(U64, file_system.files_free), AT(U64, file_system.id), AT(U32, file_system.name_max)),
    LAYOUT(TLOPEN, FID, FLAGS),
    LAYOUT(RLOPEN, AT(QID, qid), AT(U32, io_unit)),
    LAYOUT(TLCREATE, FID, NAME, FLAGS, MODE, GID),
    LAYOUT(TSYMLINK, FID, NAME, TARGET, GID),
    LAYOUT(TMKNOD, FID, NAME, MODE, AT(U32, major), AT(U32, minor), GID),
    LAYOUT(TRENAME, FID, NEW_FID, NAME),
    LAYOUT(TREADLINK, FID),
    LAYOUT(RREADLINK, TARGET),
    LAYOUT(TGETATTR, FID, AT(U64, mask)),
    LAYOUT(RGETATTR, AT(U64, mask), AT(QID, qid), AT(U32, attributes.mode), AT(U32, attributes.uid),
           AT(U32, attributes.gid), AT(U64, attributes.links), AT(U64, attributes.device),
           AT(U64, attributes.size), AT(U64, attributes.block_size), AT(U64, attributes.blocks),
           AT(TIME, attributes.access), AT(TIME, attributes.modification),
           AT(TIME, attributes.change), AT(TIME, attributes.birth), AT(U64, attributes.generation),
           AT(U64, attributes.data_version)),
    LAYOUT(TSETATTR, FID, FLAGS, MODE, AT(U32, uid), GID, AT(U64, size),
           AT(TIME, attributes.access), AT(TIME, attributes.modification)),
    LAYOUT(TXATTRWALK, FID, NEW_FID, NAME),
    LAYOUT(TREADDIR, FID, OFFSET, COUNT),
    LAYOUT(RREADDIR, AT(DATA, data)),
    LAYOUT(TFSYNC, FID, FLAGS),
    EMPTY(RFSYNC),
    LAYOUT(TLINK, FID, NEW_FID, NAME),
    LAYOUT(TMKDIR, FID, NAME, MODE, GID),
    LAYOUT(TRENAMEAT, FID, NAME, NEW_FID, TARGET),
    LAYOUT(TUNLINKAT, FID, NAME, FLAGS),
    LAYOUT(TVERSION, AT(U32, message_size), NAME),
    LAYOUT(RVERSION, AT(U32, message_size), NAME),
    LAYOUT(TATTACH, FID, AT(U32, auth_fid), NAME, TARGET, AT(U32, uid)),
    LAYOUT(RATTACH, AT(QID, qid)),
    LAYOUT(TFLUSH, AT(U16, old_tag)),
    EMPTY(RFLUSH),
    LAYOUT(TWALK, FID, NEW_FID, AT(NAMES, names)),
    LAYOUT(RWALK, AT(QIDS, qids)),
    LAYOUT(TREAD, FID, OFFSET, COUNT),
    LAYOUT(RREAD, AT(DATA, data)),
    LAYOUT(TWRITE, FID, OFFSET, AT(DATA, data)),
    LAYOUT(TCLUNK, FID),
    EMPTY(RCLUNK),
    LAYOUT(TREMOVE, FID),
    LAYOUT(TPAGES, FID),
    LAYOUT(RPAGES, OFFSET, AT(U64, size)),
};

/* A place in the bytes. Once something did not fit, nothing more is done. */
struct cursor {
    uint8_t *bytes;
    size_t size;
    size_t position;
    bool failed;
};

/* The next `length` bytes, or NULL. */
static uint8_t *take(struct cursor *cursor, size_t length)
{
    if (cursor->failed || length > cursor->size - cursor->position) {
        cursor->failed = true;
        return NULL;
    }
    uint8_t *bytes = cursor->bytes + cursor->position;
    cursor->position += length;
    return bytes;
}

static void put(struct cursor *cursor, uint64_t value, unsigned width)
{
    uint8_t *bytes = take(cursor, width);
    for (unsigned i = 0; bytes != NULL && i < width; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get(struct cursor *cursor, unsigned width)
{
    const uint8_t *bytes = take(cursor, width);
    uint64_t value = 0;
    for (unsigned i = 0; bytes != NULL && i < width; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

static void put_bytes(struct cursor *cursor, const void *from, size_t length)
{
    uint8_t *bytes = take(cursor, length);
    if (bytes != NULL && length > 0)
        memcpy(bytes, from, length);
}

static void put_string(struct cursor *cursor, const struct ninep_string *string)
{
    put(cursor, string->length, 2);
    put_bytes(cursor, string->text, string->length);
}

static void get_string(struct cursor *cursor, struct ninep_string *string)
{
    uint16_t length = (uint16_t)get(cursor, 2);
    const uint8_t *text = take(cursor, length);
    *string = (struct ninep_string){(const char *)text, text == NULL ? 0 : length};
}

static void put_qid(struct cursor *cursor, const struct ninep_qid *qid)
{
    put(cursor, qid->type, 1);
    put(cursor, qid->version, 4);
    put(cursor, qid->path, 8);
}

static void get_qid(struct cursor *cursor, struct ninep_qid *qid)
{
    qid->type = (uint8_t)get(cursor, 1);
    qid->version = (uint32_t)get(cursor, 4);
    qid->path = get(cursor, 8);
}

static void put_field(struct cursor *cursor, const struct ninep_message *message,
                      struct field field)
{
    const void *at = (const uint8_t *)message + field.offset;
    const struct ninep_time *time = at;
    switch (field.kind) {
    case U16:
        return put(cursor, *(const uint16_t *)at, 2);
    case U32:
        return put(cursor, *(const uint32_t *)at, 4);
    case U64:
        return put(cursor, *(const uint64_t *)at, 8);
    case TIME:
        put(cursor, time->seconds, 8);
        return put(cursor, time->nanoseconds, 8);
    case STRING:
        return put_string(cursor, at);
    case QID:
        return put_qid(cursor, at);
    case DATA:
        put(cursor, message->count, 4);
        return put_bytes(cursor, message->data, message->count);
    case NAMES:
    case QIDS:
        put(cursor, message->walk_count, 2);
        for (unsigned i = 0; i < message->walk_count; i++) {
            if (field.kind == NAMES)
                put_string(cursor, &message->names[i]);
            else
                put_qid(cursor, &message->qids[i]);
        }
    }
}

static void get_walk(struct cursor *cursor, struct ninep_message *message, bool names)
{
    message->walk_count = (uint16_t)get(cursor, 2);
    if (message->walk_count > NINEP_WALK_MAX) {
        message->walk_count = 0;
        cursor->failed = true;
    }
    for (unsigned i = 0; i < message->walk_count; i++) {
        if (names)
            get_string(cursor, &message->names[i]);
        else
            get_qid(cursor, &message->qids[i]);
    }
}

static void get_data(struct cursor *cursor, struct ninep_message *message)
{
    message->count = (uint32_t)get(cursor, 4);
    message->data = take(cursor, message->count);
    if (message->data == NULL)
        message->count = 0;
}

static void get_field(struct cursor *cursor, struct ninep_message *message, struct field field)
{
    void *at = (uint8_t *)message + field.offset;
    struct ninep_time *time = at;
    switch (field.kind) {
    case U16:
        *(uint16_t *)at = (uint16_t)get(cursor, 2);
        return;
    case U32:
        *(uint32_t *)at = (uint32_t)get(cursor, 4);
        return;
    case U64:
        *(uint64_t *)at = get(cursor, 8);
        return;
    case TIME:
        time->seconds = get(cursor, 8);
        time->nanoseconds = get(cursor, 8);
        return;
    case STRING:
        return get_string(cursor, at);
    case QID:
        return get_qid(cursor, at);
    case DATA:
        return get_data(cursor, message);
    default:
        get_walk(cursor, message, field.kind == NAMES);
    }
}

static const struct field *layout_of(uint8_t type)
{
    return type < NINEP_TYPE_COUNT ? layouts[type] : NULL;
}

int ninep_encode(const struct ninep_message *message, void *bytes, size_t room)
{
    const struct field *field = layout_of(message->type);
    struct cursor cursor = {.bytes = bytes, .size = room};
    if (field == NULL || message->walk_count > NINEP_WALK_MAX)
        return -NINEP_EINVAL;
    put(&cursor, 0, 4);
    put(&cursor, message->type, 1);
    put(&cursor, message->tag, 2);
    for (; field->kind != END; field++)
        put_field(&cursor, message, *field);
    if (cursor.failed)
        return -NINEP_EMSGSIZE;
    size_t length = cursor.position;
    cursor.position = 0;
    put(&cursor, length, 4);
    return (int)length;
}

int ninep_decode(struct ninep_message *message, const void *bytes, size_t length)
{
    /* Reading goes through the same cursor, and does not write. */
    struct cursor cursor = {.bytes = (uint8_t *)(uintptr_t)bytes, .size = length};
    memset(message, 0, sizeof(*message));
    uint64_t said = get(&cursor, 4);
    uint8_t type = (uint8_t)get(&cursor, 1);
    uint16_t tag = (uint16_t)get(&cursor, 2);
    if (cursor.failed)
        return -NINEP_EBADMSG;
    message->type = type;
    message->tag = tag;
    const struct field *field = layout_of(type);
    if (said != length)
        return -NINEP_EBADMSG;
    if (field == NULL)
        return -NINEP_EOPNOTSUPP;
    for (; field->kind != END; field++)
        get_field(&cursor, message, *field);
    return cursor.failed || cursor.position != length ? -NINEP_EBADMSG : 0;
}

size_t ninep_entry_encode(const struct ninep_entry *entry, uint8_t *bytes, size_t room)
{
    struct cursor cursor = {.bytes = bytes, .size = room};
    put_qid(&cursor, &entry->qid);
    put(&cursor, entry->next, 8);
    put(&cursor, entry->type, 1);
    put_string(&cursor, &entry->name);
    return cursor.failed ? 0 : cursor.position;
}

size_t ninep_entry_decode(struct ninep_entry *entry, const uint8_t *bytes, size_t length)
{
    struct cursor cursor = {.bytes = (uint8_t *)(uintptr_t)bytes, .size = length};
    get_qid(&cursor, &entry->qid);
    entry->next = get(&cursor, 8);
    entry->type = (uint8_t)get(&cursor, 1);
    get_string(&cursor, &entry->name);
    return cursor.failed ? 0 : cursor.position;
}

struct ninep_string ninep_string(const char *text)
{
    size_t length = strlen(text);
    return (struct ninep_string){text, length > UINT16_MAX ? UINT16_MAX : (uint16_t)length};
}
