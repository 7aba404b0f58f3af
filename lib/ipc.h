/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The message calls in their register form: up to 64 bytes and 4 handles, no memory touched by the
 * kernel. This is the form that the kernel's fast path serves.
 *
 * ipc_exchange (ipc_exchange.S) is the general stub. The inline stubs below move 1 or 8 words and
 * are what `make bench` counts: the compiler sees which registers a call destroys and keeps only
 * what it needs. A register-form call keeps sp, ra, gp, tp, s11; all other integer registers are
 * lost. So it is with signal and wait.
 */
#ifndef ANSER_LIB_IPC_H
#define ANSER_LIB_IPC_H

#include <stdint.h>
#include <anser/abi.h>

#define IPC_WORDS (ANSER_REGISTER_BYTES / 8)

/* Everything that travels in registers. Offsets are known to ipc_exchange.S. */
struct ipc_registers {
    int64_t info;   /* in: ANSER_INFO_*; out: the status, info >= 0 or -errno */
    uint64_t badge; /* out */
    uint64_t words[IPC_WORDS];
    anser_handle handles[ANSER_MESSAGE_HANDLES];
    uint64_t deadline;  /* in, with ANSER_INFO_DEADLINE */
    anser_handle reply; /* in: ANSER_INFO_EXPLICIT_REPLY; out: ANSER_INFO_WANT_REPLY */
};

/* The info word of a message of `bytes` bytes and `handles` handles, without flags. */
#define IPC_INFO(bytes, handles)                                                                   \
    ((uint64_t)(bytes) | (uint64_t)(handles) << ANSER_INFO_HANDLES_SHIFT)

/* Bytes and handles that an info word (status >= 0) announces. */
static inline unsigned ipc_bytes(int64_t info)
{
    return (unsigned)info & ANSER_INFO_BYTES;
}

static inline unsigned ipc_handles(int64_t info)
{
    return ((unsigned)info & ANSER_INFO_HANDLES) >> ANSER_INFO_HANDLES_SHIFT;
}

/*
 * Makes the message call `number` (ANSER_CALL_call, _reply_recv, _send, _recv, _reply) on `handle`
 * with what *registers holds, and leaves there what came back. Returns the status, also in
 * registers->info. After an error of call or send, the handles are still the caller's.
 */
int64_t ipc_exchange(int64_t number, anser_handle handle, struct ipc_registers *registers);

#ifndef __riscv
/* For tests on the host, which bring their own. */
int64_t ipc_call_words(anser_handle channel, uint64_t words[IPC_WORDS]);
#else
/* Integer registers that no stub below passes anything in and that a call destroys. */
#define IPC_CLOBBERS                                                                               \
    "t3", "t4", "t5", "t6", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10",     \
        "memory"

/* call with one word, answered by one word in *word. Returns the status. */
static inline int64_t ipc_call_word(anser_handle channel, uint64_t *word)
{
    register int64_t number __asm__("a7") = ANSER_CALL_call;
    register int64_t status __asm__("a0") = channel;
    register uint64_t info __asm__("a1") = IPC_INFO(8, 0);
    register uint64_t a2 __asm__("a2") = *word;
    __asm__ volatile("ecall"
                     : "+r"(number), "+r"(status), "+r"(info), "+r"(a2)
                     :
                     : "a3", "a4", "a5", "a6", "t0", "t1", "t2", IPC_CLOBBERS);
    *word = a2;
    return status;
}

/*
 * reply_recv with one word each way: answers the last caller with *word and waits for the next
 * message, whose first word and badge it stores. Returns the status.
 */
static inline int64_t ipc_reply_recv_word(anser_handle receive, uint64_t *word, uint64_t *badge)
{
    register int64_t number __asm__("a7") = ANSER_CALL_reply_recv;
    register int64_t status __asm__("a0") = receive;
    register uint64_t info __asm__("a1") = IPC_INFO(8, 0);
    register uint64_t a2 __asm__("a2") = *word;
    __asm__ volatile("ecall"
                     : "+r"(number), "+r"(status), "+r"(info), "+r"(a2)
                     :
                     : "a3", "a4", "a5", "a6", "t0", "t1", "t2", IPC_CLOBBERS);
    *word = a2;
    *badge = info;
    return status;
}

