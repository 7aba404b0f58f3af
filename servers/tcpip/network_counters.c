/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters by name: those of interfaces, lwIP's own, and those of the server's memory. */
#include <string.h>
#include "errno.h"
#include "ethernet.h"
#include "network.h"
#include "endpoint.h"
#include <lwip/memp.h>
#include <lwip/stats.h>

struct named {
    const char *name;
    uint64_t value;
};

static int64_t tell(void *answer, const char *name, uint64_t value)
{
    struct network_counter told = {.value = value};
    strncpy(told.name, name, sizeof(told.name) - 1);
    memcpy(answer, &told, sizeof(told));
    return 0;
}

static int64_t pick(void *answer, const struct named *list, uint32_t count, uint32_t index)
{
    return index < count ? tell(answer, list[index].name, list[index].value) : -ENOENT;
}

static int64_t of_interface(void *answer, uint32_t number, uint32_t index)
{
    const struct ethernet *ethernet = ethernet_at(number);
    if (ethernet == NULL)
        return -ENODEV;
    const struct named list[] = {
        {"received", ethernet->received}, {"received bytes", ethernet->received_bytes},
        {"sent", ethernet->sent},         {"sent bytes", ethernet->sent_bytes},
        {"copied", ethernet->copied},     {"dropped", ethernet->dropped},
    };
    return pick(answer, list, sizeof(list) / sizeof(list[0]), index);
}

static int64_t of_protocol(void *answer, const struct stats_proto *stats, uint32_t index)
{
    const struct named list[] = {
        {"received", stats->recv},     {"sent", stats->xmit},
        {"dropped", stats->drop},      {"bad checksum", stats->chkerr},
        {"bad length", stats->lenerr}, {"bad protocol", stats->proterr},
        {"other errors", stats->err},  {"out of memory", stats->memerr},
        {"no route", stats->rterr},    {"bad options", stats->opterr},
    };
    return pick(answer, list, sizeof(list) / sizeof(list[0]), index);
}

/* Each pool of lwIP has three counters. */
static int64_t of_stack(void *answer, uint32_t index)
{
    static const struct {
        memp_t pool;
        const char *names[3];
    } pools[] = {
        {MEMP_TCP_PCB, {"connections", "connections at most", "connections refused"}},
        {MEMP_TCP_SEG, {"segments", "segments at most", "segments refused"}},
        {MEMP_PBUF, {"references", "references at most", "references refused"}},
        {MEMP_REASSDATA, {"reassemblies", "reassemblies at most", "reassemblies refused"}},
    };
    if (index == 0)
        return tell(answer, "sockets", endpoint_count());
    index--;
    if (index >= 3 * sizeof(pools) / sizeof(pools[0]))
        return -ENOENT;
    const struct stats_mem *stats = lwip_stats.memp[pools[index / 3].pool];
    const uint64_t values[] = {stats->used, stats->max, stats->err};
    return tell(answer, pools[index / 3].names[index % 3], values[index % 3]);
}

int64_t network_counter(const void *request, uint64_t badge, void *answer)
{
    (void)badge;
    const struct network_query *asked = request;
    switch (asked->of) {
    case NETWORK_OF_IP:
        return of_protocol(answer, &lwip_stats.ip, asked->index);
    case NETWORK_OF_IP6:
        return of_protocol(answer, &lwip_stats.ip6, asked->index);
    case NETWORK_OF_ICMP:
        return of_protocol(answer, &lwip_stats.icmp, asked->index);
    case NETWORK_OF_UDP:
        return of_protocol(answer, &lwip_stats.udp, asked->index);
    case NETWORK_OF_TCP:
        return of_protocol(answer, &lwip_stats.tcp, asked->index);
    case NETWORK_OF_STACK:
        return of_stack(answer, asked->index);
    default:
        return of_interface(answer, asked->of, asked->index);
    }
}
