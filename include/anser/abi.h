/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ABI of Anser, once: numbers, structures, limits and error codes of the native system calls,
 * for the kernel, C programs, the Go package and docs/abi.md (made from this file by
 * tools/abi-doc).
 *
 * A native call has a negative number in a7. The status comes back in a0: a value >= 0 (flags, a
 * count, a new handle) or -errno. Further data is in a1, so that no data can look like an error.
 * The calls marked "ipc" below use the register form of struct anser_message's fields described at
 * ANSER_INFO_*. signal and wait keep sp, ra, gp, tp and s11, like that form, answer in a0 and a1,
 * and lose all others. Every other call keeps sp, ra, gp, tp and s0-s11, answers in a0 and a1, and
 * leaves a2-a7 and t0-t6 undefined, as the C calling convention allows. What is lost or undefined
 * is zero, or what the thread had there itself: never anything of another thread or of the kernel.
 *
 * Process or thread 0 as an argument is the caller itself. log_write may take less than is offered.
 *
 * Times are absolute, in ticks of the user-readable `time` CSR; deadline 0 with the DEADLINE flag
 * is "already expired"; word_wait and timer_set have no flag, and 0 there is "none". Addresses and
 * lengths are in bytes unless a name says pages.
 */
#ifndef ANSER_ABI_H
#define ANSER_ABI_H

#ifndef __ASSEMBLER__
#include <stdint.h>
#endif

#define ANSER_ABI_VERSION 1

/*
 * CALL(number, name, arguments) for every native call; a7 = -number. -1 is never assigned. The
 * text after each line is its reference documentation.
 */
