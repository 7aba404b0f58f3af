/* SPDX-License-Identifier: BSD-2-Clause */
/* A function for each message that is answered; what would write is refused in one place. */
#include "answer.h"

#include <string.h>
#include "lib/ninep.h"
#include "session.h"

#define OPEN_ACCESS   3     /* O_ACCMODE; 0 is reading */
#define OPEN_TRUNCATE 01000 /* O_TRUNC */

#define DIRECTORY_MODE 0040555
#define FILE_MODE      0100444
#define EXECUTABLE     0111

#define STATFS_TYPE     0x01021997 /* V9FS_MAGIC */
#define BLOCK           4096
#define ENTRY_DIRECTORY 4 /* d_type */
#define ENTRY_FILE      8

/* What reading a directory begins with; a child's entry is followed by its number + FIRST_CHILD. */
#define FIRST_CHILD 3

#define MESSAGE_SIZE_MIN 256

struct exchange {
    const struct tree *tree;
    struct session *session;
    struct ninep_message request;
    struct ninep_message answer;
    struct fid *fid; /* of the request, NULL if its type has none */
    bool pages;
};

/* Returns 0, or -NINEP_E... for an Rlerror. */
typedef int handler(struct exchange *exchange);

static const struct tree_node *node_of(const struct exchange *exchange)
{
    return &exchange->tree->nodes[exchange->fid->node];
}

static struct ninep_qid qid_of(const struct tree *tree, uint32_t node)
{
    return (struct ninep_qid){
        .type = tree->nodes[node].directory ? NINEP_QID_DIRECTORY : 0,
        .path = node,
    };
}

static bool string_is(const struct ninep_string *string, const char *text)
{
    return string->length == strlen(text) && memcmp(string->text, text, string->length) == 0;
}

static int version(struct exchange *exchange)
{
    uint32_t size = exchange->request.message_size;
    if (size < MESSAGE_SIZE_MIN)
        return -NINEP_EINVAL;
    if (size > NINEP_MESSAGE_MAX)
        size = NINEP_MESSAGE_MAX;
    bool known = string_is(&exchange->request.name, NINEP_VERSION);
    session_reset(exchange->session);
    exchange->session->message_size = size;
    exchange->answer.message_size = size;
    exchange->answer.name = ninep_string(known ? NINEP_VERSION : "unknown");
    return 0;
}

static int attach(struct exchange *exchange)
{
    if (exchange->request.auth_fid != NINEP_NO_FID)
        return -NINEP_EOPNOTSUPP;
    exchange->answer.qid = qid_of(exchange->tree, TREE_ROOT);
    return session_add(exchange->session, exchange->request.fid, TREE_ROOT);
}

static int flush(struct exchange *exchange)
{
    (void)exchange; /* whatever it was, it has been answered */
    return 0;
}

/* Follows the names as far as they go; their qids are the answer. Returns the last node. */
static uint32_t follow(struct exchange *exchange)
{
    struct ninep_message *request = &exchange->request, *answer = &exchange->answer;
    uint32_t at = exchange->fid->node;
    for (; answer->walk_count < request->walk_count; answer->walk_count++) {
        const struct ninep_string *name = &request->names[answer->walk_count];
        if (!exchange->tree->nodes[at].directory)
            break;
        uint32_t child = tree_child(exchange->tree, at, name->text, name->length);
        if (child == TREE_NONE)
            break;
        answer->qids[answer->walk_count] = qid_of(exchange->tree, child);
        at = child;
    }
    return at;
}

static int walk(struct exchange *exchange)
{
    const struct ninep_message *request = &exchange->request;
    if (exchange->fid->open)
        return -NINEP_EBADF;
    uint32_t node = follow(exchange);
    if (exchange->answer.walk_count < request->walk_count) {
        if (exchange->answer.walk_count > 0)
            return 0; /* the client sees by the count how far it went */
        return exchange->tree->nodes[node].directory ? -NINEP_ENOENT : -NINEP_ENOTDIR;
    }
    if (request->new_fid != request->fid)
        return session_add(exchange->session, request->new_fid, node);
    exchange->fid->node = node;
    return 0;
}

static int open_fid(struct exchange *exchange)
{
    bool writes =
        (exchange->request.flags & OPEN_ACCESS) != 0 || exchange->request.flags & OPEN_TRUNCATE;
    if (exchange->fid->open)
        return -NINEP_EBADF;
    if (writes)
        return node_of(exchange)->directory ? -NINEP_EISDIR : -NINEP_EROFS;
    exchange->fid->open = true;
    exchange->answer.qid = qid_of(exchange->tree, exchange->fid->node);
    exchange->answer.io_unit =
        exchange->session->message_size - (NINEP_MESSAGE_MAX - NINEP_DATA_MAX);
    return 0;
}

