/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds devices in the device tree. Pure: reads the tree, touches no register, compiles for the
 * host. */
#ifndef ANSER_SERVERS_INIT_DEVICES_H
#define ANSER_SERVERS_INIT_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_PROPERTIES_MAX 8
#define DEVICE_TEXT_MAX       64
#define DEVICE_KIND_MAX       32

/* A device that is there and enabled. */
struct device_node {
    int offset;       /* in the tree */
    uint64_t address; /* physical, of its first register window */
    uint64_t length;  /* bytes */
    uint32_t irq;     /* PLIC source; 0: none */
    /* The first string of its `compatible`, cut, and printable whatever the tree says. */
    char kind[DEVICE_KIND_MAX];
    /* Its properties of one 32-bit number, as "reg-shift=0". */
    unsigned property_count;
    char properties[DEVICE_PROPERTIES_MAX][DEVICE_TEXT_MAX];
};

/*
 * Finds the enabled nodes that have registers and can interrupt: devices that a driver could have.
 * Fills at most `max` of *nodes, in order of address, and returns how many there are; those that
 * are more than `max` are not filled in. What a node says of its registers must make sense.
 */
size_t device_scan(const void *tree, struct device_node *nodes, size_t max);

/* Whether the node, of this tree, is compatible with `compatible`. */
bool device_is(const void *tree, const struct device_node *node, const char *compatible);

/*
 * Finds the first enabled node compatible with `compatible` in the flattened tree. Returns NULL and
 * fills *node, or says in one sentence what is wrong.
 */
const char *device_find(const void *tree, const char *compatible, struct device_node *node);

#endif