#define ANSER_CALLS(CALL)                                                                          \
    CALL(16, call, "ipc: handle, info, words... -> info, badge 0, reply words")                    \
    CALL(17, reply_recv, "ipc: receive handle, info, reply words... -> info, badge, words")        \
    CALL(18, null, "-> 0; does nothing, for measuring")                                            \
    CALL(19, send, "ipc: handle, info, words... -> 0")                                             \
    CALL(20, recv, "ipc: receive handle, info -> info, badge, words")                              \
    CALL(21, signal, "signal send handle, bits -> 0")                                              \
    CALL(22, wait, "signal receive handle, info (NB, DEADLINE), deadline -> 0, word")              \
    CALL(23, reply, "ipc: 0 or reply handle in s3 (EXPLICIT_REPLY), info, words... -> 0")          \
    CALL(24, thread_resume, "leaves the handler with what its save frame holds")                   \
    CALL(32, handle_close, "handle -> 0")                                                          \
    CALL(33, handle_dup, "handle, rights (subset) -> handle")                                      \
    CALL(34, handle_give, "process, handle -> the handle in that process; moves")                  \
    CALL(35, handle_info, "handle -> type, rights | object id << 32")                              \
    CALL(36, reply_keep,                                                                           \
         "-> handle of the right to answer that this thread has; EPIPE: it has none")              \
    CALL(40, chan_create, "element size 0..4096, capacity -> send handle, receive handle")         \
    CALL(41, chan_mint, "receive handle, badge != 0 -> send handle with that badge")               \
    CALL(42, chan_close, "send handle -> 0; Go's close")                                           \
    CALL(43, chan_len, "handle -> len, cap")                                                       \
    CALL(44, signal_create, "-> send handle, receive handle")                                      \
    CALL(45, chan_select,                                                                          \
         "struct anser_case *, count 0..64, info (NB, DEADLINE, NOINTR), deadline -> "             \
         "info | index << 16, badge; error: index of the case to blame, or -1")                    \
    CALL(48, pages_create, "count, flags, device (DMA) or 0 -> handle")                            \
    CALL(49, pages_freeze, "pages -> 0; read-only for ever, may be duplicated from now on")        \
    CALL(50, pages_info, "pages -> count, physical address (PHYS right, contiguous) or 0")         \
    CALL(51, pages_release,                                                                        \
         "device, which was reset -> count; its DMA pages are free, or unbound. Or pages (PHYS): " \
         "just these")                                                                             \
    CALL(56, region_map,                                                                           \
         "process, address, length, prot|flags, object or 0, offset -> 0, address")                \
    CALL(57, region_unmap, "process, address, length -> 0")                                        \
    CALL(58, region_protect, "process, address, length, prot -> 0")                                \
    CALL(59, region_decommit, "process, address, length -> 0; anonymous pages read as zero again") \
    CALL(60, region_copy, "to process, to address, from (own) address, length, prot -> 0; COW")    \
    CALL(64, process_create, "struct anser_process_params * -> process handle")                    \
    CALL(65, process_kill, "process, status -> 0")                                                 \
    CALL(66, process_exit, "status; does not return")                                              \
    CALL(72, thread_create, "process, struct anser_thread_params * -> thread handle")              \
    CALL(73, thread_exit, "word address or 0; zeroes and wakes the word; does not return")         \
    CALL(74, thread_interrupt, "thread -> 0; its handler is entered with INTERRUPT")               \
    CALL(75, thread_handler, "struct anser_handler_params * -> 0, address of the save page")       \
    CALL(77, thread_priority, "thread or 0, priority -> old priority")                             \
    CALL(78, word_wait, "address, expected 32-bit value, deadline (0: none) -> 0")                 \
    CALL(79, word_wake, "address, count -> number woken; 64 a call at most")                       \
    CALL(80, thread_yield, "-> 0")                                                                 \
    CALL(81, thread_continue, "thread stopped by a fault -> 0; it tries again")                    \
    CALL(88, timer_create, "send handle -> timer handle; expiry is an event there")                \
    CALL(89, timer_set, "timer, deadline (0: stop), period in ticks or 0 -> 1: was running, or 0") \
    CALL(96, irq_create, "system (DEVICE), PLIC source, send handle -> irq handle, masked")        \
    CALL(97, irq_ack, "irq -> 0; unmasks: the next interrupt may come")                            \
    CALL(98, device_create, "system (DEVICE), physical address, length -> device handle")          \
    CALL(99, log_write, "system (LOG), text, length -> length")                                    \
    CALL(100, log_read, "system (INFO), buffer, length, position -> bytes, next position")         \
    CALL(101, system_info, "system (INFO), kind, index, buffer, length -> bytes, next index")      \
    CALL(102, system_power, "system (POWER), action, code; does not return")                       \
    CALL(103, system_debug, "system (DEBUG), operation, value -> 0")                               \
    CALL(104, process_find, "system (KILL), process id -> process handle (MANAGE)")                \
    CALL(105, log_console, "system (DEVICE), 1 or 0 -> 0; kernel lines go to the SBI console too")

#ifndef __ASSEMBLER__
enum anser_call {
#define ANSER_CALL_ENUM(number, name, text) ANSER_CALL_##name = -(number),
    ANSER_CALLS(ANSER_CALL_ENUM)
#undef ANSER_CALL_ENUM
        ANSER_CALL_LAST = -105
};
#endif

/* ---- Errors: Linux's numbers, returned negated. --------------------------------------------- */
#define ANSER_EPERM     1   /* the handle lacks the right */
#define ANSER_ESRCH     3   /* no such process, or it has ended */
#define ANSER_EINTR     4   /* thread_interrupt; the call had no effect */
#define ANSER_EBADF     9   /* no such handle, stale, or of another type */
#define ANSER_EAGAIN    11  /* would block; word_wait: the word differs */
#define ANSER_ENOMEM    12  /* the caller's budget, or a region limit, is exhausted */
#define ANSER_EFAULT    14  /* bad address */
#define ANSER_EBUSY     16  /* in use: mapped, bound, already answered */
#define ANSER_EEXIST    17  /* the address range is taken */
#define ANSER_EINVAL    22  /* an argument is out of its range */
#define ANSER_EMFILE    24  /* handle table full */
#define ANSER_EPIPE     32  /* closed, or the peer has gone */
#define ANSER_EDEADLK   35  /* would wait for itself */
#define ANSER_ENOSYS    38  /* no such call */
#define ANSER_EMSGSIZE  90  /* longer than the element size or the receiver's room */
#define ANSER_ETIMEDOUT 110 /* the deadline passed */

