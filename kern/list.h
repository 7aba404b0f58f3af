/* SPDX-License-Identifier: BSD-2-Clause */
/* An intrusive doubly linked list with a head; an unlinked node points to itself. */
#pragma once

#include "kern/types.h"

struct list {
    struct list *next;
    struct list *prev;
};

static inline void list_init(struct list *node)
{
    node->next = node;
    node->prev = node;
}

static inline bool list_empty(const struct list *head)
{
    return head->next == head;
}

static inline void list_append(struct list *head, struct list *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

static inline void list_prepend(struct list *head, struct list *node)
{
    list_append(head->next, node);
}

/* Unlinks; harmless on a node that is not linked. */
static inline void list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

/* The first node, or NULL. */
static inline struct list *list_first(const struct list *head)
{
    return list_empty(head) ? NULL : head->next;
}

/* Visits what the list's nodes stand in, by the name of the node; none may leave the list
 * meanwhile. */
#define list_each(item, head, member)                                                              \
    for ((item) = container_of((head)->next, __typeof__(*(item)), member);                         \
         &(item)->member != (head);                                                                \
         (item) = container_of((item)->member.next, __typeof__(*(item)), member))
