/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Following addresses of the program. A fault between begin and end of a part goes on at its fix-up
 * (handle_nested), with the registers as they are: a2 always holds what is left to do.
 */
    .option norelax
    .text

/*
 * size_t access_copy(void *to, const void *from, size_t length): returns the bytes not copied. Words are
 * read and written where they lie: QEMU's processor, like most, takes any alignment. A fault in the
 * middle of a block or a word leaves it to the loop that copies single bytes.
 */
    .globl access_copy
    .type access_copy, @function
access_copy:
    li t0, 64
    li t2, 8
    bltu a2, t0, access_copy_rest
access_copy_block_begin:
    ld t1, 0(a1)
    ld t3, 8(a1)
    ld t4, 16(a1)
    ld t5, 24(a1)
    ld t6, 32(a1)
    ld a3, 40(a1)
    ld a4, 48(a1)
    ld a5, 56(a1)
    sd t1, 0(a0)
    sd t3, 8(a0)
    sd t4, 16(a0)
    sd t5, 24(a0)
    sd t6, 32(a0)
    sd a3, 40(a0)
    sd a4, 48(a0)
    sd a5, 56(a0)
access_copy_block_end:
    addi a0, a0, 64
    addi a1, a1, 64
    addi a2, a2, -64
    bgeu a2, t0, access_copy_block_begin
access_copy_rest:
    bltu a2, t2, access_copy_bytes
access_copy_word_begin:
    ld t1, 0(a1)
    sd t1, 0(a0)
access_copy_word_end:
    addi a0, a0, 8
    addi a1, a1, 8
    addi a2, a2, -8
    j access_copy_rest
access_copy_bytes:
    beqz a2, access_copy_done
access_copy_bytes_begin:
    lbu t1, 0(a1)
    sb t1, 0(a0)
access_copy_bytes_end:
    addi a0, a0, 1
    addi a1, a1, 1
    addi a2, a2, -1
    j access_copy_bytes
access_copy_done:
    mv a0, a2
    ret
    .size access_copy, . - access_copy

/* size_t access_clear(void *to, size_t length): returns the bytes not zeroed. */
    .globl access_clear
    .type access_clear, @function
access_clear:
    mv a2, a1
    li t2, 8
access_clear_next:
    beqz a2, access_copy_done
    andi t0, a0, 7
    bnez t0, access_clear_byte_begin
    bltu a2, t2, access_clear_byte_begin
access_clear_word_begin:
    sd zero, 0(a0)
access_clear_word_end:
    addi a0, a0, 8
    addi a2, a2, -8
    j access_clear_next
access_clear_byte_begin:
    sb zero, 0(a0)
access_clear_byte_end:
    addi a0, a0, 1
    addi a2, a2, -1
    j access_clear_next
    .size access_clear, . - access_clear

/* int64_t access_load(const uint32_t *word): the word, or -1. Also tells whether a byte can be read
 * or written: access_touch(void *byte, int write) -> 0, or -1. */
    .globl access_load
    .type access_load, @function
access_load:
    lwu a0, 0(a0)
access_load_end:
    ret
    .globl access_failed
access_failed:
    li a0, -1
    ret
    .size access_load, . - access_load

    .globl access_touch
    .type access_touch, @function
access_touch:
    beqz a1, access_touch_read
access_touch_begin:
    amoor.w zero, zero, (a0)
    j access_touch_done
access_touch_read:
    lbu t0, 0(a0)
access_touch_end:
access_touch_done:
    li a0, 0
    ret
    .size access_touch, . - access_touch

.macro FIXUP begin, end, fixup
    .dword \begin, \end, \fixup
.endm

    .section .rodata.access_fixups, "a"
    .balign 8
    .globl access_fixups
access_fixups:
    FIXUP access_copy_block_begin, access_copy_block_end, access_copy_bytes
    FIXUP access_copy_word_begin, access_copy_word_end, access_copy_bytes
    FIXUP access_copy_bytes_begin, access_copy_bytes_end, access_copy_done
    FIXUP access_clear_word_begin, access_clear_word_end, access_clear_byte_begin
    FIXUP access_clear_byte_begin, access_clear_byte_end, access_copy_done
    FIXUP access_load, access_load_end, access_failed
    FIXUP access_touch_begin, access_touch_end, access_failed
    .dword 0, 0, 0
