/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of a disk: cut into requests, several of which are in flight while others are copied. */
#include "block_session.h"

#include <stdbool.h>
#include <string.h>
#include "clock.h"
#include <errno.h>

#define PIECES_MAX 16 /* in flight, of one call */

/* A read or write of whole blocks that is going on. A piece has a part of the data memory; its
 * number is the cookie. */
struct transfer {
    struct block *block;
    uint32_t operation;
    char *buffer;
    uint64_t position;
    uint64_t length;
    uint64_t next; /* byte of the buffer that is put in next */
    uint32_t piece;
    int error;
    struct {
        uint64_t at; /* in the buffer */
        uint32_t length;
    } pieces[PIECES_MAX];
    uint32_t free[PIECES_MAX];
    unsigned free_count;
};

static uint32_t smallest(uint64_t a, uint64_t b)
{
    return (uint32_t)(a < b ? a : b);
}

/* Two pieces at least, if the data memory can hold as many blocks. */
static void divide(struct transfer *transfer)
{
    struct block *block = transfer->block;
    uint32_t mask = ~(block->info.block_size - 1), area = block->session.data_size;
    transfer->piece = smallest(block->info.request_max, area / 2) & mask;
    if (transfer->piece == 0)
        transfer->piece = smallest(block->info.request_max, area) & mask;
    transfer->free_count = smallest(smallest(area / transfer->piece, block->depth), PIECES_MAX);
    for (unsigned i = 0; i < transfer->free_count; i++)
        transfer->free[i] = transfer->free_count - 1 - i;
}

static int put_piece(struct transfer *transfer)
{
    uint32_t number = transfer->free[transfer->free_count - 1];
    uint32_t length = smallest(transfer->length - transfer->next, transfer->piece);
    struct block_request request = {
        .sector = (transfer->position + transfer->next) / BLOCK_SECTOR,
        .cookie = number,
        .operation = transfer->operation,
        .offset = number * transfer->piece,
        .bytes = length,
    };
    if (transfer->operation == BLOCK_OP_WRITE)
        memcpy(transfer->block->session.data + request.offset, transfer->buffer + transfer->next,
               length);
    int put = block_submit(transfer->block, &request, 1);
    if (put <= 0)
        return put < 0 ? put : -EBUSY;
    transfer->pieces[number].at = transfer->next;
    transfer->pieces[number].length = length;
    transfer->next += length;
    transfer->free_count--;
    return 0;
}

static void end_piece(struct transfer *transfer, const struct block_completion *completion)
{
    uint32_t number = (uint32_t)completion->cookie;
    if (completion->status < 0)
        transfer->error = (int)completion->status;
    else if (transfer->operation == BLOCK_OP_READ)
        memcpy(transfer->buffer + transfer->pieces[number].at,
               transfer->block->session.data + number * transfer->piece,
               transfer->pieces[number].length);
    transfer->free[transfer->free_count++] = number;
}

static int run(struct transfer *transfer)
{
    for (;;) {
        while (transfer->error == 0 && transfer->next < transfer->length &&
               transfer->free_count > 0) {
            int status = put_piece(transfer);
            if (status < 0)
                return status;
        }
        struct block_completion completion;
        int count = block_reap(transfer->block, &completion, 1, CLOCK_NEVER);
        if (count == 0)
            return transfer->error;
        if (count > 0)
            end_piece(transfer, &completion);
        else if (count != -EINTR)
            return count;
    }
}

static int transfer_blocks(struct block *block, uint32_t operation, char *buffer, uint64_t position,
                           uint64_t length)
{
    struct transfer transfer = {
        .block = block,
        .operation = operation,
        .buffer = buffer,
        .position = position,
        .length = length,
    };
    if (block->session.data_size < block->info.block_size)
        return -EINVAL;
    divide(&transfer);
    return run(&transfer);
}

/* One request, by itself. */
static int request_one(struct block *block, uint32_t operation, uint64_t position, uint64_t bytes)
{
    struct block_request request = {
        .sector = position / BLOCK_SECTOR, .operation = operation, .bytes = bytes};
    struct block_completion completion;
    int status = block_submit(block, &request, 1);
    if (status < 0)
        return status;
    do
        status = block_reap(block, &completion, 1, CLOCK_NEVER);
    while (status == -EINTR);
    return status < 0 ? status : (int)completion.status;
}

