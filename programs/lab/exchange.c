/* SPDX-License-Identifier: BSD-2-Clause */
/* Round trips in each form that the ABI has: registers, memory, and registers by inlined stubs. */
#include "exchange.h"

#include <errno.h>
#include <string.h>
#include "lib/ipc.h"
#include "lib/syscall.h"

/* ---- Registers, by the general stub. --------------------------------------------------------- */

static int call_registers(struct lab_work *work, anser_handle send, uint64_t rounds)
{
    struct ipc_registers registers = {.info = 0};
    for (uint64_t round = 0; round < rounds; round++) {
        registers.info = (int64_t)IPC_INFO(work->size, 0);
        registers.words[0] = round;
        int64_t status = ipc_exchange(ANSER_CALL_call, send, &registers);
        if (status < 0)
            return (int)status;
        if (work->size >= sizeof(uint64_t) && registers.words[0] != round)
            return -EIO;
    }
    return 0;
}

static int serve_registers(struct lab_work *work, anser_handle receive)
{
    struct ipc_registers registers = {.info = 0};
    int64_t status = ipc_exchange(ANSER_CALL_recv, receive, &registers);
    while (status >= 0 && !(status & ANSER_INFO_CLOSED)) {
        registers.info = (int64_t)IPC_INFO(work->size, 0);
        status = ipc_exchange(ANSER_CALL_reply_recv, receive, &registers);
    }
    return status < 0 ? (int)status : 0;
}

/* ---- Memory. --------------------------------------------------------------------------------- */

static int call_memory(struct lab_work *work, anser_handle send, uint64_t rounds)
{
    static _Alignas(ANSER_PAGE_SIZE) uint64_t answer[ANSER_ELEMENT_MAX / sizeof(uint64_t)];
    struct anser_message message = {
        .send_data = (uint64_t)work->buffer,
        .send_length = work->size,
        .recv_data = (uint64_t)answer,
        .recv_capacity = work->size,
    };
    for (uint64_t round = 0; round < rounds; round++) {
        work->buffer[0] = round;
        int64_t status = sys_call(send, ANSER_INFO_MEM, &message).status;
        if (status < 0)
            return (int)status;
        if (message.recv_length != work->size || answer[0] != round)
            return -EIO;
    }
    return 0;
}

static int serve_memory(struct lab_work *work, anser_handle receive)
{
    struct anser_message message = {
        .send_data = (uint64_t)work->buffer,
        .send_length = work->size,
        .recv_data = (uint64_t)work->buffer,
        .recv_capacity = work->size,
    };
    int64_t status = sys_recv(receive, ANSER_INFO_MEM, &message).status;
    while (status >= 0 && !(status & ANSER_INFO_CLOSED))
        status = sys_reply_recv(receive, ANSER_INFO_MEM, &message).status;
    return status < 0 ? (int)status : 0;
}

int exchange_call(struct lab_work *work, anser_handle send, uint64_t rounds)
{
    return (work->size <= ANSER_REGISTER_BYTES ? call_registers : call_memory)(work, send, rounds);
}

int exchange_serve(struct lab_work *work, anser_handle receive)
{
    return (work->size <= ANSER_REGISTER_BYTES ? serve_registers : serve_memory)(work, receive);
}

/* ---- Registers, inlined. --------------------------------------------------------------------- */

static int call_word(anser_handle send, uint64_t rounds)
{
    for (uint64_t round = 0; round < rounds; round++) {
        uint64_t word = round;
        int64_t status = ipc_call_word(send, &word);
        if (status < 0 || word != round)
            return status < 0 ? (int)status : -EIO;
    }
    return 0;
}

static int call_words(struct lab_work *work, anser_handle send, uint64_t rounds)
{
    for (uint64_t round = 0; round < rounds; round++) {
        work->buffer[0] = round;
        int64_t status = ipc_call_words(send, work->buffer);
        if (status < 0 || work->buffer[0] != round)
            return status < 0 ? (int)status : -EIO;
    }
    return 0;
}

int exchange_call_inline(struct lab_work *work, anser_handle send, uint64_t rounds)
{
    return work->size == sizeof(uint64_t) ? call_word(send, rounds)
                                          : call_words(work, send, rounds);
}

int exchange_serve_inline(struct lab_work *work, anser_handle receive)
{
    uint64_t badge;
    struct ipc_registers first = {.info = 0};
    int64_t status = ipc_exchange(ANSER_CALL_recv, receive, &first);
    memcpy(work->buffer, first.words, sizeof(first.words));
    while (status >= 0 && !(status & ANSER_INFO_CLOSED))
        status = work->size == sizeof(uint64_t)
                     ? ipc_reply_recv_word(receive, work->buffer, &badge)
                     : ipc_reply_recv_words(receive, work->buffer, &badge);
    return status < 0 ? (int)status : 0;
}
