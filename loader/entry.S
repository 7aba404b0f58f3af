/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loader's first byte, which is where QEMU 7.2 enters whatever e_entry says. In: a0 = hart id,
 * a1 = device tree; S-mode, satp = 0. Nothing else is known to be set.
 */
.option norelax

.section .text.entry, "ax"
.globl loader_entry
loader_entry:
    /* The counter, for the boot figure. If firmware forbids it, the trap goes on with 0. */
    la t0, counter_read
    csrw stvec, t0
    li s2, 0
    rdinstret s2
.balign 4
counter_read:
    csrw sie, zero
    /*
     * The first hart that comes boots. OpenSBI 1.1 marks a hart as starting before it notes where,
     * so one that the kernel starts may come here instead: back to sleep, the kernel tries again.
     */
    la t0, entered
    li t1, 1
    amoswap.w t1, t1, (t0)
    bnez t1, hart_stop
    /* OpenSBI leaves FS dirty and may leave VS on: SIE, VS and FS off. */
    li t0, (1 << 1) | (3 << 9) | (3 << 13)
    csrc sstatus, t0
    csrw satp, zero
    la t0, trap_entry
    csrw stvec, t0
    la t0, loader_bss
    la t1, loader_end
1:  sd zero, 0(t0)
    sd zero, 8(t0)
    sd zero, 16(t0)
    sd zero, 24(t0)
    addi t0, t0, 32
    bltu t0, t1, 1b
    la sp, stack_top
    mv a2, s2
    call loader_main /* never returns */

hart_stop:
    li a7, 0x48534d /* "Hart State Management" */
    li a6, 1        /* stop: comes back only with an error */
    ecall
    wfi
    j hart_stop

/*
 * A trap in the loader, or in the kernel image before it has a handler of its own (a failed bounds
 * check in its Go part ends here too). Also for when sp is what went wrong: a stack of its own.
 */
.balign 4
trap_entry:
    la sp, trap_stack_top
    csrr a0, scause
    csrr a1, sepc
    csrr a2, stval
    mv a3, ra
    call loader_trap /* never returns */

/* image_enter(hart, info, entry): no way back. */
.globl image_enter
image_enter:
    fence.i
    mv t0, a2
    li ra, 0
    jr t0

.section .rodata
.balign 4096
.globl kernel_image, kernel_image_end
kernel_image:
    .incbin KERNEL_IMAGE
kernel_image_end:

.section .data
.balign 4
entered:
    .word 0

.section .bss
.balign 16
    .skip 2048
trap_stack_top:
    .skip 16384
stack_top:
