/* SPDX-License-Identifier: BSD-2-Clause */
/* Which devices init finds in a device tree, and that it believes no nonsense. */
/* sources: servers/init/devices.c */
/* libraries: -lfdt */
#include "device_tree_builder.h"
#include "servers/init/devices.h"
#include "tap.h"

#define NODES 8

static _Alignas(8) char tree[TREE_SIZE_MAX];
static struct device_node nodes[NODES];

/* A device on the bus, as QEMU's machine has eight of: address in two cells, one interrupt. */
static void add(const char *name, const char *compatible, uint32_t address, uint32_t irq)
{
    int bus = tree_node(tree, "/soc");
    int node = fdt_add_subnode(tree, bus, name);
    uint32_t reg[4] = {0, cpu_to_fdt32(address), 0, cpu_to_fdt32(0x1000)};
    tree_must(node);
    tree_must(fdt_setprop(tree, node, "reg", reg, sizeof(reg)));
    tree_must(fdt_setprop_u32(tree, node, "interrupts", irq));
    tree_must(fdt_setprop_string(tree, node, "compatible", compatible));
}

static void build(void)
{
    tree_build(tree, 1);
    add("c@10003000", "virtio,mmio", 0x10003000, 3);
    add("a@10001000", "virtio,mmio", 0x10001000, 1);
    add("uart@10000000", "ns16550a", 0x10000000, 10);
    add("b@10002000", "virtio,mmio", 0x10002000, 2);
    memset(nodes, 0xee, sizeof(nodes));
}

static size_t scan(void)
{
    return device_scan(tree, nodes, NODES);
}

static void test_scan(void)
{
    build();
    TEST(scan() == 4, "four devices that can interrupt");
    bool sorted = true;
    for (unsigned i = 0; i < 4; i++)
        sorted =
            sorted && nodes[i].address == 0x10000000 + i * 0x1000ul && nodes[i].length == 0x1000;
    TEST(sorted, "in order of address");
    TEST(nodes[0].irq == 10 && !strcmp(nodes[0].kind, "ns16550a"), "the first one is the uart");
    TEST(nodes[3].irq == 3 && !strcmp(nodes[3].kind, "virtio,mmio"), "the last one was the first");
    TEST(device_is(tree, &nodes[1], "virtio,mmio") && !device_is(tree, &nodes[0], "virtio,mmio"),
         "what they are compatible with");
    TEST(nodes[1].property_count == 1 && !strcmp(nodes[1].properties[0], "interrupts=1"),
         "their numbers: %s", nodes[1].properties[0]);
}

static void test_room(void)
{
    build();
    for (size_t room = 0; room < 4; room++) {
        memset(nodes, 0xee, sizeof(nodes));
        bool right = device_scan(tree, nodes, room) == 4;
        for (size_t i = 0; i < room; i++)
            right = right && nodes[i].address == 0x10000000 + i * 0x1000ul;
        right = right && nodes[room].address == 0xeeeeeeeeeeeeeeee;
        TEST(right, "room for %zu: the first ones, and how many there are", room);
    }
}

/* LEFT: one change to node "b", and it is no device any more; the others are. */
#define LEFT(change)                                                                               \
    build();                                                                                       \
    change;                                                                                        \
    TEST(scan() == 3 && nodes[2].address == 0x10003000, #change)

#define B "/soc/b@10002000"

static void test_left_out(void)
{
    LEFT(tree_set_string(tree, B, "status", "disabled"));
    LEFT(tree_set_string(tree, B, "status", "fail"));
    LEFT(tree_remove(tree, B, "reg"));
    LEFT(tree_remove(tree, B, "interrupts"));
    LEFT(tree_remove(tree, B, "compatible"));
    LEFT(TREE_SET(tree, B, "reg", 0, 0x10002000, 0));
    LEFT(TREE_SET(tree, B, "reg", 0, 0x10002000, 0, 0));
    LEFT(TREE_SET(tree, B, "reg", 0xffffffff, 0xfffff000, 0, 0x2000));
    LEFT(TREE_SET(tree, B, "interrupts", 1, 2));
    LEFT(TREE_SET(tree, B, "interrupts", 0));
    build();
    tree_set_string(tree, B, "status", "okay");
    TEST(scan() == 4, "one that says that it is enabled is there");
    TREE_SET(tree, "/soc", "#address-cells", 3);
    TEST(scan() == 0, "a bus with odd cells has no devices");
    build();
    TREE_SET(tree, "/soc", "ranges", 0, 0, 0, 0, 0, 0x1000);
    TEST(scan() == 0, "nor has one that translates addresses");
}

static void test_texts(void)
{
    build();
    tree_set_string(tree, B, "compatible", "bell\a and a name that is too long to be shown whole");
    TEST(scan() == 4 && !strcmp(nodes[2].kind, "bell? and a name that is too lo"),
         "shown as text: %s", nodes[2].kind);
    for (unsigned i = 0; i < 12; i++) {
        char name[8];
        snprintf(name, sizeof(name), "p%u", i);
        tree_must(fdt_setprop_u32(tree, tree_node(tree, B), name, i));
    }
    TEST(scan() == 4 && nodes[2].property_count == DEVICE_PROPERTIES_MAX && nodes[2].irq == 2,
         "no more numbers than there is room for; the interrupt is known all the same");
}

static void test_find(void)
{
    struct device_node node;
    build();
    TEST(!device_find(tree, "ns16550a", &node) && node.address == 0x10000000, "found by its kind");
    TEST(!strcmp(device_find(tree, "nothing", &node), "the machine has none"), "or there is none");
    tree_remove(tree, "/soc/uart@10000000", "reg");
    TEST(!strcmp(device_find(tree, "ns16550a", &node), "it has no reg"), "or it cannot be used");
    TEST(device_scan(NULL, nodes, NODES) == 0 &&
             !strcmp(device_find(NULL, "x", &node), "there is no device tree that can be read"),
         "no tree, no devices");
    tree[0] = 0;
    TEST(scan() == 0, "nor are there any in what is no tree");
}

int main(void)
{
    test_scan();
    test_room();
    test_left_out();
    test_texts();
    test_find();
    return tap_done();
}
