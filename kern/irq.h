/* SPDX-License-Identifier: BSD-2-Clause */
/* The irq object. */
#pragma once

#include "kern/event.h"
#include "kern/tree.h"

enum irq_state {
    IRQ_MASKED,    /* not enabled at the controller */
    IRQ_ARMED,     /* enabled; the next interrupt will be delivered */
    IRQ_DELIVERED, /* claimed; the driver has not answered yet */
};

struct irq {
    struct object object;
    struct event event;
    struct tree_node node; /* in irqs, by source */
    struct hart *hart;     /* whose context it is enabled at */
    enum irq_state state;
};
