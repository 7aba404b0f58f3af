/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The manifest: which servers init starts, with which handles, and what programs may do. Pure:
 * reads text, knows nothing of handles or processes, compiles for the host. The format is described
 * in docs/servers.md.
 */
#ifndef ANSER_SERVERS_INIT_MANIFEST_H
#define ANSER_SERVERS_INIT_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MANIFEST_ENTRIES_MAX 48
#define MANIFEST_GRANTS_MAX  32
#define MANIFEST_ARGS_MAX    12
#define MANIFEST_NAME_MAX    32 /* with its NUL */
#define MANIFEST_PATH_MAX    64 /* with its NUL; also of a compatible string */
#define MANIFEST_WORDS_MAX   (2 + MANIFEST_ARGS_MAX)
#define MANIFEST_ARG_BYTES   256 /* of all arguments of one entry, NULs included */
#define MANIFEST_LINE_MAX    512
#define MANIFEST_ENDS_MAX    32        /* of a restart rule: N in T */
#define MANIFEST_SECONDS_MAX 86400     /* likewise */
#define MANIFEST_VIRTIO      "virtio:" /* a device line's COMPATIBLE: then a virtio DeviceID */
#define MANIFEST_INSTANCES   8         /* of a driver, one for each of its devices */

enum manifest_kind {
    MANIFEST_SERVICE, /* init starts it, and again by its restart rule */
    MANIFEST_PROGRAM, /* started on request; the entry says what it gets */
    MANIFEST_DRIVER,  /* a pattern of services: one for each device that its `device` line means,
                         named, and serving, NAME0, NAME1, ... */
};

enum manifest_restart { RESTART_NEVER, RESTART_ALWAYS, RESTART_ON_FAILURE };

enum manifest_grant_kind {
    GRANT_SYSTEM,    /* the system object; rights says what of it */
    GRANT_DEVICE,    /* name.mmio and name.irq of the first free device that text means; the
                        interrupt comes as an event on the service's own channel */
    GRANT_SERVE,     /* handle "receive" of the channel published as name; once a service */
    GRANT_USE,       /* send handle to the channel served as name, from the start */
    GRANT_PUBLISH,   /* may publish under name, or under any (*) */
    GRANT_LOOKUP,    /* may look up and watch name, or any (*) */
    GRANT_PROCESSES, /* may start, list and kill programs */
    GRANT_ARCHIVE,   /* the frozen pages of the boot archive as handle "initrd" */
    GRANT_LOG,       /* the system object as handle "log", right LOG only */
    GRANT_NEED,      /* no handle: starts once the service `name` runs */
    GRANT_STDIO,     /* a session of the channel served as name: stdin, stdout, stderr */
    GRANT_SEED,      /* the firmware's seed, and may give seeds to init */
    GRANT_CONTROL,   /* its sessions of the channel served as name are privileged */
};

struct manifest_grant {
    enum manifest_grant_kind kind;
    unsigned line;
    char name[MANIFEST_NAME_MAX];
    char text[MANIFEST_PATH_MAX];
    bool optional;         /* GRANT_DEVICE: the service starts without, too */
    uint32_t rights;       /* GRANT_SYSTEM: ANSER_RIGHT_SYS_* */
    uint32_t element_size; /* GRANT_SERVE: bytes */
    uint32_t capacity;     /* GRANT_SERVE: elements */
};

struct manifest_entry {
    enum manifest_kind kind;
    unsigned line;          /* of its first line, for later messages */
    unsigned priority_line; /* 0: not said */
    bool broken;            /* an error was reported: not to be started */
    bool takes_console;     /* drives the console: the kernel's lines stay in the log meanwhile */
    bool interactive;       /* left out when init is told to run one program */
    char name[MANIFEST_PATH_MAX];  /* of the service; path of the program, or "*" */
    char path[MANIFEST_PATH_MAX];  /* of the ELF file in the archive */
    char args[MANIFEST_ARG_BYTES]; /* NUL-terminated, one after the other */
    unsigned arg_count;
    unsigned priority;
    uint64_t memory_pages;     /* budget; 0: not said */
    uint64_t memory_max_pages; /* of a program, as much as is there up to this; else the same */
    bool restart_said;
    enum manifest_restart restart;
    unsigned ends_max;     /* given up after so many ends ... */
    unsigned ends_seconds; /* ... in so many seconds; 0: not said */
    unsigned grant_count;
    struct manifest_grant grants[MANIFEST_GRANTS_MAX];
};

struct manifest {
    unsigned count;
    struct manifest_entry entries[MANIFEST_ENTRIES_MAX];
};

/* Called once for each error: `line` counts from 1; `what` is one sentence without a newline. */
typedef void manifest_report(void *context, unsigned line, const char *what);

/*
 * Reads `length` bytes of text (no NUL needed) into `manifest`. Every error is reported with its
 * line and makes the entry that it stands in `broken`; the others are complete and consistent.
 * Returns the number of errors.
 */
unsigned manifest_parse(struct manifest *manifest, const char *text, size_t length,
                        manifest_report *report, void *context);

/* The last step of manifest_parse: served once, priorities, users have a server. Returns the number
 * of errors. */
unsigned manifest_check(struct manifest *manifest, manifest_report *report, void *context);

/* The unbroken service or driver that serves `name`, or NULL. `*grant` is its GRANT_SERVE, if asked
 * for. A driver serves its own name, which means all of its instances, and that of each. */
const struct manifest_entry *manifest_server(const struct manifest *manifest, const char *name,
                                             const struct manifest_grant **grant);

/* The unbroken service with this name, or NULL. */
const struct manifest_entry *manifest_service(const struct manifest *manifest, const char *name);

/* The program entry for `path`: its own, else that of "*", else NULL. */
const struct manifest_entry *manifest_program(const struct manifest *manifest, const char *path);

/* The first grant of this kind, or NULL. */
const struct manifest_grant *manifest_find(const struct manifest_entry *entry,
                                           enum manifest_grant_kind kind);

/* Whether `entry` has a grant of this kind (PUBLISH, LOOKUP, USE, STDIO, CONTROL) for this very
 * name. */
bool manifest_names(const struct manifest_entry *entry, enum manifest_grant_kind kind,
                    const char *name);

/* Likewise, or for any name. What a service serves is never meant by "any". */
bool manifest_allows(const struct manifest_entry *entry, enum manifest_grant_kind kind,
                     const char *name);

/* Whether `name` is that of an instance of the driver, NAME0 to NAME7. */
bool manifest_is_instance(const struct manifest_entry *driver, const char *name);

#endif
