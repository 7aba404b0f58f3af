/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: loader/elf.c loader/elf_message.c loader/image.c loader/line.c loader/ranges.c */
/*
 * The loader's own steps, on a window of ordinary memory that stands for the first 32 MiB of RAM:
 * good images arrive complete, and each malformed one is refused with an error of its own, with
 * nothing written anywhere.
 */
#include "elf_builder.h"
#include "loader/elf_message.h"
#include "loader/image.h"
#include "tap.h"

#include <stdlib.h>

#define RAM      0x80000000ul
#define RAM_SIZE 0x2000000ul
#define UNUSED   0xa5

#define EDITS_MAX 6

static struct builder file;
static uint8_t *ram;
static uint8_t *untouched;

struct edit {
    enum field field;
    unsigned segment;
    uint64_t value;
};

struct malformed {
    const char *name;
    enum elf_code code;
    const char *says; /* what the line must contain besides */
    struct edit edits[EDITS_MAX];
    unsigned edit_count;
};

#define EDITS(...) {__VA_ARGS__}, sizeof((struct edit[]){__VA_ARGS__}) / sizeof(struct edit)

static const struct malformed malformed_images[] = {
    /* the file and its header */
    {"an empty file", ELF_FILE_EMPTY, "0x0", EDITS({FILE_SIZE, 0, 0})},
    {"a file of one byte", ELF_FILE_SHORT, "0x1", EDITS({FILE_SIZE, 0, 1})},
    {"a file that ends in the header", ELF_FILE_SHORT, "0x3f", EDITS({FILE_SIZE, 0, 63})},
    {"wrong magic", ELF_MAGIC, "EI_MAG = 0x464c457e", EDITS({MAGIC, 0, 0x464c457e})},
    {"32-bit class", ELF_CLASS, "EI_CLASS = 0x1", EDITS({CLASS, 0, 1})},
    {"unknown class", ELF_CLASS, "EI_CLASS = 0x7", EDITS({CLASS, 0, 7})},
    {"big endian", ELF_BYTE_ORDER, "EI_DATA = 0x2", EDITS({DATA, 0, 2})},
    {"identity version", ELF_IDENT_VERSION, "EI_VERSION = 0x0", EDITS({IDENT_VERSION, 0, 0})},
    {"relocatable file", ELF_TYPE_RELOCATABLE, "e_type = 0x1", EDITS({TYPE, 0, 1})},
    {"shared object", ELF_TYPE_SHARED, "e_type = 0x3", EDITS({TYPE, 0, 3})},
    {"core dump", ELF_TYPE_CORE, "e_type = 0x4", EDITS({TYPE, 0, 4})},
    {"unknown type", ELF_TYPE, "e_type = 0xff00", EDITS({TYPE, 0, 0xff00})},
    {"file version", ELF_VERSION, "e_version = 0x2", EDITS({VERSION, 0, 2})},
    {"x86-64 machine", ELF_MACHINE, "e_machine = 0x3e", EDITS({MACHINE, 0, 62})},
    {"header size", ELF_HEADER_SIZE, "e_ehsize = 0x34", EDITS({EHSIZE, 0, 52})},

    /* the program header table */
    {"table entry size", ELF_TABLE_ENTRY_SIZE, "e_phentsize = 0x20", EDITS({PHENTSIZE, 0, 32})},
    {"no table entries", ELF_TABLE_COUNT_ZERO, "e_phnum = 0x0", EDITS({PHNUM, 0, 0})},
    {"65535 entries", ELF_TABLE_COUNT_EXTENDED, "0xffff", EDITS({PHNUM, 0, 65535})},
    {"65534 entries", ELF_TABLE_PAST_END, "0xfffe", EDITS({PHNUM, 0, 65534})},
    {"no table", ELF_TABLE_OFFSET_ZERO, "e_phoff = 0x0", EDITS({PHOFF, 0, 0})},
    {"table in the header", ELF_TABLE_OFFSET_INSIDE_HEADER, "0x38", EDITS({PHOFF, 0, 56})},
    {"misaligned table", ELF_TABLE_OFFSET_ALIGNMENT, "0x44", EDITS({PHOFF, 0, 68})},
    {"table past the end", ELF_TABLE_OFFSET_PAST_END, "0x8008", EDITS({PHOFF, 0, 0x8008})},
    {"table at the very end", ELF_TABLE_PAST_END, "e_phnum = 0x3", EDITS({PHOFF, 0, 0x8000})},
    {"table offset wraps", ELF_TABLE_WRAPS, "f8", EDITS({PHOFF, 0, 0xfffffffffffffff8})},
    {"file cut in the table", ELF_TABLE_PAST_END, "(0xe7)", EDITS({FILE_SIZE, 0, 64 + 167})},
    {"PT_INTERP", ELF_INTERPRETER, "header 2: p_type = 0x3", EDITS({P_TYPE, 2, 3})},
    {"PT_DYNAMIC", ELF_DYNAMIC, "header 1: p_type = 0x2", EDITS({P_TYPE, 1, 2})},
    {"PT_TLS", ELF_TLS_FORBIDDEN, "header 2: p_type = 0x7", EDITS({P_TYPE, 2, 7})},
    {"PT_TLS twice", ELF_TLS_TWICE, "header 2", EDITS({P_TYPE, 1, 7}, {P_TYPE, 2, 7})},
    {"nothing to load", ELF_SEGMENTS_NONE, "PT_LOAD",
     EDITS({P_TYPE, 0, 4}, {P_TYPE, 1, 4}, {P_TYPE, 2, 4})},

    /* a segment's bytes in the file */
    {"offset past the end", ELF_SEGMENT_OFFSET_PAST_END, "header 1: p_offset = 0x9000",
     EDITS({P_OFFSET, 1, 0x9000})},
    {"bytes past the end", ELF_SEGMENT_FILE_PAST_END, "header 1: p_filesz = 0x1000",
     EDITS({P_OFFSET, 1, 0x8000})},
    {"one byte past the end", ELF_SEGMENT_FILE_PAST_END, "p_filesz = 0x801",
     EDITS({P_OFFSET, 2, 0x7000}, {P_FILESZ, 2, 0x801}, {FILE_SIZE, 0, 0x7800})},
    {"offset and size wrap", ELF_SEGMENT_FILE_WRAPS, "p_filesz",
     EDITS({P_FILESZ, 0, 0xfffffffffffff000}, {P_MEMSZ, 0, 0xfffffffffffff000},
           {P_VADDR, 0, 0x100})},
    {"offset before the segment", ELF_SEGMENT_OFFSET_BEFORE_SEGMENT,
     "p_offset = 0xffffffffffffe000", EDITS({P_OFFSET, 1, (uint64_t)-0x2000})},
    {"offset minus its size", ELF_SEGMENT_OFFSET_BEFORE_SEGMENT, "p_offset = 0xfffffffffffff000",
     EDITS({P_OFFSET, 0, (uint64_t)-0x1000})},
    {"lowest negative offset", ELF_SEGMENT_OFFSET_BEFORE_SEGMENT, "p_offset = 0x8000000000000000",
     EDITS({P_OFFSET, 0, 1ul << 63})},

    /* a segment's size and flags */
    {"memory below file", ELF_SEGMENT_MEMORY_BELOW_FILE, "p_memsz = 0xfff",
     EDITS({P_MEMSZ, 0, 0xfff})},
    {"empty segment", ELF_SEGMENT_SIZE_ZERO, "header 1", EDITS({P_FILESZ, 1, 0}, {P_MEMSZ, 1, 0})},
    {"huge memory", ELF_SEGMENT_MEMORY_HUGE, "header 2: p_memsz = 0x4000000000",
     EDITS({P_MEMSZ, 2, 1ul << 38})},
    {"too much together", ELF_TOTAL_SIZE, "header 1: p_memsz = 0x580000",
     EDITS({P_MEMSZ, 0, 0xb00000}, {P_VADDR, 1, 0x81200000}, {P_MEMSZ, 1, 0x580000})},
    {"unknown flags", ELF_SEGMENT_FLAGS, "p_flags = 0xc", EDITS({P_FLAGS, 1, 12})},
    {"writable and executable", ELF_SEGMENT_WRITE_EXECUTE, "p_flags = 0x7", EDITS({P_FLAGS, 0, 7})},
    {"write-execute data", ELF_SEGMENT_WRITE_EXECUTE, "header 2: p_flags = 0x3",
     EDITS({P_FLAGS, 2, 3})},
    {"write only", ELF_SEGMENT_NOT_READABLE, "p_flags = 0x2", EDITS({P_FLAGS, 2, 2})},
    {"no rights", ELF_SEGMENT_NOT_READABLE, "p_flags = 0x0", EDITS({P_FLAGS, 1, 0})},
    {"odd alignment", ELF_SEGMENT_ALIGNMENT_ODD, "p_align = 0x1001", EDITS({P_ALIGN, 1, 0x1001})},
    {"huge alignment", ELF_SEGMENT_ALIGNMENT_HUGE, "p_align = 0x40000000",
     EDITS({P_ALIGN, 1, 1ul << 30})},
    {"largest alignment", ELF_SEGMENT_ALIGNMENT_HUGE, "p_align = 0x8000000000000000",
     EDITS({P_ALIGN, 1, 1ul << 63})},
    {"address off its offset", ELF_SEGMENT_ALIGNMENT_BROKEN, "p_vaddr = 0x80202008",
     EDITS({P_VADDR, 1, 0x80202008})},

    /* a segment's place */
    {"address wraps", ELF_SEGMENT_ADDRESS_WRAPS, "p_vaddr = 0xfffffffffffff000",
     EDITS({P_VADDR, 2, 0xfffffffffffff000})},
    {"size takes the address around", ELF_SEGMENT_ADDRESS_WRAPS, "(0xffffffffffff0000)",
     EDITS({P_MEMSZ, 2, 0xffffffffffff0000})},
    {"address 0", ELF_SEGMENT_ADDRESS_ZERO, "p_vaddr = 0x0", EDITS({P_VADDR, 0, 0})},
    {"kernel half", ELF_SEGMENT_KERNEL_HALF, "0xffffffc000000000",
     EDITS({P_VADDR, 1, 0xffffffc000000000})},
    {"non-canonical address", ELF_SEGMENT_NON_CANONICAL, "p_vaddr = 0x4000000000",
     EDITS({P_VADDR, 1, 1ul << 38})},
    {"crosses to non-canonical", ELF_SEGMENT_NON_CANONICAL, "p_vaddr = 0x3ffffff000",
     EDITS({P_VADDR, 2, 0x3ffffff000})},
    {"over OpenSBI", ELF_SEGMENT_FORBIDDEN, "the firmware at 0x80000000",
     EDITS({P_VADDR, 0, 0x80000000}, {ENTRY, 0, 0x80000010})},
    {"just below the image", ELF_SEGMENT_FORBIDDEN, "0x801ff000 would overwrite the firmware",
     EDITS({P_VADDR, 0, 0x801ff000}, {ENTRY, 0, 0x801ff010})},
    {"over the loader", ELF_SEGMENT_FORBIDDEN, "0x81000000 would overwrite the loader",
     EDITS({P_VADDR, 2, 0x81000000})},
    {"into the loader", ELF_SEGMENT_FORBIDDEN, "0x80ffe000 would overwrite the loader",
     EDITS({P_VADDR, 2, 0x80ffe000})},
    {"over the loader's stack", ELF_SEGMENT_FORBIDDEN, "0x811ff000 would overwrite the loader",
     EDITS({P_VADDR, 2, 0x811ff000})},
    {"over the device tree", ELF_SEGMENT_FORBIDDEN, "the device tree at 0x81f00000",
     EDITS({P_VADDR, 2, 0x81f01000})},
    {"over the initrd", ELF_SEGMENT_FORBIDDEN, "the initrd at 0x81800000",
     EDITS({P_VADDR, 2, 0x81800000})},
    {"in the initrd's last page", ELF_SEGMENT_FORBIDDEN, "0x81810000 would overwrite the initrd",
     EDITS({P_VADDR, 2, 0x81810000})},
    {"over a reservation", ELF_SEGMENT_FORBIDDEN, "a reservation at 0x80e00000",
     EDITS({P_VADDR, 2, 0x80e00000})},
    {"over the PLIC", ELF_SEGMENT_FORBIDDEN, "the interrupt controller",
     EDITS({P_VADDR, 0, 0xc000000}, {ENTRY, 0, 0xc000010})},
    {"over the finisher", ELF_SEGMENT_FORBIDDEN, "the finisher", EDITS({P_VADDR, 0, 0x100000})},
    {"on other devices", ELF_SEGMENT_NOT_ALLOWED, "p_vaddr = 0x10000000",
     EDITS({P_VADDR, 0, 0x10000000})},
    {"outside RAM", ELF_SEGMENT_NOT_ALLOWED, "p_vaddr = 0x82000000",
     EDITS({P_VADDR, 2, 0x82000000})},
    {"across the end of RAM", ELF_SEGMENT_NOT_ALLOWED, "p_vaddr = 0x81ffe000",
     EDITS({P_VADDR, 2, 0x81ffe000})},

    /* segments beside each other */
    {"duplicate", ELF_SEGMENT_DUPLICATE, "header 1: p_vaddr = 0x80200000",
     EDITS({P_VADDR, 1, 0x80200000})},
    {"unsorted", ELF_SEGMENT_UNSORTED, "header 2: p_vaddr = 0x80201000",
     EDITS({P_VADDR, 2, 0x80201000}, {P_MEMSZ, 2, 0x800})},
    {"overlap in bytes", ELF_SEGMENT_OVERLAP, "header 1: p_vaddr = 0x80202000",
     EDITS({P_MEMSZ, 0, 0x2001})},
    {"the image over itself", ELF_SEGMENT_OVERLAP, "header 2: p_vaddr = 0x80204000",
     EDITS({P_MEMSZ, 1, 0x400000})},
    {"overlap in a page", ELF_SEGMENT_PAGE_SHARED, "header 1: p_vaddr = 0x80200c00",
     EDITS({P_FILESZ, 0, 0x800}, {P_MEMSZ, 0, 0x800}, {P_VADDR, 1, 0x80200c00},
           {P_OFFSET, 1, 0x2c00}, {P_FILESZ, 1, 0x100}, {P_MEMSZ, 1, 0x100})},

    /* the entry */
    {"entry outside", ELF_ENTRY_OUTSIDE, "e_entry = 0x80300000", EDITS({ENTRY, 0, 0x80300000})},
    {"entry between segments", ELF_ENTRY_OUTSIDE, "e_entry = 0x80201000",
     EDITS({ENTRY, 0, 0x80201000})},
    {"entry 0", ELF_ENTRY_OUTSIDE, "e_entry = 0x0", EDITS({ENTRY, 0, 0})},
    {"odd entry", ELF_ENTRY_ALIGNMENT, "e_entry = 0x80200011", EDITS({ENTRY, 0, 0x80200011})},
    {"entry in data", ELF_ENTRY_NOT_EXECUTABLE, "header 2: e_entry = 0x80204000",
     EDITS({ENTRY, 0, 0x80204000})},
    {"entry in read-only data", ELF_ENTRY_NOT_EXECUTABLE, "header 1: e_entry = 0x80202100",
     EDITS({ENTRY, 0, 0x80202100})},
    {"entry in zeros", ELF_ENTRY_NOT_IN_FILE, "e_entry = 0x80200800",
     EDITS({P_FILESZ, 0, 0x800}, {ENTRY, 0, 0x80200800})},
};

