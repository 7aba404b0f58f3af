/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds devices in the device tree, by the compatible string that a manifest names. */
#ifndef ANSER_SERVERS_INIT_DEVICES_H
#define ANSER_SERVERS_INIT_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_PROPERTIES_MAX 8
#define DEVICE_TEXT_MAX       64

/* A device that is there and enabled. */
struct device_node {
    uint64_t address; /* physical, of its first register window */
    uint64_t length;  /* bytes */
    uint32_t irq;     /* PLIC source; 0: none */
    /* Its properties of one 32-bit number, as "reg-shift=0". */
    unsigned property_count;
    char properties[DEVICE_PROPERTIES_MAX][DEVICE_TEXT_MAX];
};

/*
 * Finds the first enabled node compatible with `compatible` in the flattened tree. Returns NULL and
 * fills *node, or says in one sentence what is wrong.
 */
const char *device_find(const void *tree, const char *compatible, struct device_node *node);

#endif
