/* SPDX-License-Identifier: BSD-2-Clause */
/* The pseudo files, and text that they generate. For pseudo*.c alone. */
#ifndef ANSER_SERVERS_LINUX_PSEUDO_TABLE_H
#define ANSER_SERVERS_LINUX_PSEUDO_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "file.h"

/* Text in the making, on the heap. Once there is no memory, nothing more is added. */
struct text {
    char *bytes;
    size_t length;
    size_t room;
    bool failed;
};

void text_add_bytes(struct text *text, const void *bytes, size_t length);
void text_add(struct text *text, const char *string);
void text_add_decimal(struct text *text, uint64_t number);
void text_add_hex(struct text *text, uint64_t number);

struct pseudo_node {
    const char *path;
    uint32_t mode;                            /* st_mode */
    uint32_t device;                          /* st_rdev of a character device */
    const struct file_operations *operations; /* of a character device */
    void (*generate)(struct text *text);      /* of a regular file: what it holds when opened */
    void (*target)(struct text *text);        /* of a link */
};

extern const struct pseudo_node pseudo_nodes[];
extern const unsigned pseudo_node_count;

#define PSEUDO_RESOLVERS        "/etc/resolv.conf" /* the one in a folder of the archive */
#define PSEUDO_DESCRIPTORS      "/proc/self/fd"
#define PSEUDO_INODE_DESCRIPTOR 0x10000 /* + descriptor */

/* The row of this path, or NULL. */
const struct pseudo_node *pseudo_find(const char *path);

/* The number of a path /proc/self/fd/N, and what follows it; -1: another path. */
int64_t pseudo_descriptor(const char *path, const char **rest);

/* Operations of the character devices, pseudo_device.c. */
extern const struct file_operations pseudo_null, pseudo_zero, pseudo_full, pseudo_random;

/* What the regular files hold, pseudo_text.c. */
void text_auxiliary(struct text *text);
void text_command_line(struct text *text);
void text_environment(struct text *text);
void text_maps(struct text *text);
void text_status(struct text *text);
void text_command(struct text *text);
void text_processors(struct text *text);
void text_processors_online(struct text *text);
void text_uptime(struct text *text);
void text_processor_times(struct text *text);
void text_version(struct text *text);
void text_system_name(struct text *text);
void text_release(struct text *text);
void text_host_name(struct text *text);
void text_backlog(struct text *text);
void text_resolvers(struct text *text); /* pseudo_network.c */

/* Where the links lead. */
void text_executable(struct text *text);
void text_working_directory(struct text *text);
void text_root(struct text *text);
void text_descriptors(struct text *text);
void text_standard_input(struct text *text);
void text_standard_output(struct text *text);
void text_standard_error(struct text *text);

#endif
