/* SPDX-License-Identifier: BSD-2-Clause */
/* The disk's driver: what its clients may count on when they attach again, or cannot attach. */
/* sources: lib/virtio.c lib/virtq.c lib/ring.c tests/host/virtio_model.c */
/* includes: tests/host/doubles lib */
#include "driver_machine.h"
#include "tap.h"

#pragma clang section bss = "driver_bss" data = "driver_data"
#include "servers/virtio-blk/device.c"
#include "servers/virtio-blk/clients.c"
#include "servers/virtio-blk/requests.c"
#pragma clang section bss = "" data = ""

#define BADGE    7
#define CAPACITY 64 /* sectors */

static void start_disk(uint64_t sectors)
{
    anser_handle memory;
    machine_restart_driver();
    machine_begin(2, VIRTIO_BLOCK, VIRTIO_VERSION_1 | FEATURE_BLOCK_SIZE);
    machine.queues[0].max = 64;
    memcpy(machine.config, &sectors, sizeof(sectors));
    memcpy(machine.config + CONFIG_BLOCK_SIZE, &(uint32_t){4096}, 4);
    require(device_open("disk0", &memory) == 0);
    clients_init(memory);
}

static void stop_disk(void)
{
    virtq_end(&queue);
    machine_end();
}

static int attach(uint64_t badge)
{
    struct block_attach wanted = {BLOCK_ATTACH, 8192, 8};
    struct block_attached answered = {0};
    anser_handle region;
    return client_attach(badge, &wanted, MACHINE_SIGNAL, &answered, &region);
}

static bool is_kept(uint64_t badge)
{
    return machine_record(badge) && machine_record(badge | CLIENT_KEY_REGION);
}

/* A read of the first block, by hand: the other side of the client's ring. */
static void put_read(struct client *client)
{
    struct ring asks;
    uint8_t *memory = client->region.memory;
    ring_begin_putter(&asks, (struct ring_shared *)memory, memory + sizeof(struct ring_shared), 8,
                      sizeof(struct block_request));
    *(struct block_request *)ring_entry(&asks, 0) = (struct block_request){.bytes = 4096};
    ring_advance(&asks, 1);
    require(requests_look(client) == 0 && client->in_flight == 1);
}

static void finish(const struct model_request *request)
{
    *request->segments[request->count - 1].bytes = 0;
    model_push(&machine, 0, request->head, (uint32_t)request->room);
    require(requests_end() == 0);
}

static void test_attached_again(void)
{
    struct model_request serial, read;
    start_disk(CAPACITY);
    require(model_pop(&machine, 0, &serial) && attach(BADGE) == 0);
    put_read(client_find(BADGE));
    require(model_pop(&machine, 0, &read));
    TEST(attach(BADGE) == 0 && client_find(BADGE)->in_flight == 0, "attached again, in mid-flight");
    finish(&read);
    TEST(is_kept(BADGE), "the end of the earlier request takes nothing from a successor's list");
    client_end(BADGE);
    TEST(!is_kept(BADGE), "the end of the client does");
    stop_disk();
}

static void test_not_attached(void)
{
    start_disk(CAPACITY);
    for (uint64_t badge = 1; badge <= CLIENTS_MAX; badge++)
        require(attach(badge) == 0);
    TEST(attach(CLIENTS_MAX + 1) == -EMFILE, "one client too many");
    TEST(!is_kept(CLIENTS_MAX + 1), "of whom a successor hears nothing");
    stop_disk();

    start_disk(CAPACITY);
    for (unsigned i = 1; i < MACHINE_RECORDS; i++)
        machine_records[i] = UINT64_MAX - i;
    TEST(attach(BADGE) == -ENOMEM, "no room for what a successor has to know");
    machine_records[1] = 0;
    TEST(!machine_record(BADGE | CLIENT_KEY_REGION) && !machine_record(BADGE), "nothing is left");
    TEST(attach(BADGE) == 0 && is_kept(BADGE), "with room, it attaches");
    stop_disk();
}

static uint64_t capacity_after(uint64_t sectors)
{
    memcpy(machine.config, &sectors, sizeof(sectors));
    model_configuration_changed(&machine);
    require(device_interrupt() == 0);
    return device_info.sectors;
}

static void test_capacity(void)
{
    start_disk(CAPACITY + 3);
    TEST(device_info.sectors == CAPACITY, "a part of a block at the end is left out");
    TEST(capacity_after(128) == 128, "the device grows");
    TEST(capacity_after(15) == 8, "and shrinks");
    uint64_t most = capacity_after(UINT64_MAX);
    TEST(most <= INT64_MAX / BLOCK_SECTOR && most % 8 == 0, "its bytes can be counted");
    stop_disk();
}

int main(void)
{
    test_attached_again();
    test_not_attached();
    test_capacity();
    return tap_done();
}
