/* SPDX-License-Identifier: BSD-2-Clause */
/* See resolve.h. A question for both families is two of lwIP's, whose answers are joined. */
#include "resolve.h"
#include <stdlib.h>
#include <string.h>
#include "address.h"
#include "clock.h"
#include "errno.h"
#include <lwip/dns.h>

#define NAME_MAX_BYTES 253u

struct question {
    anser_handle reply; /* 0: answered at once */
    struct area *area;
    struct socket_address *answers; /* in the area */
    unsigned room;
    unsigned count;
    unsigned open; /* answers that are still to come */
    uint64_t begun;
};

static int64_t result(const struct question *question)
{
    if (question->count > 0)
        return question->count;
    if (ip_addr_isany(dns_getserver(0)))
        return -ENETUNREACH;
    /* lwIP does not say why: a server that has answered is quicker than its last try. */
    uint64_t waited = clock_now() - question->begun;
    return waited >= DNS_MAX_RETRIES * clock_hertz() ? -ETIMEDOUT : -ENOENT;
}

static void add(struct question *question, const ip_addr_t *address)
{
    if (address == NULL || question->count == question->room)
        return;
    question->answers[question->count++] = address_write(address, 0);
}

static void on_found(const char *name, const ip_addr_t *address, void *argument)
{
    struct question *question = argument;
    (void)name;
    add(question, address);
    if (--question->open > 0)
        return;
    serve_answer(question->reply, result(question), NULL, 0);
    area_release(question->area);
    free(question);
}

/* Asks for one family. False: lwIP takes no more questions. */
static bool ask(struct question *question, const char *name, u8_t type)
{
    ip_addr_t found;
    err_t error = dns_gethostbyname_addrtype(name, &found, on_found, question, type);
    if (error == ERR_OK)
        add(question, &found);
    else if (error == ERR_INPROGRESS)
        question->open++;
    return error == ERR_OK || error == ERR_INPROGRESS || error == ERR_VAL;
}

static int64_t ask_all(struct server *server, struct question *question, const char *name,
                       uint8_t family)
{
    ip_addr_t numeric;
    bool taken = true;
    if (ipaddr_aton(name, &numeric)) {
        add(question, &numeric);
    } else {
        if (family != SOCKET_FAMILY_6)
            taken = ask(question, name, LWIP_DNS_ADDRTYPE_IPV4);
        if (family != SOCKET_FAMILY_4)
            taken &= ask(question, name, LWIP_DNS_ADDRTYPE_IPV6);
    }
    if (question->open > 0) {
        question->reply = serve_keep(server);
        return SERVE_KEPT;
    }
    int64_t status = taken ? result(question) : -EAGAIN;
    area_release(question->area);
    free(question);
    return status;
}

int64_t resolve_begin(struct server *server, struct session *session,
                      const struct socket_resolve *asked)
{
    char name[NAME_MAX_BYTES + 1];
    if (asked->length == 0 || asked->length > NAME_MAX_BYTES || asked->room < asked->length ||
        asked->offset % sizeof(uint64_t) != 0 || asked->room < sizeof(struct socket_address))
        return -EINVAL;
    uint8_t *memory = session_memory(session, asked->area, asked->offset, asked->room);
    if (memory == NULL)
        return -EINVAL;
    memcpy(name, memory, asked->length);
    name[asked->length] = '\0';
    struct question *question = calloc(1, sizeof(*question));
    if (question == NULL)
        return -ENOMEM;
    question->area = session->areas[asked->area];
    question->area->references++;
    question->answers = (struct socket_address *)memory;
    question->room = asked->room / sizeof(struct socket_address);
    if (question->room > SOCKET_RESOLVE_MAX)
        question->room = SOCKET_RESOLVE_MAX;
    question->begun = clock_now();
    return ask_all(server, question, name, asked->family);
}
