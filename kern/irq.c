/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts, and irq objects. An interrupt is claimed, delivered as an event, and stays claimed
 * until its driver acknowledges it: the controller's gateway holds the line back meanwhile
 * ("Interrupt Gateways" of the PLIC specification), so a driver that does not come round to it
 * costs nothing.
 */
#include "kern/calls.h"
#include "kern/hart.h"
#include "kern/irq.h"
#include "kern/panic.h"
#include "kern/plic.h"
#include "kern/process.h"
#include "kern/system.h"
#include "kern/thread.h"
#include "sbi/sbi.h"

#define CLAIMS_AT_ONCE 16

/* Privileged specification, "Supervisor Interrupt Registers". */
#define SIP_SOFTWARE (1ul << 1)
#define SIP_TIMER    (1ul << 5)
#define SIP_EXTERNAL (1ul << 9)

static struct tree irqs; /* those that exist, by source */

static struct irq *irq_find(uint64_t source)
{
    struct tree_node *node = tree_floor(&irqs, source);
    return node != NULL && node->key == source ? container_of(node, struct irq, node) : NULL;
}

static void irq_interrupt(void)
{
    struct hart *hart = hart_self();
    for (unsigned count = 0; count < CLAIMS_AT_ONCE && (interrupts_pending() & SIP_EXTERNAL);
         count++) {
        uint32_t source = plic_claim(hart);
        if (source == 0)
            return;
        struct irq *irq = irq_find(source);
        if (irq == NULL || irq->hart != hart || irq->state != IRQ_ARMED) {
            /* Nobody asked for it. A completion only counts while the source is enabled. */
            plic_complete(hart, source);
            plic_enable(hart, source, false);
            continue;
        }
        irq->state = IRQ_DELIVERED;
        event_post(&irq->event, ANSER_EVENT_IRQ, 1);
    }
}

/* Interrupts are never taken in the kernel, but looked at where it suits. */
void interrupts_poll(void)
{
    uint64_t raised = interrupts_pending();
    /* The software interrupt only says "look": the scheduler does, after this. */
    if (raised & SIP_SOFTWARE) {
        __asm__ volatile("csrc sip, %0" ::"r"(SIP_SOFTWARE) : "memory");
        if (panic_begun)
            sbi_stop();
    }
    if (raised & SIP_TIMER)
        timer_interrupt();
    irq_interrupt();
}

/*
 * irq_create(system, source, send handle): the interrupts of a PLIC source as events there, on this
 * hart, masked until the first irq_ack. The caller keeps its send handle. -EBADF, -EPERM (DEVICE,
 * SEND), -EINVAL (no such source), -EBUSY (somebody has it), -ENOMEM, -EMFILE.
 */
status_t call_irq_create(struct thread *self)
{
    uint64_t source = self->x[REG_A1];
    status_t status = system_check(self, ANSER_RIGHT_SYS_DEVICE);
    if (status < 0)
        return status;
    if (source == 0 || source > plic_sources)
        return -ANSER_EINVAL;
    if (irq_find(source) != NULL)
        return -ANSER_EBUSY;
    struct irq *irq = object_create(self->process->account, ANSER_TYPE_IRQ, sizeof(*irq));
    if (irq == NULL)
        return -ANSER_ENOMEM;
    status = event_bind(&irq->event, self->process, (anser_handle)self->x[REG_A2]);
    if (status < 0) {
        object_release(&irq->object);
        return status;
    }
    irq->hart = hart_self();
    tree_insert(&irqs, &irq->node, source);
    return handle_publish(self->process, &irq->object,
                          ANSER_RIGHT_MANAGE | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER);
}

/*
 * irq_ack(irq): the driver is done with the last interrupt, the next one may come. Harmless if
 * there was none. -EBADF, -EPERM (MANAGE).
 */
status_t call_irq_ack(struct thread *self)
{
    struct capability capability;
    status_t status = handle_argument(self, ANSER_TYPE_IRQ, ANSER_RIGHT_MANAGE, &capability);
    if (status < 0)
        return status;
    struct irq *irq = container_of(capability.object, struct irq, object);
    uint32_t source = (uint32_t)irq->node.key;
    if (irq->state == IRQ_MASKED)
        plic_enable(irq->hart, source, true);
    else if (irq->state == IRQ_DELIVERED)
        plic_complete(irq->hart, source);
    irq->state = IRQ_ARMED;
    return 0;
}

/* The last handle is gone: the source falls silent, and is free for the next driver. */
bool irq_reclaim(struct object *object)
{
    struct irq *irq = container_of(object, struct irq, object);
    uint32_t source = (uint32_t)irq->node.key;
    if (irq->state == IRQ_DELIVERED)
        plic_complete(irq->hart, source);
    if (irq->state != IRQ_MASKED)
        plic_enable(irq->hart, source, false);
    tree_remove(&irqs, &irq->node);
    event_unbind(&irq->event);
    return true;
}