#define MALFORMED_COUNT (sizeof malformed_images / sizeof malformed_images[0])

static struct bootinfo machine(void)
{
    return (struct bootinfo){
        .memory_count = 1,
        .memory = {{RAM, RAM_SIZE}},
        .reserved_count = 2,
        .reserved = {{0x80000000, 0x80000}, {0x80e00000, 0x2000}},
        .loader = {0x81000000, 0x200000},
        .initrd = {0x81800000, 0x10010},
        .device_tree = {0x81f00000, 0x1234},
        .plic = {0xc000000, 0x600000},
        .finisher = 0x100000,
    };
}

/* What loader_main does with an image. */
static enum elf_code load(struct bootinfo *info, struct elf_error *error)
{
    struct elf_plan plan;
    enum elf_code code = image_check(file.bytes, file.size, info, &plan, error);
    if (code == ELF_OK)
        image_write(&plan, file.bytes, (uintptr_t)ram - RAM, info);
    return code;
}

static uint8_t *at(uint64_t address)
{
    return ram + (address - RAM);
}

static void test_malformed(const struct malformed *image, char *line)
{
    struct bootinfo info = machine(), before = machine();
    struct elf_error error;
    builder_begin(&file, IMAGE_BASE);
    for (unsigned i = 0; i < image->edit_count; i++)
        builder_set(&file, image->edits[i].field, image->edits[i].segment, image->edits[i].value);
    enum elf_code code = load(&info, &error);
    size_t length = elf_describe(&error, line, ELF_LINE_MAX);
    if (code == ELF_OK) {
        TEST(false, "%s is refused", image->name);
        return;
    }
    TEST(code == image->code && error.code == code, "%s has error %d (%d)", image->name,
         image->code, code);
    TEST(strstr(line, image->says) && length < ELF_LINE_MAX - 1, "%s says \"%s\": %s", image->name,
         image->says, line);
    TEST(!memcmp(ram, untouched, RAM_SIZE) && !memcmp(&info, &before, sizeof info),
         "%s wrote nothing", image->name);
}

