/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine on the wire for tests/test_net.py: `agent CLIENT...`, each of default, type=HEX and
 * promiscuous. Frames of EtherType 0x88b5 go back to where they came from, as does what the client
 * of an EtherType gets; 0x88b6 are commands in words, for the default client:
 *
 *     counters           what each client counted, and the server counted for it
 *     burst N LENGTH     sends so many numbered frames
 *     local HEX          sends one frame of this EtherType to the own address
 *     hold N             the clients of EtherTypes keep the next N buffers; 0: lend them again
 *     kill               has init end the server
 *     link               what NETIF_INFO says
 *     stop               ends
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <anser/init.h>
#include "channel.h"
#include "names.h"
#include "netif.h"
#include "start.h"

#define CLIENTS_MAX 8
#define HEADER      14
#define TYPE_ECHO   0x88b5
#define TYPE_WORDS  0x88b6

struct client {
    const char *name;
    struct netif netif;
    bool promiscuous;
    bool commands;
    uint64_t received, bytes, outgoing, recoveries, lost;
    bool link_shown;
    unsigned held;
    uint16_t holding[NETIF_BUFFERS_MAX];
    struct netif_region *holding_in;
    uint64_t owed; /* numbered frames that are still to be sent */
    uint64_t next_number;
    uint32_t owed_length;
};

static struct client clients[CLIENTS_MAX];
static unsigned client_count;
static struct channel notice;
static unsigned hold;
static bool stop;
static uint64_t word_left; /* of the notice signal, to be looked at */
static uint8_t peer[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static void fail(const char *what, int64_t error)
{
    printf("not ok 1 - agent: %s: %s\n1..1\n", what, strerror((int)-error));
    exit(1);
}

/* ---- Frames. --------------------------------------------------------------------------------- */

/* A buffer for a frame; waits until one is free. NULL: everything was lost meanwhile. */
static uint8_t *wait_buffer(struct client *client, uint16_t *buffer)
{
    uint8_t *bytes;
    while (!(bytes = netif_buffer(&client->netif, buffer))) {
        uint64_t word;
        netif_flush(&client->netif);
        if (netif_sleep(&client->netif, true) &&
            channel_wait(notice.receive, &word, clock_after(20)) == 0)
            word_left |= word;
        if (ring_ready(&client->netif.sent) <= 0 && netif_news(&client->netif) != 0) {
            client->recoveries++;
            return NULL;
        }
    }
    return bytes;
}

static void send_frame(struct client *client, const uint8_t *to, unsigned type, const void *payload,
                       uint32_t length)
{
    struct netif_frame frame = {.length = HEADER + length};
    uint8_t *bytes = wait_buffer(client, &frame.buffer);
    if (!bytes) {
        client->lost++;
        return;
    }
    memcpy(bytes, to, 6);
    memcpy(bytes + 6, client->netif.info.address, 6);
    bytes[12] = (uint8_t)(type >> 8);
    bytes[13] = (uint8_t)type;
    memcpy(bytes + HEADER, payload, length);
    netif_send(&client->netif, &frame);
}

static void say(struct client *client, const char *text)
{
    send_frame(client, peer, TYPE_WORDS, text, (uint32_t)strlen(text));
}

/* ---- Commands. ------------------------------------------------------------------------------- */

static void show(char *text, size_t size, const char *name, const struct netif_statistics *counted)
{
    size_t at = strlen(text);
    snprintf(text + at, size - at, "%s received=%lu/%lu sent=%lu/%lu dropped=%lu errors=%lu\n",
             name, counted->received, counted->received_bytes, counted->sent, counted->sent_bytes,
             counted->dropped, counted->errors);
}

static void tell_counters(struct client *to)
{
    char text[1400] = "";
    struct netif_statistics counted;
    if (netif_count(&to->netif, 0, &counted) == 0)
        show(text, sizeof(text), "interface", &counted);
    for (unsigned i = 0; i < client_count; i++) {
        struct client *client = &clients[i];
        if (netif_count(&client->netif, 1, &counted) == 0)
            show(text, sizeof(text), client->name, &counted);
        size_t at = strlen(text);
        snprintf(text + at, sizeof(text) - at, "%s saw=%lu/%lu outgoing=%lu recoveries=%lu\n",
                 client->name, client->received, client->bytes, client->outgoing,
                 client->recoveries);
    }
    say(to, text);
}

static void tell_link(struct client *client)
{
    char text[200];
    const struct netif_info *info = &client->netif.info;
    snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x mtu=%u link=%s flags=%x\n",
             info->address[0], info->address[1], info->address[2], info->address[3],
             info->address[4], info->address[5], info->mtu,
             info->flags & NETIF_LINK_UP ? "up" : "down", info->flags);
    say(client, text);
}

static void let_go(struct client *client)
{
    while (client->held > 0)
        netif_lend(&client->netif, client->holding_in, client->holding[--client->held]);
}

static void kill_server(void)
{
    struct init_query query = {.type = INIT_RESTART};
    struct init_service answer;
    struct channel_out out = {.data = &query, .length = sizeof(query)};
    struct channel_in in = {.data = &answer, .capacity = sizeof(answer)};
    snprintf(query.name, sizeof(query.name), "net0");
    int error = channel_call(start_handle(START_INIT), &out, &in, CLOCK_NEVER);
    if (error < 0 || answer.status < 0)
        fail("net0 cannot be ended", error < 0 ? error : answer.status);
}