static int get_attributes(struct exchange *exchange)
{
    const struct tree_node *node = node_of(exchange);
    uint32_t file_mode = FILE_MODE | (node->executable ? EXECUTABLE : 0);
    exchange->answer.mask = NINEP_ATTRIBUTES_BASIC;
    exchange->answer.qid = qid_of(exchange->tree, exchange->fid->node);
    exchange->answer.attributes = (struct ninep_attributes){
        .mode = node->directory ? DIRECTORY_MODE : file_mode,
        .links = node->directory ? 2 : 1,
        .size = node->size,
        .block_size = BLOCK,
        .blocks = (node->size + 511) / 512,
    };
    return 0;
}

static int stat_file_system(struct exchange *exchange)
{
    exchange->answer.file_system = (struct ninep_file_system){
        .type = STATFS_TYPE,
        .block_size = BLOCK,
        .blocks = (exchange->tree->archive_size + BLOCK - 1) / BLOCK,
        .files = exchange->tree->count,
        .name_max = NINEP_NAME_MAX,
    };
    return 0;
}

/* The bytes of data that the client wants and that an answer holds. */
static uint32_t data_room(const struct exchange *exchange)
{
    uint32_t room = exchange->session->message_size - (NINEP_MESSAGE_MAX - NINEP_DATA_MAX);
    return exchange->request.count < room ? exchange->request.count : room;
}

static int read_file(struct exchange *exchange)
{
    const struct tree_node *node = node_of(exchange);
    uint64_t offset = exchange->request.offset, count = data_room(exchange);
    if (node->directory)
        return -NINEP_EISDIR;
    if (!exchange->fid->open)
        return -NINEP_EBADF;
    if (offset >= node->size)
        return 0;
    exchange->answer.data = node->data + offset;
    exchange->answer.count = (uint32_t)(count < node->size - offset ? count : node->size - offset);
    return 0;
}

/* ---- Directories: "." at 0, ".." at 1, then the children. ------------------------------------ */

/* The entry that is at *position; TREE_NONE: there are no more. */
static uint32_t entry_at(const struct exchange *exchange, uint64_t position,
                         struct ninep_entry *entry)
{
    const struct tree *tree = exchange->tree;
    uint32_t directory = exchange->fid->node, at = directory;
    if (position == 0)
        entry->name = ninep_string(".");
    else if (position == 1)
        entry->name = ninep_string("..");
    if (position == 1)
        at = tree->nodes[directory].parent;
    else if (position == 2)
        at = tree->nodes[directory].first;
    else if (position > 2)
        at = tree->nodes[position - FIRST_CHILD].next;
    if (at == TREE_NONE)
        return at;
    if (position >= 2)
        entry->name =
            (struct ninep_string){tree->nodes[at].name, (uint16_t)tree->nodes[at].name_length};
    entry->next = position < 2 ? position + 1 : (uint64_t)at + FIRST_CHILD;
    entry->qid = qid_of(tree, at);
    entry->type = tree->nodes[at].directory ? ENTRY_DIRECTORY : ENTRY_FILE;
    return at;
}

/* Whether an offset is one that an entry of this directory was given. */
static bool position_is_valid(const struct exchange *exchange, uint64_t position)
{
    if (position < FIRST_CHILD)
        return true;
    uint64_t node = position - FIRST_CHILD;
    return node != TREE_ROOT && node < exchange->tree->count &&
           exchange->tree->nodes[node].parent == exchange->fid->node;
}

static int read_directory(struct exchange *exchange)
{
    static uint8_t entries[NINEP_DATA_MAX]; /* the answer's until it is encoded */
    uint64_t position = exchange->request.offset;
    uint32_t used = 0, room = data_room(exchange);
    struct ninep_entry entry;
    if (!node_of(exchange)->directory)
        return -NINEP_ENOTDIR;
    if (!exchange->fid->open)
        return -NINEP_EBADF;
    if (!position_is_valid(exchange, position))
        return -NINEP_EINVAL;
    while (entry_at(exchange, position, &entry) != TREE_NONE) {
        size_t length = ninep_entry_encode(&entry, entries + used, room - used);
        if (length == 0 && used == 0)
            return -NINEP_EINVAL; /* not even one fits */
        if (length == 0)
            break;
        used += (uint32_t)length;
        position = entry.next;
    }
    exchange->answer.data = entries;
    exchange->answer.count = used;
    return 0;
}

