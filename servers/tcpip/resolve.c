/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See resolve.h. A question for both families is two of lwIP's, whose answers are joined. No
 * request waits here, for a loop that keeps replies is not one for the kernel's fast path.
 */
#include "resolve.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "address.h"
#include "clock.h"
#include "errno.h"
#include <lwip/dns.h>

#define QUESTIONS_MAX 64 /* of all sessions */

struct question {
    struct session *session; /* NULL: it has ended */
    struct question *next;   /* of the session */
    uint32_t offset;         /* with the area, which question it is */
    uint16_t area;
    unsigned open; /* answers that are still to come */
    unsigned count;
    struct socket_address answers[SOCKET_RESOLVE_MAX];
    uint64_t begun;
    uint64_t waited; /* ticks, until the last answer */
};

static unsigned question_count;

static void free_question(struct question *question)
{
    free(question);
    question_count--;
}

static int64_t result(const struct question *question)
{
    if (question->count > 0)
        return question->count;
    if (ip_addr_isany(dns_getserver(0)))
        return -ENETUNREACH;
    /* lwIP does not say why: a server that has answered is quicker than its last try. */
    return question->waited >= DNS_MAX_RETRIES * clock_hertz() ? -ETIMEDOUT : -ENOENT;
}

static void add(struct question *question, const ip_addr_t *address)
{
    if (address != NULL && question->count < SOCKET_RESOLVE_MAX)
        question->answers[question->count++] = address_write(address, 0);
}

static void on_found(const char *name, const ip_addr_t *address, void *argument)
{
    struct question *question = argument;
    (void)name;
    add(question, address);
    question->waited = clock_now() - question->begun;
    if (--question->open == 0 && question->session == NULL)
        free_question(question);
}

/* Asks for one family. False: lwIP takes no more questions. */
static bool ask_family(struct question *question, const char *name, u8_t type)
{
    ip_addr_t found;
    err_t error = dns_gethostbyname_addrtype(name, &found, on_found, question, type);
    if (error == ERR_OK)
        add(question, &found);
    else if (error == ERR_INPROGRESS)
        question->open++;
    return error == ERR_OK || error == ERR_INPROGRESS || error == ERR_VAL;
}

static bool ask_all(struct question *question, const char *name, uint8_t family)
{
    ip_addr_t numeric;
    bool taken = true;
    if (ipaddr_aton(name, &numeric)) {
        add(question, &numeric);
        return true;
    }
    if (family != SOCKET_FAMILY_6)
        taken = ask_family(question, name, LWIP_DNS_ADDRTYPE_IPV4);
    if (family != SOCKET_FAMILY_4)
        taken &= ask_family(question, name, LWIP_DNS_ADDRTYPE_IPV6);
    return taken;
}

static struct question **find(struct session *session, const struct socket_resolve *asked)
{
    struct question **place = &session->questions;
    while (*place != NULL && ((*place)->area != asked->area || (*place)->offset != asked->offset))
        place = &(*place)->next;
    return place;
}

static struct question *make(struct session *session, const struct socket_resolve *asked)
{
    struct question *question =
        question_count < QUESTIONS_MAX ? calloc(1, sizeof(*question)) : NULL;
    if (question == NULL)
        return NULL;
    question_count++;
    question->session = session;
    question->area = asked->area;
    question->offset = asked->offset;
    question->begun = clock_now();
    question->next = session->questions;
    session->questions = question;
    return question;
}

/* It has its answers: hands them over, and ends. */
static int64_t answer(struct question **place, uint8_t *memory, uint32_t room)
{
    struct question *question = *place;
    int64_t status = result(question);
    if (status > (int64_t)(room / sizeof(struct socket_address)))
        status = room / sizeof(struct socket_address);
    if (status > 0)
        memcpy(memory, question->answers, (size_t)status * sizeof(struct socket_address));
    *place = question->next;
    free_question(question);
    return status;
}

int64_t resolve_ask(struct session *session, const struct socket_resolve *asked)
{
    char name[SOCKET_NAME_MAX + 1];
    if (asked->length == 0 || asked->length > SOCKET_NAME_MAX || asked->room < asked->length ||
        asked->offset % sizeof(uint64_t) != 0 || asked->room < sizeof(struct socket_address))
        return -EINVAL;
    uint8_t *memory = session_memory(session, asked->area, asked->offset, asked->room);
    if (memory == NULL)
        return -EINVAL;
    struct question **place = find(session, asked);
    bool taken = true;
    if (*place == NULL) {
        memcpy(name, memory, asked->length);
        name[asked->length] = '\0';
        struct question *question = make(session, asked);
        if (question == NULL)
            return -EAGAIN;
        taken = ask_all(question, name, asked->family);
        place = find(session, asked);
    }
    if ((*place)->open > 0)
        return -EINPROGRESS;
    int64_t status = answer(place, memory, asked->room);
    return taken ? status : -EAGAIN;
}

void resolve_forget(struct session *session)
{
    while (session->questions != NULL) {
        struct question *question = session->questions;
        session->questions = question->next;
        question->session = NULL;
        if (question->open == 0)
            free_question(question);
    }
}