/* ---- Limits. --------------------------------------------------------------------------------- */
#define ANSER_PAGE_SIZE        4096
#define ANSER_PRIORITIES       32    /* 0 is lowest; a process has a ceiling */
#define ANSER_HANDLES_MAX      1024  /* a process */
#define ANSER_THREADS_MAX      1024  /* a process */
#define ANSER_WAKE_MAX         64    /* threads that one word_wake wakes; ask again for more */
#define ANSER_REGIONS_MAX      16384 /* a process */
#define ANSER_ELEMENT_MAX      4096  /* bytes of a message */
#define ANSER_REGISTER_BYTES   64    /* of them in registers */
#define ANSER_MESSAGE_HANDLES  4
#define ANSER_CHAN_BUFFER_MAX  (1u << 20) /* bytes of a channel's buffer, slots included */
#define ANSER_PAGES_MAX        (1u << 18) /* pages of one pages object: 1 GiB */
#define ANSER_NAME_MAX         32         /* of a process, with its NUL */
#define ANSER_USER_END         (1ul << 38)
#define ANSER_KERNEL_SLOT      0x80000000ul /* 1 GiB that user space has not got */
#define ANSER_KERNEL_SLOT_SIZE 0x40000000ul

/* ---- Handles: generation << 32 | index << 5, always > 0. ------------------------------------- */
#define ANSER_HANDLE_SHIFT 5

/* Types (handle_info). */
#define ANSER_TYPE_PROCESS 1
#define ANSER_TYPE_THREAD  2
#define ANSER_TYPE_CHANNEL 3
#define ANSER_TYPE_SIGNAL  4
#define ANSER_TYPE_REPLY   5
#define ANSER_TYPE_PAGES   6
#define ANSER_TYPE_IRQ     7
#define ANSER_TYPE_DEVICE  8
#define ANSER_TYPE_TIMER   9
#define ANSER_TYPE_SYSTEM  10

/* Rights. The ANSER_RIGHT_SYS_* are parts of the `system` object only. */
#define ANSER_RIGHT_SEND       0x001
#define ANSER_RIGHT_RECV       0x002
#define ANSER_RIGHT_DUP        0x004
#define ANSER_RIGHT_TRANSFER   0x008
#define ANSER_RIGHT_READ       0x010
#define ANSER_RIGHT_WRITE      0x020
#define ANSER_RIGHT_EXEC       0x040
#define ANSER_RIGHT_MANAGE     0x080
#define ANSER_RIGHT_PHYS       0x100
#define ANSER_RIGHT_SYS_LOG    0x1000
#define ANSER_RIGHT_SYS_INFO   0x2000
#define ANSER_RIGHT_SYS_KILL   0x4000
#define ANSER_RIGHT_SYS_POWER  0x8000
#define ANSER_RIGHT_SYS_DEVICE 0x10000
#define ANSER_RIGHT_SYS_DEBUG  0x20000
#define ANSER_RIGHTS_ALL       0x3f1ff

/* ---- IPC: the info word (a1 in, a0 out). ------------------------------------------------------
 * Register form: a0 handle, a1 info, a2-a6 t0-t2 words 0-7, t3-t6 handles, s2 deadline, s3 explicit
 * reply handle. It keeps sp, ra, gp, tp, s11; every other register is message afterwards, or lost:
 * zero, but after a send, which may leave in it what was there.
 * Memory form (MEM): a2 points to a struct anser_message; all registers but a0, a1 are kept; bytes
 * in the info word are 0, the block has the lengths.
 */
