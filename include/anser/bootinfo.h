/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hand-over from the loader to the kernel: everything that the kernel ever learns about the
 * machine. The loader fills it from the device tree; kmain (Go) checks it before anything else
 * reads it. All addresses are physical, all sizes are in bytes.
 *
 * Entry state of the kernel image: S-mode, satp = 0, interrupts off, sstatus.FS and VS off,
 * a0 = hart id of the boot hart, a1 = address of this structure.
 */
#ifndef ANSER_BOOTINFO_H
#define ANSER_BOOTINFO_H

#include <stdint.h>

#define BOOTINFO_MAGIC   0x31746f6f42736e41ul /* "AnsBoot1", little endian */
#define BOOTINFO_VERSION 2u

#define BOOTINFO_HARTS_MAX    8u
#define BOOTINFO_MEMORY_MAX   8u
#define BOOTINFO_RESERVED_MAX 32u
#define BOOTINFO_SEGMENTS_MAX 16u
#define BOOTINFO_CMDLINE_MAX  1024u

/* The first program's segments end below this; its stack, and what the kernel adds, lie above. */
#define BOOTINFO_INIT_END       ((1ul << 38) - 0x50000)
#define BOOTINFO_INIT_STACK_TOP ((1ul << 38) - 0x10000)
#define BOOTINFO_INIT_HANDLES   3 /* system, initrd, device-tree */

/* Bits of bootinfo.extensions. */
#define BOOTINFO_EXT_SSTC 1u

struct boot_range {
    uint64_t base;
    uint64_t size;
};

/* One hart that is usable, with the PLIC context of its S-mode external interrupt. */
struct boot_hart {
    uint64_t id;
    uint64_t plic_context;
};

/* A loaded segment of the kernel image; flags are the ELF's PF_R, PF_W, PF_X. */
struct boot_segment {
    struct boot_range range;
    uint64_t flags;
};

/* A part of the first program: where its bytes are in the initrd, where they go, ANSER_PROT_*. */
struct boot_program_segment {
    uint64_t offset;
    uint64_t file_size;
    uint64_t address;
    uint64_t memory_size; /* zeros behind the bytes of the file */
    uint64_t prot;
};

/* The first program, checked: sorted, disjoint segments inside user space. None: there is none. */
struct boot_program {
    uint64_t entry;
    uint64_t stack;      /* its stack pointer */
    uint64_t stack_page; /* where the topmost page lies now, in the loader; ends with the handles */
    uint64_t segment_count;
    struct boot_program_segment segments[BOOTINFO_SEGMENTS_MAX];
};

struct bootinfo {
    uint64_t magic;
    uint32_t version;
    uint32_t size; /* of this structure */

    uint64_t boot_hart; /* hart id */
    uint64_t hart_count;
    struct boot_hart harts[BOOTINFO_HARTS_MAX];
    uint64_t timebase_hz;
    uint64_t extensions;

    uint64_t memory_count; /* RAM, sorted, disjoint */
    struct boot_range memory[BOOTINFO_MEMORY_MAX];
    uint64_t reserved_count; /* firmware and other no-go ranges, sorted, disjoint */
    struct boot_range reserved[BOOTINFO_RESERVED_MAX];

    struct boot_range image; /* hull of the loaded kernel image */
    uint64_t image_entry;
    uint64_t segment_count;
    struct boot_segment segments[BOOTINFO_SEGMENTS_MAX];

    struct boot_program init;
    struct boot_range initrd; /* cpio (newc); size 0 never reaches the kernel */
    struct boot_range device_tree;
    struct boot_range loader; /* code, stack and this structure: reclaimable after boot */

    struct boot_range plic; /* interrupt controller; size 0: none */
    uint64_t plic_sources;  /* riscv,ndev */
    uint64_t finisher;      /* sifive_test register, 0: none */

    uint64_t start_instret; /* instret at the loader's first instruction, for the boot figure */
    char cmdline[BOOTINFO_CMDLINE_MAX]; /* NUL-terminated */
};

/* What a panic does once it has said everything it knows. */
enum boot_panic_action {
    BOOT_PANIC_HALT,   /* harts stop; the machine stays for a debugger */
    BOOT_PANIC_REBOOT, /* SBI system reset, cold */
    BOOT_PANIC_EXIT,   /* the finisher tells QEMU to exit with a failure */
};

/*
 * The kernel's own words of the command line, parsed by kmain: harts=N, panic=halt|reboot|exit.
 * Lies in the Go part of the image, as the bootinfo lies in the loader: boot_enter gives both away.
 */
struct boot_options {
    uint64_t harts_max;    /* use no more harts than this; 1 to BOOTINFO_HARTS_MAX */
    uint64_t panic_action; /* enum boot_panic_action */
};

#endif
