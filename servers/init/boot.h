/* SPDX-License-Identifier: BSD-2-Clause */
/* What init was started with, and its one channel. Set up once by boot_init, constant afterwards.
 */
#ifndef ANSER_SERVERS_INIT_BOOT_H
#define ANSER_SERVERS_INIT_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <anser/abi.h>

/*
 * Badges on init's channel. Clients are numbered from 1 on; the others are told apart by their top
 * bits. A service's exit badge is new at each start, so that a late event hits nobody else.
 */
#define BADGE_EXIT    (1ul << 62) /* | start number */
#define BADGE_TIMER   (1ul << 61)
#define BADGE_PROGRAM (1ul << 60) /* exit of a program that init itself started */

/* Badges that init mints on the channels of services. The service mints below SESSION itself. */
#define BADGE_SESSION (1ul << 32) /* | number: one client each */
#define BADGE_IRQ     (1ul << 63) /* | index of the service's device */

struct boot {
    anser_handle system; /* all rights */
    anser_handle initrd; /* frozen pages of the archive */
    anser_handle send;   /* of init's channel */
    anser_handle receive;
    const char *archive;
    size_t archive_size;
    const void *device_tree; /* NULL: none that can be read */
};

extern struct boot boot;

/* Finds the start handles and maps what they stand for; `argv` has the words of the command line.
 * Returns false, with a line in the log, if init cannot work. */
bool boot_init(char **argv);

/* The value of the word KEY=VALUE on the command line (the last one counts) or in the environment;
 * NULL: not there. */
const char *boot_option(const char *key);

/* Whether the command line has this very word. */
bool boot_flag(const char *word);

/* Pages that init can still give to processes; harts online. 0 if the kernel does not say. */
uint64_t boot_free_pages(void);
uint64_t boot_harts(void);

/* One line to the kernel's log, "init: " before it and a newline behind it. */
void boot_report(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
