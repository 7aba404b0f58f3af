/* SPDX-License-Identifier: BSD-2-Clause */
/* Saving and restoring the floating-point registers; a0 = struct float_state. */
    .option norelax
    .option arch, +f, +d
    .text

    .globl float_save
    .type float_save, @function
float_save:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fsd f\n, 8 * \n(a0)
    .endr
    frcsr t0
    sw t0, 256(a0)
    ret
    .size float_save, . - float_save

    .globl float_restore
    .type float_restore, @function
float_restore:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fld f\n, 8 * \n(a0)
    .endr
    lw t0, 256(a0)
    fscsr t0
    ret
    .size float_restore, . - float_restore