#define ANSER_INFO_BYTES          0x7f /* 0..64 */
#define ANSER_INFO_HANDLES_SHIFT  7    /* 0..4 handles carried */
#define ANSER_INFO_HANDLES        (7 << ANSER_INFO_HANDLES_SHIFT)
#define ANSER_INFO_NB             (1 << 10) /* in: do not block; -EAGAIN */
#define ANSER_INFO_DEADLINE       (1 << 11) /* in: s2 or the block has an absolute deadline */
#define ANSER_INFO_EXPLICIT_REPLY (1 << 12) /* in: answer the reply handle, not the last caller */
#define ANSER_INFO_MEM            (1 << 13) /* in: memory form */
#define ANSER_INFO_WANT_REPLY     (1 << 14) /* in: a call's right to answer comes as a handle */
#define ANSER_INFO_NOINTR         (1 << 15) /* in: thread_interrupt waits until the call has ended */
/* Out flags use the same bits again: a1 carries in flags, a0 out flags, never both. */
#define ANSER_INFO_CALL         (1 << 10) /* out: the sender waits for a reply */
#define ANSER_INFO_GONE         (1 << 11) /* out: the last handle with this badge has gone */
#define ANSER_INFO_CLOSED       (1 << 12) /* out: closed and drained; no message */
#define ANSER_INFO_REPLY_FAILED (1 << 13) /* out: reply_recv's reply did not arrive */
#define ANSER_INFO_EVENT        (1 << 14) /* out: from the kernel; words as ANSER_EVENT_* say */

#ifndef __ASSEMBLER__
typedef int64_t anser_handle;

/* The block of the memory form, 8-byte aligned. Unused fields are ignored. */
struct anser_message {
    uint64_t send_data;     /* in: what is sent, or answered */
    uint64_t send_length;   /* in */
    uint64_t recv_data;     /* in: where the received element, or the answer, goes */
    uint64_t recv_capacity; /* in */
    uint64_t deadline;      /* in, if flagged */
    uint64_t recv_length;   /* out */
    anser_handle handles[ANSER_MESSAGE_HANDLES]; /* in: carried (info counts them); out: received */
    anser_handle reply; /* in: EXPLICIT_REPLY; out: WANT_REPLY (0: not a call) */
};
#endif

/* ---- select. ----------------------------------------------------------------------------------
 * Exactly one case fires, chosen at random among those that are ready; none: waits, as Go does. a0
 * >= 0: the case that fired is a0 >> 16, the low 16 bits are what recv returns, a1 is the badge, or
 * the word of a signal. a0 < 0: a1 says whose fault it was: a case's index, which then failed (sent
 * on a closed channel, its handle was closed meanwhile, ...), or -1. Array and blocks belong to the
 * kernel until the call has returned: a block is read again when its case fires.
 */
#define ANSER_SELECT_MAX         64
#define ANSER_SELECT_INDEX_SHIFT 16
#define ANSER_CASE_SEND          (1 << 16) /* in anser_case.info: send; without it: receive */

#ifndef __ASSEMBLER__
/* The array of them is 8-byte aligned. */
struct anser_case {
    anser_handle handle; /* of a channel, or a signal to receive from; 0: never ready */
    uint64_t info;       /* CASE_SEND, handles carried (send), WANT_REPLY (receive) */
    uint64_t message;    /* address of a struct anser_message; unused for a signal */
};
#endif

/* ---- Events: messages from the kernel. Word 0 is the kind; flag EVENT. -----------------------
 * A source (irq, timer, process) is bound to a send handle, which it uses and does not consume; it
 * counts as a send end. Every mint is a badge of its own, with a GONE of its own, also where two
 * have the same value. Bound to a channel, it delivers a message with that handle's badge; bound to
 * a signal, it ORs the badge (or 1) into the word. Events need no buffer room and never block;
 * until received, a source's events coalesce.
 */