/* The 8-word stubs share this: words[] to registers, trap, registers to words[]. */
static inline int64_t ipc_trap_words(int64_t call, anser_handle handle, uint64_t *words,
                                     uint64_t *badge)
{
    register int64_t number __asm__("a7") = call;
    register int64_t status __asm__("a0") = handle;
    register uint64_t info __asm__("a1") = IPC_INFO(64, 0);
    register uint64_t a2 __asm__("a2") = words[0];
    register uint64_t a3 __asm__("a3") = words[1];
    register uint64_t a4 __asm__("a4") = words[2];
    register uint64_t a5 __asm__("a5") = words[3];
    register uint64_t a6 __asm__("a6") = words[4];
    register uint64_t t0 __asm__("t0") = words[5];
    register uint64_t t1 __asm__("t1") = words[6];
    register uint64_t t2 __asm__("t2") = words[7];
    __asm__ volatile("ecall"
                     : "+r"(number), "+r"(status), "+r"(info), "+r"(a2), "+r"(a3), "+r"(a4),
                       "+r"(a5), "+r"(a6), "+r"(t0), "+r"(t1), "+r"(t2)
                     :
                     : IPC_CLOBBERS);
    words[0] = a2;
    words[1] = a3;
    words[2] = a4;
    words[3] = a5;
    words[4] = a6;
    words[5] = t0;
    words[6] = t1;
    words[7] = t2;
    *badge = info;
    return status;
}

/* call with 8 words from words[], answered there. Returns the status. */
static inline int64_t ipc_call_words(anser_handle channel, uint64_t words[IPC_WORDS])
{
    uint64_t badge;
    return ipc_trap_words(ANSER_CALL_call, channel, words, &badge);
}

/* reply_recv with 8 words each way in words[]. Returns the status, and the badge in *badge. */
static inline int64_t ipc_reply_recv_words(anser_handle receive, uint64_t words[IPC_WORDS],
                                           uint64_t *badge)
{
    return ipc_trap_words(ANSER_CALL_reply_recv, receive, words, badge);
}

/* What the stubs below lose besides. */
#define IPC_CLOBBERS_WORDS "a3", "a4", "a5", "a6", "t0", "t1", "t2", IPC_CLOBBERS

/* send of one word. Returns the status. */
static inline int64_t ipc_send_word(anser_handle channel, uint64_t word)
{
    register int64_t number __asm__("a7") = ANSER_CALL_send;
    register int64_t status __asm__("a0") = channel;
    register uint64_t info __asm__("a1") = IPC_INFO(8, 0);
    register uint64_t a2 __asm__("a2") = word;
    __asm__ volatile("ecall"
                     : "+r"(number), "+r"(status), "+r"(info), "+r"(a2)
                     :
                     : IPC_CLOBBERS_WORDS);
    return status;
}

/* recv of a message, of which the first word and the badge are stored. Returns the status. */
static inline int64_t ipc_recv_word(anser_handle receive, uint64_t *word, uint64_t *badge)
{
    register int64_t number __asm__("a7") = ANSER_CALL_recv;
    register int64_t status __asm__("a0") = receive;
    register uint64_t info __asm__("a1") = 0;
    register uint64_t a2 __asm__("a2");
    __asm__ volatile("ecall"
                     : "+r"(number), "+r"(status), "+r"(info), "=r"(a2)
                     :
                     : IPC_CLOBBERS_WORDS);
    *word = a2;
    *badge = info;
    return status;
}

/* sys_signal, inline: ORs bits into a signal's word. Returns 0 or -errno. */
static inline int64_t ipc_signal(anser_handle send, uint64_t bits)
{
    register int64_t number __asm__("a7") = ANSER_CALL_signal;
    register int64_t status __asm__("a0") = send;
    register uint64_t a1 __asm__("a1") = bits;
    __asm__ volatile("ecall" : "+r"(number), "+r"(status), "+r"(a1) : : "a2", IPC_CLOBBERS_WORDS);
    return status;
}

/* sys_wait without flags, inline: takes a signal's word when it is not 0. Returns 0 or -errno. */
static inline int64_t ipc_wait(anser_handle receive, uint64_t *word)
{
    register int64_t number __asm__("a7") = ANSER_CALL_wait;
    register int64_t status __asm__("a0") = receive;
    register uint64_t a1 __asm__("a1") = 0;
    __asm__ volatile("ecall" : "+r"(number), "+r"(status), "+r"(a1) : : "a2", IPC_CLOBBERS_WORDS);
    *word = a1;
    return status;
}

#endif /* __riscv */

#endif