/* Some bytes of one block: it is read, and written if they change. */
static int transfer_part(struct block *block, uint32_t operation, char *buffer, uint64_t position,
                         size_t length)
{
    uint32_t size = block->info.block_size;
    uint64_t begin = position & ~(uint64_t)(size - 1);
    char *bytes = block->session.data + (position - begin);
    if (block->session.data_size < size)
        return -EINVAL;
    int status = request_one(block, BLOCK_OP_READ, begin, size);
    if (status < 0)
        return status;
    if (operation == BLOCK_OP_READ) {
        memcpy(buffer, bytes, length);
        return 0;
    }
    memcpy(bytes, buffer, length);
    return request_one(block, BLOCK_OP_WRITE, begin, size);
}

static bool is_within(const struct block *block, uint64_t position, uint64_t length)
{
    return position <= block_size(block) && length <= block_size(block) - position;
}

/* What seems to lie beyond the end may be there by now. */
static int check(struct block *block, uint64_t position, uint64_t length)
{
    if (block->lost < 0)
        return block->lost;
    if (block_in_flight(block) > 0)
        return -EBUSY;
    if (is_within(block, position, length))
        return 0;
    int status = block_refresh(block);
    return status < 0 ? status : is_within(block, position, length) ? 0 : -EINVAL;
}

static int transfer_bytes(struct block *block, uint32_t operation, char *buffer, uint64_t position,
                          size_t length)
{
    uint32_t size = block->info.block_size;
    int status = check(block, position, length);
    uint32_t begin = position & (size - 1);
    if (status == 0 && length > 0 && (begin != 0 || length < size)) {
        size_t part = smallest(size - begin, length);
        status = transfer_part(block, operation, buffer, position, part);
        buffer += part;
        position += part;
        length -= part;
    }
    size_t whole = length & ~(size_t)(size - 1);
    if (status == 0 && whole > 0)
        status = transfer_blocks(block, operation, buffer, position, whole);
    if (status == 0 && length > whole)
        status = transfer_part(block, operation, buffer + whole, position + whole, length - whole);
    return status;
}

int block_read(struct block *block, void *buffer, uint64_t position, size_t length)
{
    return transfer_bytes(block, BLOCK_OP_READ, buffer, position, length);
}

int block_write(struct block *block, const void *buffer, uint64_t position, size_t length)
{
    if (block->info.flags & BLOCK_READ_ONLY)
        return -EROFS;
    return transfer_bytes(block, BLOCK_OP_WRITE, (char *)(uintptr_t)buffer, position, length);
}

int block_flush(struct block *block)
{
    int status = check(block, 0, 0);
    return status < 0 ? status : request_one(block, BLOCK_OP_FLUSH, 0, 0);
}

/* ---- Ranges. --------------------------------------------------------------------------------- */

static int check_range(struct block *block, uint64_t position, uint64_t length)
{
    if ((position | length) & (block->info.block_size - 1))
        return -EINVAL;
    if (block->info.flags & BLOCK_READ_ONLY)
        return -EROFS;
    return check(block, position, length);
}

static int request_range(struct block *block, uint32_t operation, uint64_t position,
                         uint64_t length, uint64_t most)
{
    int status = 0;
    for (uint64_t part; length > 0 && status == 0; position += part, length -= part) {
        part = length < most ? length : most;
        status = request_one(block, operation, position, part);
    }
    return status;
}

static uint64_t range_max(const struct block *block)
{
    uint64_t most = (uint64_t)block->info.range_sectors_max * BLOCK_SECTOR;
    return most & ~(uint64_t)(block->info.block_size - 1);
}

int block_discard(struct block *block, uint64_t position, uint64_t length)
{
    int status = check_range(block, position, length);
    if (status < 0)
        return status;
    if (!(block->info.flags & BLOCK_CAN_DISCARD) || range_max(block) == 0)
        return -EOPNOTSUPP;
    return request_range(block, BLOCK_OP_DISCARD, position, length, range_max(block));
}

int block_zero(struct block *block, uint64_t position, uint64_t length)
{
    int status = check_range(block, position, length);
    if (status < 0)
        return status;
    if (block->info.flags & BLOCK_CAN_ZERO && range_max(block) > 0)
        return request_range(block, BLOCK_OP_ZERO, position, length, range_max(block));
    uint32_t piece =
        smallest(block->info.request_max, block->session.data_size) & ~(block->info.block_size - 1);
    if (piece == 0)
        return -EINVAL;
    memset(block->session.data, 0, piece);
    return request_range(block, BLOCK_OP_WRITE, position, length, piece);
}
