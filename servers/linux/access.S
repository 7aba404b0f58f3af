/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Following addresses of the program. A fault between begin and end of a part goes on at its fix-up
 * (handle_nested), with the registers as they are: a2 always holds what is left to do.
 */
    .option norelax
    .text

/*
 * size_t access_copy(void *to, const void *from, size_t length): returns the bytes not copied. By words
 * of `to`; where `from` lies differently, each word is made of two that are aligned, and hold bytes of
 * `from` both. A fault in the middle of 32 bytes leaves them to the loop that copies single bytes.
 */
    .globl access_copy
    .type access_copy, @function
access_copy:
    li t2, 32
    bltu a2, t2, access_copy_bytes
access_copy_head:
    andi t0, a0, 7
    beqz t0, access_copy_aligned
access_copy_head_begin:
    lbu t1, 0(a1)
    sb t1, 0(a0)
access_copy_head_end:
    addi a0, a0, 1
    addi a1, a1, 1
    addi a2, a2, -1
    j access_copy_head
access_copy_aligned:
    bltu a2, t2, access_copy_bytes
    andi t0, a1, 7
    bnez t0, access_copy_shifted
access_copy_words:
access_copy_words_begin:
    ld t3, 0(a1)
    ld t4, 8(a1)
    ld t5, 16(a1)
    ld t6, 24(a1)
    sd t3, 0(a0)
    sd t4, 8(a0)
    sd t5, 16(a0)
    sd t6, 24(a0)
access_copy_words_end:
    addi a0, a0, 32
    addi a1, a1, 32
    addi a2, a2, -32
    bgeu a2, t2, access_copy_words
    j access_copy_bytes
access_copy_shifted:
    sub a4, a1, t0
    slli t0, t0, 3 /* bits of the lower word that are not wanted; sll takes 64 - t0 as -t0 */
    neg a3, t0
access_copy_shifted_begin:
    ld t1, 0(a4)
access_copy_shifted_next:
    ld t3, 8(a4)
    ld t4, 16(a4)
    ld t5, 24(a4)
    ld t6, 32(a4)
    srl t1, t1, t0
    sll a5, t3, a3
    or t1, t1, a5
    sd t1, 0(a0)
    srl t3, t3, t0
    sll a5, t4, a3
    or t3, t3, a5
    sd t3, 8(a0)
    srl t4, t4, t0
    sll a5, t5, a3
    or t4, t4, a5
    sd t4, 16(a0)
    srl t5, t5, t0
    sll a5, t6, a3
    or t5, t5, a5
    sd t5, 24(a0)
access_copy_shifted_end:
    mv t1, t6
    addi a4, a4, 32
    addi a0, a0, 32
    addi a1, a1, 32
    addi a2, a2, -32
    bgeu a2, t2, access_copy_shifted_next
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
    FIXUP access_copy_head_begin, access_copy_head_end, access_copy_done
    FIXUP access_copy_words_begin, access_copy_words_end, access_copy_bytes
    FIXUP access_copy_shifted_begin, access_copy_shifted_end, access_copy_bytes
    FIXUP access_copy_bytes_begin, access_copy_bytes_end, access_copy_done
    FIXUP access_clear_word_begin, access_clear_word_end, access_clear_byte_begin
    FIXUP access_clear_byte_begin, access_clear_byte_end, access_copy_done
    FIXUP access_load, access_load_end, access_failed
    FIXUP access_touch_begin, access_touch_end, access_failed
    .dword 0, 0, 0
