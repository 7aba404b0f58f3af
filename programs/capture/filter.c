/* SPDX-License-Identifier: BSD-2-Clause */
/* Words into conditions, conditions against packets. */
#include <stdlib.h>
#include <string.h>
#include "address.h"
#include "filter.h"

static bool read_number(const char *word, int base, unsigned long most, uint16_t *number)
{
    char *end;
    unsigned long value = strtoul(word, &end, base);
    *number = (uint16_t)value;
    return *word && !*end && value <= most;
}

/* A word that says which packets by itself. */
static bool read_kind(struct filter *filter, const char *word)
{
    static const struct {
        const char *word;
        uint16_t ethertype; /* 0: any */
        int protocol;       /* -1: any */
    } kinds[] = {
        {"ip", ETHERTYPE_IP4, -1},
        {"ip6", ETHERTYPE_IP6, -1},
        {"arp", ETHERTYPE_ARP, -1},
        {"tcp", 0, PROTOCOL_TCP},
        {"udp", 0, PROTOCOL_UDP},
        {"icmp", ETHERTYPE_IP4, PROTOCOL_ICMP},
        {"icmp6", ETHERTYPE_IP6, PROTOCOL_ICMP6},
    };
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(word, kinds[i].word) != 0)
            continue;
        if (kinds[i].ethertype) {
            filter->by_ethertype = true;
            filter->ethertype = kinds[i].ethertype;
        }
        if (kinds[i].protocol >= 0) {
            filter->by_protocol = true;
            filter->protocol = kinds[i].protocol;
        }
        return true;
    }
    return false;
}

/* A word and its value. */
static bool read_pair(struct filter *filter, const char *word, const char *value)
{
    if (strcmp(word, "host") == 0) {
        filter->host_length = address_read(value, filter->host);
        return filter->host_length > 0;
    }
    if (strcmp(word, "port") == 0) {
        filter->by_port = true;
        return read_number(value, 10, UINT16_MAX, &filter->port);
    }
    if (strcmp(word, "ether") == 0) {
        filter->by_ethertype = true;
        return read_number(value, 16, UINT16_MAX, &filter->ethertype);
    }
    return false;
}

const char *filter_read(struct filter *filter, int count, char *const *words)
{
    *filter = (struct filter){0};
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], "and") == 0 || read_kind(filter, words[i]))
            continue;
        if (i + 1 == count || !read_pair(filter, words[i], words[i + 1]))
            return words[i];
        i++;
    }
    return NULL;
}

static bool has_host(const struct filter *filter, const struct packet *packet)
{
    return packet->address_length == filter->host_length &&
           (memcmp(packet->source, filter->host, filter->host_length) == 0 ||
            memcmp(packet->destination, filter->host, filter->host_length) == 0);
}

bool filter_wants(const struct filter *filter, const struct packet *packet)
{
    if (filter->by_ethertype && packet->ethertype != filter->ethertype)
        return false;
    if (filter->by_protocol && packet->protocol != filter->protocol)
        return false;
    if (filter->host_length && !has_host(filter, packet))
        return false;
    return !filter->by_port || (packet->has_ports && (packet->source_port == filter->port ||
                                                      packet->destination_port == filter->port));
}
