/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The linked C core as one section without relocations or symbols but its start: the one kind of
 * C object that Go's internal linker takes in a static build. It puts the section first.
 */
.option norelax
.section .text, "ax"
.balign 4096
.globl anser_core
anser_core:
    .incbin CORE_BINARY
