/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The protocol of init: programs of the boot archive are listed and started, services controlled.
 * Its send handle is the start handle "init", given by the manifest; its badge tells who asks.
 *
 * Every request is a call that begins with a 64-bit type; the answer begins with a status, >= 0 or
 * -errno. Handles that come with a request are init's from then on, also after an error.
 */
#ifndef ANSER_INIT_H
#define ANSER_INIT_H

#include <stdint.h>
#include <anser/abi.h>

#define INIT_ELEMENT  ANSER_ELEMENT_MAX
#define INIT_NAME_MAX 64  /* of a program in the archive, with its NUL */
#define INIT_TEXT_MAX 160 /* why a program does not start, with its NUL */
#define INIT_GIVE_MAX 16  /* handles that a client may have deposited at a time */

/*
 * On the badge of a session that init opened with a service: the manifest has `control SERVICE` for
 * the client, which may then do what the service's protocol keeps from others.
 */
#define INIT_BADGE_CONTROL (1ul << 48)

/* Names of start handles that C programs of this project know. Any other may be in a manifest. */
#define START_STDIN       "stdin"
#define START_STDOUT      "stdout"
#define START_STDERR      "stderr"
#define START_LOG         "log" /* system object, right LOG: where output goes without a console */
#define START_SYSTEM      "system"  /* system object, with the rights that the manifest grants */
#define START_NAMES       "names"   /* <anser/names.h> */
#define START_INIT        "init"    /* this protocol */
#define START_RECEIVE     "receive" /* a service's own receive handle, kept across restarts */
#define START_INITRD      "initrd" /* the boot archive, frozen pages; initrd_size in the environment */
#define START_DEVICE_TREE "device-tree" /* init itself */
#define START_SIGNALS     "signals"     /* receive end of a signal: bit n - 1 is Linux's signal n */
#define INIT_BOOT_SEED    "boot_seed" /* environment: the firmware's seed, in hexadecimal digits */
#define START_TRACE       "trace"     /* a stream; the personality prints each foreign call there */

/*
 * INIT_GIVE name, one handle: deposits it for the asker's next INIT_START, which gives it to the
 *   program as start handle NAME. A second one of the same name replaces the first. -EINVAL: no
 *   name, no handle; -ENOMEM: too many.
 * INIT_START: struct init_start, then its strings; runs a program in a new process. The first
 *   argument says which: "/PATH" of the archive, any other NAME means programs/NAME. It gets what
 *   its stanza in the manifest grants, what was deposited, and "signals"; whatever happens, nothing
 *   is deposited any more. The answer is a struct init_started with two handles: the process
 *   (MANAGE), and the send end of its "signals". Any error comes with one line of text:
 *   -ESRCH: there is no such program (what shells call 127); all others: it is there, but cannot
 *   run (126): -ENOEXEC: not an image that can, -EINVAL: the request is wrong, -ENOMEM, -EPERM,
 *   -EMFILE.
 * INIT_PROGRAM index: the first program whose index is >= this: struct init_program; status 1, or 0
 *   when there are no more.
 * INIT_SERVICE index: likewise, struct init_service.
 * INIT_SEED 32 bytes: mixes them into what AT_RANDOM of programs is made from. -EPERM: the manifest
 *   has no `seed` for the asker.
 * INIT_DEVICE index: likewise, struct init_device, in order of address.
 * INIT_RESTART name: kills a service, which its manifest's rule then restarts. -ESRCH.
 * INIT_KILL process id: kills a process that INIT_START started. -ESRCH, -EPERM.
 */
#define INIT_START   0x301
#define INIT_PROGRAM 0x302
#define INIT_SERVICE 0x303
#define INIT_RESTART 0x304
#define INIT_KILL    0x305
#define INIT_GIVE    0x306
#define INIT_DEVICE  0x307
#define INIT_SEED    0x308

/* Flags of INIT_START. The first two tell which handles came along, in this order. */
#define INIT_START_CONSOLE 1u /* a console session, becomes stdin, stdout and stderr; right DUP */
#define INIT_START_EXIT    2u /* send handle for ANSER_EVENT_EXIT of the process */
/*
 * The program is not in the archive: its image lies in frozen pages that were deposited as "image"
 * (rights READ, EXEC), at the offset and of the size said. The stanza is that of `program *`.
 */
#define INIT_START_IMAGE 4u

struct init_start {
    uint64_t type;
    uint32_t flags;
    uint32_t argument_count;     /* argv[0] included */
    uint64_t argument_length;    /* bytes that follow */
    uint64_t environment_count;  /* NAME=VALUE each, behind the arguments */
    uint64_t environment_length; /* bytes of them */
    uint64_t memory_pages;       /* budget wanted, at most its stanza's; 0: the stanza's rule */
    uint64_t image_offset;       /* INIT_START_IMAGE: bytes, of a page */
    uint64_t image_size;         /* likewise, bytes */
    char arguments[];            /* all NUL-terminated, one after the other */
};

struct init_give {
    uint64_t type;
    char name[ANSER_NAME_MAX];
};

#define INIT_STARTED_FOREIGN 1u /* a personality serves it, which heeds "signals" */
/* A program of Anser that says it heeds "signals" (lib/interrupt.h). Others have to be killed, and
 * so has this one if it does not end when it was told to. */
#define INIT_STARTED_SIGNALS 2u

struct init_started {
    int64_t status;
    uint64_t process;         /* id */
    uint64_t flags;           /* INIT_STARTED_* */
    char text[INIT_TEXT_MAX]; /* of an error, for the user; else empty */
};

/* INIT_PROGRAM, INIT_SERVICE, INIT_DEVICE, INIT_KILL (index is the process id), INIT_RESTART. */
struct init_query {
    uint64_t type;
    uint64_t index;
    char name[ANSER_NAME_MAX]; /* INIT_RESTART */
};

struct init_seed {
    uint64_t type;
    uint8_t seed[32];
};

struct init_program {
    int64_t status;
    uint64_t next;
    uint64_t size; /* of the file */
    char name[INIT_NAME_MAX];
};

#define INIT_STATE_RUNNING 0
#define INIT_STATE_STOPPED 1 /* ended, and not to be restarted */
#define INIT_STATE_WAITING 2 /* ended, restart is due */
#define INIT_STATE_FAILED  3 /* could not be started, or ended too often */
#define INIT_STATE_HELD    4 /* a service that it needs does not run */

struct init_service {
    int64_t status;
    uint64_t next;
    uint64_t process; /* id, 0 if it does not run */
    uint64_t state;   /* INIT_STATE_* */
    uint64_t restarts;
    char name[ANSER_NAME_MAX];
    char needs[INIT_TEXT_MAX];      /* names of services, blanks between them; cut if too many */
    char waits_for[ANSER_NAME_MAX]; /* INIT_STATE_HELD: the first of them that does not run */
    char end[INIT_TEXT_MAX];        /* how it ended last, or why it failed; empty: never */
};

/* A device of the machine that can interrupt, whether somebody drives it or not. */
struct init_device {
    int64_t status;
    uint64_t next;
    uint64_t address; /* physical, of its registers */
    uint64_t irq;     /* PLIC source */
    uint64_t virtio;  /* DeviceID, 0: no virtio device */
    uint64_t version; /* of the virtio transport: 1 legacy, 2 modern */
    char kind[ANSER_NAME_MAX];
    char driver[ANSER_NAME_MAX]; /* the service; empty: nobody drives it */
    char wrong[INIT_TEXT_MAX];   /* why nobody may have it; empty: it is well */
};

#endif
