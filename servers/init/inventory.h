/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's devices, what they are, and which service drives which: a device has one driver. */
#ifndef ANSER_SERVERS_INIT_INVENTORY_H
#define ANSER_SERVERS_INIT_INVENTORY_H

#include <stdbool.h>
#include <stdint.h>
#include <anser/abi.h>
#include "devices.h"
#include "manifest.h"

#define INVENTORY_MAX 32

struct service;

struct device {
    struct device_node node;
    bool is_transport;               /* a virtio-mmio one; virtio is 0 if nothing is plugged in */
    uint32_t virtio;                 /* its DeviceID; 0: no virtio device */
    uint32_t version;                /* of the virtio transport: 1 legacy, 2 modern */
    const struct service *driver;    /* NULL: nobody */
    const struct manifest_grant *as; /* the driver's line for it */
    anser_handle registers;          /* whole pages, all rights; 0: none yet */
    char wrong[96];                  /* why nobody may have it; empty: it is well */
};

/* Finds the devices in boot.device_tree and asks the virtio ones what they are. What cannot be used
 * is reported in the log, and listed. */
void inventory_open(void);

/* The device at this place, counted from 0, in order of address; NULL: there are no more. */
struct device *inventory_at(uint64_t index);

/* Gives each `device` line of the service the first device that it matches and nobody has. A line
 * that finds none is left without; inventory_claimed tells. */
void inventory_claim(const struct service *service);

/* Whether a device that nobody drives matches what a `device` line says. */
bool inventory_has(const char *wanted);

/* The device that the service got by this line of its entry, with `registers`. NULL: it got none,
 * and *why says in one sentence why. */
struct device *inventory_claimed(const struct manifest_grant *grant, const char **why);

/*
 * The service's process has ended: stops its devices, so that none of them writes to memory any
 * more, and then gives back the memory that they could write to. Returns NULL, or in one sentence
 * why that failed; such a device and that memory are used no more. Devices that are not virtio
 * cannot be stopped by anybody but their drivers, and their memory stays in quarantine.
 */
const char *inventory_stop(const struct service *service);

/* What is to be called the kind of a device: "virtio block", or as the tree has it. */
const char *inventory_kind(const struct device *device);

#endif
