/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating-point registers to and from a struct float_state. FS must be on. */
.option norelax
.option arch, +f, +d
.section .text

.globl float_save
float_save: /* a0: struct float_state * */
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fsd  f\n, 8*\n(a0)
    .endr
    frcsr t0
    sd   t0, 256(a0)
    ret

.globl float_load
float_load: /* a0: const struct float_state * */
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fld  f\n, 8*\n(a0)
    .endr
    ld   t0, 256(a0)
    fscsr t0
    ret