static void test_all_malformed(void)
{
    static char lines[MALFORMED_COUNT][ELF_LINE_MAX];
    unsigned same = 0;
    for (size_t i = 0; i < MALFORMED_COUNT; i++)
        test_malformed(&malformed_images[i], lines[i]);
    for (size_t i = 0; i < MALFORMED_COUNT; i++) {
        for (size_t j = 0; j < i; j++)
            same += !strcmp(lines[i], lines[j]);
    }
    TEST(MALFORMED_COUNT >= 55 && same == 0, "%zu malformed images, each with a line of its own",
         MALFORMED_COUNT);
}

/* Whether only the image's own bytes changed: everything else is as it was. */
static bool rest_is_untouched(void)
{
    const uint64_t image[][2] = {{0x80200000, 0x1000}, {0x80202000, 0x1000}, {0x80204000, 0x3000}};
    for (size_t i = 0; i < 3; i++)
        memset(at(image[i][0]), UNUSED, image[i][1]);
    return !memcmp(ram, untouched, RAM_SIZE);
}

static void test_good(const char *name)
{
    struct bootinfo info = machine();
    struct elf_error error = {0};
    char line[ELF_LINE_MAX] = "";
    enum elf_code code = load(&info, &error);
    if (code != ELF_OK)
        elf_describe(&error, line, sizeof line);
    TEST(code == ELF_OK, "%s loads %s", name, line);
    TEST(!memcmp(at(0x80200000), file.bytes + 0x1000, 0x1000), "%s: text", name);
    TEST(!memcmp(at(0x80202000), file.bytes + 0x2000, 0x1000), "%s: read-only data", name);
    TEST(!memcmp(at(0x80204000), file.bytes + 0x3000, 0x800), "%s: data", name);
    TEST(at(0x80204800)[0] == 0 && !memcmp(at(0x80204800), at(0x80204801), 0x27ff), "%s: zeros",
         name);
    TEST(info.image.base == 0x80200000 && info.image.size == 0x7000 && info.segment_count == 3 &&
             info.image_entry == 0x80200010 && info.segments[2].flags == 6,
         "%s: the kernel is told", name);
    TEST(rest_is_untouched(), "%s: nothing else is written", name);
}