#define ANSER_EVENT_IRQ   1 /* word 1: interrupts since the last event */
#define ANSER_EVENT_TIMER 2 /* word 1: expiries since the last event */
#define ANSER_EVENT_EXIT  3 /* word 1: status, 2: ANSER_EXIT_*, 3: scause, 4: stval, 5: pc */
#define ANSER_EVENT_FAULT 4 /* word 1: thread id, 2: ANSER_FAULT_*, 3: scause, 4: stval, 5: pc */

#define ANSER_EXIT_NORMAL 0 /* process_exit, or the last thread left */
#define ANSER_EXIT_KILLED 1 /* process_kill */
#define ANSER_EXIT_FAULT  2 /* a fault nobody handles */

#define ANSER_FAULT_ACCESS 1 /* no region there, or not with this right */
#define ANSER_FAULT_BUDGET 2 /* demand-zero page, and no budget left */
#define ANSER_FAULT_ILLEGAL                                                                        \
    3 /* any other exception: illegal instruction, breakpoint, misaligned                          \
       */

/* ---- Regions. -------------------------------------------------------------------------------- */
#define ANSER_PROT_NONE     0
#define ANSER_PROT_READ     1
#define ANSER_PROT_WRITE    2 /* needs READ; never with EXEC */
#define ANSER_PROT_EXEC     4
#define ANSER_MAP_FIXED     0x10 /* exactly there, replacing what is there */
#define ANSER_MAP_NOREPLACE 0x20 /* exactly there, -EEXIST if taken */
/* Without either, the address is a hint: there if free, else where the kernel finds room. */

#define ANSER_PAGES_CONTIGUOUS 1
#define ANSER_PAGES_DMA        2 /* contiguous, bound to a device, PHYS right */
/* May be duplicated, and mapped by several processes that write to it: sending a handle takes no
 * mapping away, and whoever made it pays until the last handle and mapping have gone. */
#define ANSER_PAGES_SHARED 4

/* ---- Processes, threads, handlers. ------------------------------------------------------------
 */
#ifndef __ASSEMBLER__
struct anser_process_params {
    char name[ANSER_NAME_MAX];
    uint64_t budget_pages; /* taken from the caller's budget, back when the process is gone */
    anser_handle exit;     /* send handle for ANSER_EVENT_EXIT, or 0; used, not consumed */
    anser_handle fault;    /* send handle for ANSER_EVENT_FAULT, or 0: a fault kills */
    uint64_t priority_max; /* ceiling of its threads, at most the caller's */
};

struct anser_thread_params {
    uint64_t entry;    /* pc */
    uint64_t stack;    /* sp */
    uint64_t argument; /* a0 */
    uint64_t tls;      /* tp */
    uint64_t priority; /* at most the process's ceiling */
};

/* What the handler of foreign calls, faults and interruptions gets, a0 = this frame's address. */
struct anser_frame {
    uint64_t x[32]; /* x[0] unused */
    uint64_t pc;
    uint64_t kind;   /* ANSER_HANDLE_* */
    uint64_t cause;  /* scause */
    uint64_t value;  /* stval */
    uint64_t reason; /* of a fault: ANSER_FAULT_* */
};

struct anser_handler_params {
    uint64_t entry;       /* called for foreign calls, faults, interruptions */
    uint64_t nested;      /* called for a fault inside the handler */
    uint64_t address;     /* page-aligned: save page first, then the stack, then a guard; free */
    uint64_t stack_pages; /* 1..16 */
};

/* Layout of the save page: frames[0] for the program, frames[1] for the handler itself. */
struct anser_save_page {
    struct anser_frame frames[2];
};
#endif

#define ANSER_HANDLE_SYSCALL   1
#define ANSER_HANDLE_FAULT     2
#define ANSER_HANDLE_INTERRUPT 3