static void obey(struct client *client, const char *words)
{
    char *end;
    if (strcmp(words, "counters") == 0) {
        tell_counters(client);
    } else if (strncmp(words, "burst ", 6) == 0) {
        client->owed = strtoul(words + 6, &end, 0);
        client->owed_length = (uint32_t)strtoul(end, NULL, 0);
        client->next_number = 0;
    } else if (strncmp(words, "local ", 6) == 0) {
        send_frame(client, client->netif.info.address, (unsigned)strtoul(words + 6, NULL, 16),
                   "to myself", 9);
    } else if (strncmp(words, "hold ", 5) == 0) {
        hold = (unsigned)strtoul(words + 5, NULL, 0);
        for (unsigned i = 0; i < client_count; i++) {
            let_go(&clients[i]);
            netif_flush(&clients[i].netif); /* before anybody sends what needs them */
        }
        say(client, "held");
    } else if (strcmp(words, "kill") == 0) {
        kill_server();
    } else if (strcmp(words, "link") == 0) {
        netif_refresh(&client->netif);
        tell_link(client);
    } else if (strcmp(words, "stop") == 0) {
        stop = true;
    }
}

/* ---- Clients. -------------------------------------------------------------------------------- */

static void answer(struct client *client, const struct netif_frame *frame, const uint8_t *bytes)
{
    uint8_t from[6];
    unsigned type = (unsigned)bytes[12] << 8 | bytes[13];
    memcpy(from, bytes + 6, sizeof(from));
    if (client->promiscuous)
        return;
    if (!client->commands || type == TYPE_ECHO) {
        send_frame(client, from, type, bytes + HEADER, frame->length - HEADER);
    } else if (type == TYPE_WORDS) {
        char words[200];
        uint32_t length = frame->length - HEADER;
        memcpy(peer, from, sizeof(peer));
        snprintf(words, sizeof(words), "%.*s", (int)length, (const char *)bytes + HEADER);
        obey(client, words);
    }
}

/* For the console, which the test reads while the cable is cut. */
static void show_link(struct client *client)
{
    bool up = client->netif.info.flags & NETIF_LINK_UP;
    if (client->commands && up != client->link_shown)
        printf("link %s\n", up ? "up" : "down");
    client->link_shown = up;
}

static void recovered(struct client *client)
{
    client->recoveries++;
    let_go(client);
}

/* All that is there for one client. */
static void serve(struct client *client, bool news)
{
    struct netif_frame frame;
    int came;
    if (news && netif_news(&client->netif) != 0)
        recovered(client);
    show_link(client);
    struct netif_region *region = client->netif.region;
    while ((came = netif_receive(&client->netif, &frame)) == 1) {
        client->received++;
        client->bytes += frame.length;
        client->outgoing += frame.flags & NETIF_OUTGOING ? 1 : 0;
        answer(client, &frame, netif_frame_bytes(&client->netif, &frame));
        if (client->netif.region == region && !client->commands && client->held < hold) {
            client->holding[client->held++] = frame.buffer;
            client->holding_in = region;
        } else {
            netif_lend(&client->netif, region, frame.buffer);
        }
        region = client->netif.region;
    }
    if (came < 0)
        fail("netif_receive", came);
    netif_flush(&client->netif);
}

/* A few of the numbered frames at a time: commands come in between. */
static void send_owed(struct client *client)
{
    uint8_t payload[16384];
    for (unsigned i = 0; i < 32 && client->owed > 0; i++, client->owed--) {
        memset(payload, (int)client->next_number, sizeof(payload));
        memcpy(payload, &client->next_number, sizeof(client->next_number));
        client->next_number++;
        send_frame(client, peer, TYPE_ECHO, payload, client->owed_length - HEADER);
    }
    netif_flush(&client->netif);
}

static void attach(struct client *client, char *word)
{
    struct netif_attach wanted = {
        .mode = NETIF_MODE_DEFAULT, .receive = 64, .send = 64, .buffer_size = 16384};
    anser_handle server = names_lookup("net0");
    client->name = word;
    client->commands = true;
    if (strncmp(word, "type=", 5) == 0) {
        wanted.mode = NETIF_MODE_ETHERTYPE;
        wanted.ethertype = (uint32_t)strtoul(word + 5, NULL, 16);
        wanted.receive = 16;
        wanted.buffer_size = 2048;
        client->commands = false;
    } else if (strcmp(word, "promiscuous") == 0) {
        wanted.mode = NETIF_MODE_PROMISCUOUS;
        wanted.buffer_size = 2048;
        client->promiscuous = true;
        client->commands = false;
    }
    if (server < 0)
        fail("there is no net0", server);
    int error = netif_open(&client->netif, server, notice.send, &wanted);
    if (error < 0)
        fail(word, error);
}

int main(int argc, char **argv)
{
    channel_create_signal(&notice);
    for (int i = 1; i < argc && client_count < CLIENTS_MAX; i++)
        attach(&clients[client_count++], argv[i]);
    say(&clients[0], "ready");
    netif_flush(&clients[0].netif);
    while (!stop) {
        bool rest = true, news = word_left & NETIF_SIGNAL_NEWS;
        word_left = 0;
        for (unsigned i = 0; i < client_count; i++) {
            serve(&clients[i], news);
            send_owed(&clients[i]);
            rest = clients[i].owed == 0 && netif_sleep(&clients[i].netif, false) && rest;
        }
        if (rest && !stop && !word_left)
            channel_wait(notice.receive, &word_left, CLOCK_NEVER);
    }
    for (unsigned i = 0; i < client_count; i++)
        netif_close(&clients[i].netif);
    printf("ok 1 - agent\n1..1\n");
    return 0;
}
