/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: loader/elf.c loader/elf_message.c loader/line.c */
/*
 * The ELF reader with the rules for user programs: thread-local storage is taken, wrapped offsets
 * and headers below the program are not; and the step of adding one segment to a plan.
 */
#include "elf_builder.h"
#include "loader/elf_message.h"
#include "tap.h"

#define BASE 0x10000ul

static struct builder file;
static struct elf_image image;
static struct elf_plan plan;
static struct elf_error error;

static const struct elf_range user_space = {0x1000, 0x4000000000 - 0x1000, "user space"};
static const struct elf_range kernel_slot = {0x80000000, 0x40000000, "the kernel"};

static struct elf_policy policy;

static void begin(void)
{
    builder_begin(&file, BASE);
    policy = (struct elf_policy){
        .machine = ELF_MACHINE_RISCV,
        .address_bits = 39,
        .entry_alignment = 2,
        .page_size = 4096,
        .alignment_max = 0x200000,
        .size_max = 1ul << 30,
        .tls = 1,
        .allowed = &user_space,
        .allowed_count = 1,
        .forbidden = &kernel_slot,
        .forbidden_count = 1,
    };
}

static enum elf_code read_file(void)
{
    enum elf_code code = elf_decode(file.bytes, file.size, &image, &error);
    return code == ELF_OK ? elf_validate(&image, &policy, &plan, &error) : code;
}

/* Expects a refusal with this code, after the edits that the caller has made. */
static void refused(enum elf_code code, const char *why)
{
    char line[ELF_LINE_MAX];
    enum elf_code got = read_file();
    elf_describe(&error, line, sizeof line);
    TEST(got == code, "%s is refused: %s", why, got == ELF_OK ? "it was not" : line);
}

static void test_good(void)
{
    begin();
    TEST(read_file() == ELF_OK && plan.copy_count == 3 && !plan.has_tls, "a good program");
    TEST(plan.base == BASE && plan.end == BASE + 0x7000 && plan.memory_size == 0x5000,
         "its hull and its size");
    TEST(plan.copies[2].offset == 0x3000 && plan.copies[2].address == BASE + 0x4000 &&
             plan.copies[2].file_size == 0x800 && plan.copies[2].memory_size == 0x3000 &&
             plan.copies[2].flags == (ELF_READ | ELF_WRITE),
         "its last copy");
    builder_set(&file, P_TYPE, 1, 0x6474e551);
    TEST(read_file() == ELF_OK && plan.copy_count == 2, "entries of other types are passed over");
    begin();
    builder_set(&file, P_FLAGS, 0, ELF_EXECUTE);
    TEST(read_file() == ELF_OK, "execute-only text");
    begin();
    builder_set(&file, P_FILESZ, 2, 0);
    TEST(read_file() == ELF_OK, "a segment of zeros only");
    begin();
    builder_set(&file, P_ALIGN, 0, 0);
    TEST(read_file() == ELF_OK, "alignment 0 means none");
    begin();
    uint8_t shifted[BUILDER_SIZE_MAX + 1];
    memcpy(shifted + 1, file.bytes, file.size);
    TEST(elf_decode(shifted + 1, file.size, &image, &error) == ELF_OK && image.segment_count == 3,
         "a file at an odd address");
}

static void test_rules(void)
{
    begin();
    builder_headers_go(&file, 0x20000);
    refused(ELF_SEGMENT_OFFSET_NEGATIVE, "an offset before the file, in a user program");
    begin();
    builder_set(&file, P_VADDR, 2, 0x80200000);
    refused(ELF_SEGMENT_FORBIDDEN, "a segment over the kernel");
    begin();
    builder_set(&file, P_VADDR, 2, 0x7ffff000);
    refused(ELF_SEGMENT_FORBIDDEN, "a segment that reaches into the kernel");
    begin();
    builder_set(&file, P_VADDR, 0, 0);
    refused(ELF_SEGMENT_ADDRESS_ZERO, "address 0");
    begin();
    policy.entry_alignment = 4;
    builder_set(&file, ENTRY, 0, BASE + 2);
    refused(ELF_ENTRY_ALIGNMENT, "an entry between two instructions");
    begin();
    policy.write_execute = 1;
    builder_set(&file, P_FLAGS, 2, 7);
    TEST(read_file() == ELF_OK, "writable and executable, where the policy says so");
    begin();
    builder_set(&file, PHNUM, 0, 17);
    for (unsigned i = 0; i < 17; i++)
        builder_segment(&file, i, 5, 0x1000, BASE + i * 0x1000ul, 0x1000, 0x1000, 0x1000);
    refused(ELF_SEGMENTS_TOO_MANY, "a seventeenth segment");
    builder_set(&file, PHNUM, 0, 16);
    TEST(read_file() == ELF_OK && plan.copy_count == 16, "sixteen segments");
}