static void test_places(void)
{
    char line[256];
    struct bootinfo info = machine();
    TEST(image_check_places(&info, line, sizeof line) == 0, "good places are fine");
    info = machine(), info.reserved_count = 0;
    TEST(image_check_places(&info, line, sizeof line) == 0 && info.reserved_count == 1 &&
             info.reserved[0].base == RAM && info.reserved[0].size == 0x200000,
         "firmware that the tree forgot is reserved");

#define BAD_PLACE(change, text)                                                                    \
    info = machine();                                                                              \
    change;                                                                                        \
    TEST(image_check_places(&info, line, sizeof line) != 0 && strstr(line, text),                  \
         "refused: " #change ": %s", line)

    BAD_PLACE(info.initrd.base = 0x8fff0000, "the initrd at 0x8fff0000, 0x10010 bytes, is not all");
    BAD_PLACE(info.initrd.base = 0x81fff000, "is not all in RAM");
    BAD_PLACE(info.initrd.base = UINT64_MAX - 0x1000, "is not all in RAM");
    BAD_PLACE(info.initrd.base = 0x81f00000 - 0x10000, "overlaps the device tree");
    BAD_PLACE(info.initrd.base = 0x811ff000, "overlaps the loader");
    BAD_PLACE(info.initrd.base = 0x80300000, "lies where the kernel image goes");
    BAD_PLACE(info.initrd.base = 0x80010000, "overlaps memory that is reserved");
    BAD_PLACE(info.device_tree.base = 0x90000000, "the device tree at 0x90000000");
    BAD_PLACE(info.device_tree.base = 0x811ff000, "overlaps the loader");
    BAD_PLACE(info.memory[0].size = 0x1100000, "the loader at 0x81000000");
    BAD_PLACE((info.reserved[1] = (struct boot_range){0x81100000, 1}), "overlaps memory that is");
}

int main(void)
{
    ram = malloc(RAM_SIZE);
    untouched = malloc(RAM_SIZE);
    memset(ram, UNUSED, RAM_SIZE);
    memset(untouched, UNUSED, RAM_SIZE);
    test_all_malformed();
    builder_begin(&file, IMAGE_BASE);
    test_good("a correct image");
    builder_headers_go(&file, IMAGE_BASE);
    test_good("an image of Go's linker");
    builder_begin(&file, IMAGE_BASE);
    builder_segment(&file, 0, 5, 0, IMAGE_BASE - 0x1000, 0x2000, 0x2000, 0x1000);
    test_good("an image whose headers lie in memory");
    test_places();
    free(ram);
    free(untouched);
    return tap_done();
}