/* ---- The rest. ------------------------------------------------------------------------------- */

static int clunk(struct exchange *exchange)
{
    session_remove(exchange->session, exchange->request.fid);
    return 0;
}

static int remove_fid(struct exchange *exchange)
{
    session_remove(exchange->session, exchange->request.fid); /* also when it fails: remove(5) */
    return -NINEP_EROFS;
}

static int read_link(struct exchange *exchange)
{
    (void)exchange;
    return -NINEP_EINVAL; /* no node is a link */
}

static int give_pages(struct exchange *exchange)
{
    const struct tree_node *node = node_of(exchange);
    if (node->directory)
        return -NINEP_EISDIR;
    exchange->answer.offset = node->offset;
    exchange->answer.size = node->size;
    exchange->pages = true;
    return 0;
}

static int refuse_writing(struct exchange *exchange)
{
    (void)exchange;
    return -NINEP_EROFS;
}

static int do_nothing(struct exchange *exchange)
{
    (void)exchange;
    return 0;
}

/* `fid`: the request names one, which has to be there. */
static const struct {
    handler *handle;
    bool fid;
} handlers[NINEP_TYPE_COUNT] = {
    [NINEP_TVERSION] = {version, false},
    [NINEP_TATTACH] = {attach, false},
    [NINEP_TFLUSH] = {flush, false},
    [NINEP_TWALK] = {walk, true},
    [NINEP_TLOPEN] = {open_fid, true},
    [NINEP_TGETATTR] = {get_attributes, true},
    [NINEP_TSTATFS] = {stat_file_system, true},
    [NINEP_TREAD] = {read_file, true},
    [NINEP_TREADDIR] = {read_directory, true},
    [NINEP_TREADLINK] = {read_link, true},
    [NINEP_TCLUNK] = {clunk, true},
    [NINEP_TPAGES] = {give_pages, true},
    [NINEP_TFSYNC] = {do_nothing, true},
    [NINEP_TREMOVE] = {remove_fid, true},
    [NINEP_TLCREATE] = {refuse_writing, true},
    [NINEP_TSYMLINK] = {refuse_writing, true},
    [NINEP_TMKNOD] = {refuse_writing, true},
    [NINEP_TRENAME] = {refuse_writing, true},
    [NINEP_TSETATTR] = {refuse_writing, true},
    [NINEP_TLINK] = {refuse_writing, true},
    [NINEP_TMKDIR] = {refuse_writing, true},
    [NINEP_TRENAMEAT] = {refuse_writing, true},
    [NINEP_TUNLINKAT] = {refuse_writing, true},
    [NINEP_TWRITE] = {refuse_writing, true},
};

static int serve(struct exchange *exchange, uint64_t badge)
{
    uint8_t type = exchange->request.type;
    if (handlers[type].handle == NULL)
        return -NINEP_EOPNOTSUPP;
    exchange->session = session_of(badge);
    if (exchange->session == NULL)
        return -NINEP_ENOMEM;
    if (handlers[type].fid) {
        exchange->fid = session_fid(exchange->session, exchange->request.fid);
        if (exchange->fid == NULL)
            return -NINEP_ESTALE;
    }
    return handlers[type].handle(exchange);
}

size_t answer_message(const struct tree *tree, uint64_t badge, const void *request, size_t length,
                      void *answer, bool *pages)
{
    static struct exchange exchange; /* large; one request at a time */
    exchange = (struct exchange){.tree = tree};
    int status = ninep_decode(&exchange.request, request, length);
    if (status == 0)
        status = serve(&exchange, badge);
    exchange.answer.type = (uint8_t)(exchange.request.type + 1);
    exchange.answer.tag = exchange.request.tag;
    int size = status < 0 ? status : ninep_encode(&exchange.answer, answer, NINEP_MESSAGE_MAX);
    *pages = size >= 0 && exchange.pages;
    if (size >= 0)
        return (size_t)size;
    exchange.answer = (struct ninep_message){
        .type = NINEP_RLERROR, .tag = exchange.request.tag, .error = (uint32_t)-size};
    return (size_t)ninep_encode(&exchange.answer, answer, NINEP_MESSAGE_MAX);
}

size_t answer_error(void *answer, uint32_t error)
{
    struct ninep_message message;
    ninep_decode(&message, answer, NINEP_HEADER); /* for its tag */
    struct ninep_message refusal = {.type = NINEP_RLERROR, .tag = message.tag, .error = error};
    return (size_t)ninep_encode(&refusal, answer, NINEP_MESSAGE_MAX);
}