static void add_tls(uint64_t address, uint64_t file_size, uint64_t memory_size, uint64_t alignment)
{
    begin();
    builder_set(&file, PHNUM, 0, 4);
    builder_segment(&file, 3, 4, 0x3000, address, file_size, memory_size, alignment);
    builder_set(&file, P_TYPE, 3, 7);
}

static void test_tls(void)
{
    add_tls(BASE + 0x4100, 0x20, 0x80, 16);
    TEST(read_file() == ELF_OK && plan.has_tls && plan.tls.address == BASE + 0x4100 &&
             plan.tls.memory_size == 0x80,
         "thread-local storage");
    add_tls(BASE + 0x9000, 0, 0x80, 16);
    TEST(read_file() == ELF_OK, "thread-local storage of zeros only lies nowhere");
    add_tls(BASE + 0x47f0, 0x20, 0x20, 16);
    refused(ELF_TLS_NOT_LOADED, "thread-local storage that reaches into zeros");
    add_tls(BASE - 0x10, 0x20, 0x20, 16);
    refused(ELF_TLS_NOT_LOADED, "thread-local storage that begins before the program");
    add_tls(UINT64_MAX - 8, 0x20, 0x20, 16);
    refused(ELF_TLS_NOT_LOADED, "thread-local storage that wraps");
    add_tls(BASE + 0x4100, 0x20, 0x1f, 16);
    refused(ELF_TLS_MEMORY_BELOW_FILE, "thread-local storage smaller than its bytes");
    add_tls(BASE + 0x4100, 0x20, 1ul << 40, 16);
    refused(ELF_TLS_MEMORY_HUGE, "huge thread-local storage");
    add_tls(BASE + 0x4100, 0x20, 0x80, 24);
    refused(ELF_TLS_ALIGNMENT, "thread-local storage with an odd alignment");
    add_tls(BASE + 0x4100, 0x20, 0x80, 0x2000);
    refused(ELF_TLS_ALIGNMENT, "thread-local storage aligned to more than a page");
}

static void test_add(void)
{
    struct elf_segment segment = {
        .offset = 0, .address = BASE, .file_size = 8, .memory_size = 8, .flags = 5};
    struct elf_plan before;
    begin();
    plan = (struct elf_plan){0};
    TEST(elf_plan_add(&plan, &policy, 8, &segment, &error) == ELF_OK && plan.copy_count == 1,
         "a segment joins an empty plan");
    before = plan;
    TEST(elf_plan_add(&plan, &policy, 8, &segment, &error) == ELF_SEGMENT_DUPLICATE &&
             !memcmp(&plan, &before, sizeof plan),
         "a refused segment leaves the plan as it was");
}

static void test_describe(void)
{
    char tiny[8];
    error = (struct elf_error){.code = ELF_MAGIC, .entry = -1};
    TEST(elf_describe(&error, tiny, sizeof tiny) == 7 && tiny[7] == 0, "a line is cut to its room");
    for (int code = ELF_OK; code < ELF_CODE_COUNT; code++) {
        char line[ELF_LINE_MAX];
        error.code = (enum elf_code)code;
        if (elf_describe(&error, line, sizeof line) < 10)
            TEST(false, "code %d has words", code);
    }
    TEST(true, "every code has words");
}

int main(void)
{
    test_good();
    test_rules();
    test_tls();
    test_add();
    test_describe();
    return tap_done();
}
