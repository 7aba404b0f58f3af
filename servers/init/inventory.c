/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of devices. Specification: virtio 1.2, section 4.2 (registers of the MMIO transport).
 */
#include "inventory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "channel.h"
#include "clock.h"
#include "memory.h"
#include "syscall.h"
#include "boot.h"
#include "services.h"

#define TRANSPORT "virtio,mmio"

/* Table 4.1: offsets of the registers that init touches. */
#define REGISTER_MAGIC   0x000
#define REGISTER_VERSION 0x004
#define REGISTER_DEVICE  0x008
#define REGISTER_STATUS  0x070
#define REGISTERS_LENGTH 0x100
#define MAGIC            0x74726976u /* "virt" */

#define RESET_MS 100 /* in which a device must have stopped */

static struct device devices[INVENTORY_MAX];
static size_t device_count;

__attribute__((format(printf, 2, 3))) static void refuse(struct device *device, const char *format,
                                                         ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(device->wrong, sizeof(device->wrong), format, arguments);
    va_end(arguments);
    boot_report("device %s at 0x%lx: %s", device->node.kind, device->node.address, device->wrong);
}

/* ---- Registers. ------------------------------------------------------------------------------ */

static uint64_t window_begin(const struct device_node *node)
{
    return node->address / ANSER_PAGE_SIZE * ANSER_PAGE_SIZE;
}

static uint64_t window_length(const struct device_node *node)
{
    return memory_round_up(node->address + node->length - window_begin(node));
}

/* False: the kernel does not let anybody have them, and the device is refused. */
static bool open_registers(struct device *device)
{
    if (device->registers > 0)
        return true;
    device->registers =
        sys_device_create(boot.system, window_begin(&device->node), window_length(&device->node));
    if (device->registers > 0)
        return true;
    refuse(device, "its registers cannot be had: error %d", (int)-device->registers);
    device->registers = 0;
    return false;
}

/* Maps the first page of the registers, and says where in it they are. */
static volatile uint32_t *map_registers(struct device *device, unsigned prot)
{
    char *page = memory_map_object(device->registers, 0, ANSER_PAGE_SIZE, prot);
    if (page)
        return (volatile uint32_t *)(page + device->node.address % ANSER_PAGE_SIZE);
    refuse(device, "its registers cannot be mapped: error %d", errno);
    return NULL;
}

static void unmap_registers(volatile uint32_t *registers)
{
    uintptr_t address = (uintptr_t)registers;
    memory_unmap((void *)(address - address % ANSER_PAGE_SIZE), ANSER_PAGE_SIZE);
}

/* ---- What there is. -------------------------------------------------------------------------- */

/* What is given to a driver are pages, so what else lies in them would be given with them. */
static bool shares_a_page(const struct device *device)
{
    const struct device_node *node = &device->node;
    for (size_t i = 0; i < device_count; i++) {
        const struct device_node *other = &devices[i].node;
        if (other != node && window_begin(node) < window_begin(other) + window_length(other) &&
            window_begin(other) < window_begin(node) + window_length(node))
            return true;
    }
    return false;
}

/* Section 4.2.2: who finds other values must not touch the device. */
static void read_identity(struct device *device, volatile uint32_t *registers)
{
    uint32_t magic = registers[REGISTER_MAGIC / 4];
    device->version = registers[REGISTER_VERSION / 4];
    if (magic != MAGIC)
        refuse(device, "its magic number is 0x%x", magic);
    else if (device->version != 1 && device->version != 2)
        refuse(device, "version %u of the virtio transport is not known", device->version);
    else
        device->virtio = registers[REGISTER_DEVICE / 4];
}

static void probe(struct device *device)
{
    const struct device_node *node = &device->node;
    if (shares_a_page(device)) {
        refuse(device, "it shares a page with another device, so nobody can have it alone");
        return;
    }
    device->is_transport = device_is(boot.device_tree, node, TRANSPORT);
    if (!device->is_transport)
        return;
    if (node->length < REGISTERS_LENGTH || node->address % 4 != 0 ||
        node->address % ANSER_PAGE_SIZE + REGISTERS_LENGTH > ANSER_PAGE_SIZE) {
        refuse(device, "%lu bytes of registers are not a virtio transport", node->length);
        return;
    }
    volatile uint32_t *registers =
        open_registers(device) ? map_registers(device, ANSER_PROT_READ) : NULL;
    if (!registers)
        return;
    read_identity(device, registers);
    unmap_registers(registers);
}

/* A transport with nothing plugged in is no device. */
static void forget_empty_transports(void)
{
    size_t kept = 0;
    for (size_t i = 0; i < device_count; i++) {
        if (devices[i].is_transport && devices[i].virtio == 0 && !devices[i].wrong[0])
            handle_close(devices[i].registers);
        else
            devices[kept++] = devices[i];
    }
    device_count = kept;
}

