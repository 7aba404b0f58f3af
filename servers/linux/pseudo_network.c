/* SPDX-License-Identifier: BSD-2-Clause */
/* /etc/resolv.conf: the name servers that the TCP/IP server knows by now (resolv.conf(5)). */
#include <string.h>
#include <anser/network.h>
#include "lib/clock.h"
#include "lib/ipc.h"
#include "lib/syscall.h"
#include "process.h"
#include "pseudo_table.h"

#define RESOLVERS_MAX      3 /* MAXNS of the C libraries */
#define LEASE_MILLISECONDS 3000
#define LOOK_MILLISECONDS  20

/* Whether the server has a structure of this kind for us; it fills the registers. */
static bool ask(anser_handle server, uint64_t type, uint32_t index, void *answer)
{
    struct network_query query = {.type = type, .index = index};
    struct ipc_registers registers = {
        .info = (int64_t)(IPC_INFO(ANSER_REGISTER_BYTES, 0) | ANSER_INFO_NOINTR)};
    memcpy(registers.words, &query, sizeof(query));
    if (ipc_exchange(ANSER_CALL_call, server, &registers) < 0)
        return false;
    memcpy(answer, registers.words, ANSER_REGISTER_BYTES);
    return (int64_t)registers.words[0] >= 0;
}

/* An interface is still asking for its address, and with it for name servers. */
static bool is_asking(anser_handle server)
{
    struct network_interface interface;
    for (uint32_t i = 0; ask(server, NETWORK_INTERFACE, i, &interface); i++)
        if ((interface.flags & (NETWORK_DHCP | NETWORK_LEASED | NETWORK_LINK)) ==
            (NETWORK_DHCP | NETWORK_LINK))
            return true;
    return false;
}

/* A program that is started with the machine looks once, and believes for seconds what it saw. */
static void await_lease(anser_handle server)
{
    static const uint32_t nobody;
    struct network_address first;
    uint64_t end = clock_after(LEASE_MILLISECONDS);
    while (!ask(server, NETWORK_RESOLVER, 0, &first) && is_asking(server) && clock_now() < end)
        if (sys_word_wait(&nobody, 0, clock_after(LOOK_MILLISECONDS)) == -ANSER_EINTR)
            return;
}

static void add_4(struct text *text, const uint8_t *bytes)
{
    for (unsigned i = 0; i < 4; i++) {
        text_add(text, i ? "." : "");
        text_add_decimal(text, bytes[i]);
    }
}

static void add_6(struct text *text, const struct socket_address *address)
{
    for (unsigned i = 0; i < 16; i += 2) {
        text_add(text, i ? ":" : "");
        text_add_hex(text, (uint64_t)(address->bytes[i] << 8 | address->bytes[i + 1]));
    }
    if (address->zone) {
        text_add(text, "%");
        text_add_decimal(text, address->zone);
    }
}

void text_resolvers(struct text *text)
{
    anser_handle server = process_handle(SOCKET_SERVICE);
    struct network_address answer;
    if (server == 0)
        return;
    await_lease(server);
    for (uint32_t i = 0; i < RESOLVERS_MAX && ask(server, NETWORK_RESOLVER, i, &answer); i++) {
        text_add(text, "nameserver ");
        if (answer.address.family == SOCKET_FAMILY_4)
            add_4(text, answer.address.bytes);
        else
            add_6(text, &answer.address);
        text_add(text, "\n");
    }
}