/* ---- Start of a program: argc, argv, envp, auxv on the stack as on Linux, plus: -------------- */
#define ANSER_AT_START    0x414e0001 /* address of a struct anser_start */
#define ANSER_AT_TIMEBASE 0x414e0002 /* ticks a second of the `time` CSR */
#define ANSER_AT_PROCESS  0x414e0003 /* id of the process; foreign programs only */
#define ANSER_AT_HARTS    0x414e0004 /* harts online; likewise */

#ifndef __ASSEMBLER__
struct anser_start_handle {
    char name[ANSER_NAME_MAX];
    anser_handle handle;
};
struct anser_start {
    uint64_t count;
    struct anser_start_handle handles[];
};
#endif

/* ---- system_info. ------------------------------------------------------------------------------
 */
#define ANSER_INFO_SYSTEM  1 /* struct anser_system_info */
#define ANSER_INFO_PROCESS 2 /* struct anser_process_info of the first id >= index */
#define ANSER_INFO_THREAD  3 /* struct anser_thread_info, likewise */
#define ANSER_INFO_IDLE    4 /* needs no handle, writes nothing: -> harts, idle_ticks */

#define ANSER_POWER_OFF    0 /* code 0: SBI shutdown; else the finisher's exit code */
#define ANSER_POWER_REBOOT 1

#define ANSER_DEBUG_FAIL_ALLOC 1 /* value n: the n-th allocation from now fails, once; 0: off */
#define ANSER_DEBUG_DUMP       2 /* who waits on what, to the log */
#define ANSER_DEBUG_PANIC      3 /* for the test of the panic report */
#define ANSER_DEBUG_STACK      4 /* down the kernel's stack until its guard page: a panic, too */
#define ANSER_DEBUG_SEED       5 /* of what select chooses by; the same seed, the same choices */

#define ANSER_STATE_RUNNING   0
#define ANSER_STATE_READY     1
#define ANSER_STATE_SENDING   2
#define ANSER_STATE_RECEIVING 3
#define ANSER_STATE_CALLING   4 /* waits for the server to receive, or for its reply */
#define ANSER_STATE_WORD      5
#define ANSER_STATE_SIGNAL    6
#define ANSER_STATE_FAULTED   7
#define ANSER_STATE_DYING     8
#define ANSER_STATE_SELECTING 9

#ifndef __ASSEMBLER__
struct anser_system_info {
    uint64_t frames_total; /* RAM in pages */
    uint64_t frames_free;
    uint64_t frames_image;    /* kernel core: text, rodata, data, bss */
    uint64_t frames_meta;     /* frame table */
    uint64_t frames_slab;     /* small kernel objects */
    uint64_t frames_tables;   /* page tables, the kernel's included */
    uint64_t frames_boot;     /* initrd and device tree */
    uint64_t frames_reserved; /* firmware */
    uint64_t harts;
    uint64_t handles; /* open, in all processes */
    uint64_t processes;
    uint64_t threads;
    uint64_t now;            /* ticks */
    uint64_t boot_instret;   /* instret at the loader's first instruction */
    uint64_t kernel_objects; /* alive */
    uint64_t idle_ticks;     /* since boot, of all harts together, up to now */
};

struct anser_process_info {
    uint64_t id;
    char name[ANSER_NAME_MAX];
    uint64_t threads;
    uint64_t handles;
    uint64_t cpu_ticks;
    uint64_t pages_used; /* charged: memory, page tables, objects (rounded up) */
    uint64_t pages_budget;
    uint64_t parent; /* id of its creator */
};

struct anser_thread_info {
    uint64_t id;
    uint64_t process;
    uint64_t state; /* ANSER_STATE_* */
    uint64_t priority;
    uint64_t hart;
    uint64_t cpu_ticks;
    uint64_t wait_object; /* id of the channel or signal; address of the word */
    uint64_t wait_thread; /* id of the server whose reply it waits for */
    uint64_t pc;
};
#endif

#endif