void inventory_open(void)
{
    static struct device_node nodes[INVENTORY_MAX]; /* too large for the stack */
    size_t found = device_scan(boot.device_tree, nodes, INVENTORY_MAX);
    if (found > INVENTORY_MAX)
        boot_report("the device tree has %zu devices, only the first %d are used", found,
                    INVENTORY_MAX);
    device_count = found < INVENTORY_MAX ? found : INVENTORY_MAX;
    for (size_t i = 0; i < device_count; i++)
        devices[i].node = nodes[i];
    for (size_t i = 0; i < device_count; i++)
        probe(&devices[i]);
    forget_empty_transports();
}

struct device *inventory_at(uint64_t index)
{
    return index < device_count ? &devices[index] : NULL;
}

/* Section 5: the DeviceIDs that somebody may have plugged in. */
const char *inventory_kind(const struct device *device)
{
    static const char *const kinds[] = {
        [1] = "virtio network",      [2] = "virtio block",
        [3] = "virtio console",      [4] = "virtio entropy",
        [5] = "virtio balloon",      [6] = "virtio memory ballooning",
        [8] = "virtio SCSI host",    [9] = "virtio 9P",
        [16] = "virtio GPU",         [18] = "virtio input",
        [19] = "virtio socket",      [20] = "virtio crypto",
        [24] = "virtio memory",      [25] = "virtio sound",
        [26] = "virtio file system", [27] = "virtio persistent memory",
    };
    uint32_t id = device->virtio;
    if (id == 0)
        return device->node.kind;
    return id < sizeof(kinds) / sizeof(kinds[0]) && kinds[id] ? kinds[id] : "virtio";
}

/* ---- Who drives what. ------------------------------------------------------------------------ */

static bool matches(const struct device *device, const char *wanted)
{
    const size_t prefix = sizeof(MANIFEST_VIRTIO) - 1;
    if (strncmp(wanted, MANIFEST_VIRTIO, prefix) == 0)
        return device->virtio != 0 && device->virtio == strtoul(wanted + prefix, NULL, 10);
    return device_is(boot.device_tree, &device->node, wanted);
}

static struct device *find_free(const char *wanted)
{
    for (size_t i = 0; i < device_count; i++)
        if (!devices[i].driver && !devices[i].wrong[0] && matches(&devices[i], wanted))
            return &devices[i];
    return NULL;
}

bool inventory_has(const char *wanted)
{
    return find_free(wanted) != NULL;
}

static struct device *find_claimed(const struct manifest_grant *grant)
{
    for (size_t i = 0; i < device_count; i++)
        if (devices[i].as == grant)
            return &devices[i];
    return NULL;
}

void inventory_claim(const struct service *service)
{
    for (unsigned g = 0; g < service->entry->grant_count; g++) {
        const struct manifest_grant *grant = &service->entry->grants[g];
        struct device *device = grant->kind == GRANT_DEVICE ? find_free(grant->text) : NULL;
        if (!device)
            continue;
        device->driver = service;
        device->as = grant;
    }
}

/* Why a line has no device: what the machine has of the kind is refused, or somebody else's. */
static const char *why_none(const char *wanted)
{
    struct device_node node;
    for (size_t i = 0; i < device_count; i++)
        if (matches(&devices[i], wanted))
            return devices[i].wrong[0] ? devices[i].wrong : "another service drives it";
    if (strncmp(wanted, MANIFEST_VIRTIO, sizeof(MANIFEST_VIRTIO) - 1) == 0)
        return "the machine has none";
    const char *wrong = device_find(boot.device_tree, wanted, &node);
    return wrong ? wrong : "it has no interrupt";
}

struct device *inventory_claimed(const struct manifest_grant *grant, const char **why)
{
    struct device *device = find_claimed(grant);
    if (!device)
        *why = why_none(grant->text);
    else if (!device->wrong[0] && open_registers(device))
        return device;
    else
        *why = device->wrong;
    return NULL;
}

/* ---- The end of a driver. -------------------------------------------------------------------- */

/* Sections 2.1.2 and 4.2.2.1: Status reads 0 when the device has stopped. */
static bool reset(struct device *device)
{
    volatile uint32_t *registers = map_registers(device, ANSER_PROT_READ | ANSER_PROT_WRITE);
    if (!registers)
        return false;
    uint64_t limit = clock_after(RESET_MS);
    registers[REGISTER_STATUS / 4] = 0;
    while (registers[REGISTER_STATUS / 4] != 0 && clock_now() < limit)
        ;
    bool stopped = registers[REGISTER_STATUS / 4] == 0;
    unmap_registers(registers);
    if (!stopped)
        refuse(device, "it does not stop within %d ms; its memory is lost", RESET_MS);
    return stopped;
}

const char *inventory_stop(const struct service *service)
{
    const char *wrong = NULL;
    for (size_t i = 0; i < device_count; i++) {
        struct device *device = &devices[i];
        if (device->driver != service || device->virtio == 0 || device->wrong[0])
            continue;
        if (reset(device))
            sys_pages_release(device->registers);
        else
            wrong = device->wrong;
    }
    return wrong;
}
