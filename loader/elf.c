/* SPDX-License-Identifier: BSD-2-Clause */
/* The ELF reader: see elf.h for what it promises. */
#include "loader/elf.h"

/* Offsets in the file header and in a program header, and the values that are taken. */
enum {
    HEADER_SIZE = 64,
    TABLE_ENTRY_SIZE = 56,

    IDENT_CLASS = 4,
    IDENT_DATA = 5,
    IDENT_VERSION = 6,
    CLASS_64 = 2,
    DATA_LITTLE_ENDIAN = 1,
    VERSION_CURRENT = 1,

    TYPE_RELOCATABLE = 1,
    TYPE_EXECUTABLE = 2,
    TYPE_SHARED = 3,
    TYPE_CORE = 4,

    ENTRY_LOAD = 1,
    ENTRY_DYNAMIC = 2,
    ENTRY_INTERPRETER = 3,
    ENTRY_TLS = 7,

    TABLE_COUNT_EXTENDED = 0xffff,
    TABLE_ALIGNMENT = 8,
};

static enum elf_code refuse(struct elf_error *error, enum elf_code code, int entry, uint64_t value,
                            uint64_t limit)
{
    *error = (struct elf_error){.code = code, .entry = entry, .value = value, .limit = limit};
    return code;
}

/* The file may lie at any alignment, so numbers are put together from bytes. */
static uint64_t read_number(const uint8_t *bytes, unsigned size)
{
    uint64_t number = 0;
    while (size-- > 0)
        number = number << 8 | bytes[size];
    return number;
}

static int is_power_of_two(uint64_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

static enum elf_code decode_identity(const uint8_t *header, struct elf_error *error)
{
    uint64_t magic = read_number(header, 4);
    if (magic != 0x464c457f)
        return refuse(error, ELF_MAGIC, -1, magic, 0);
    if (header[IDENT_CLASS] != CLASS_64)
        return refuse(error, ELF_CLASS, -1, header[IDENT_CLASS], 0);
    if (header[IDENT_DATA] != DATA_LITTLE_ENDIAN)
        return refuse(error, ELF_BYTE_ORDER, -1, header[IDENT_DATA], 0);
    if (header[IDENT_VERSION] != VERSION_CURRENT)
        return refuse(error, ELF_IDENT_VERSION, -1, header[IDENT_VERSION], 0);
    return ELF_OK;
}

static enum elf_code decode_type(uint64_t type, struct elf_error *error)
{
    switch (type) {
    case TYPE_EXECUTABLE:
        return ELF_OK;
    case TYPE_RELOCATABLE:
        return refuse(error, ELF_TYPE_RELOCATABLE, -1, type, 0);
    case TYPE_SHARED:
        return refuse(error, ELF_TYPE_SHARED, -1, type, 0);
    case TYPE_CORE:
        return refuse(error, ELF_TYPE_CORE, -1, type, 0);
    default:
        return refuse(error, ELF_TYPE, -1, type, 0);
    }
}

/* Finds the program header table and makes sure that all of it is inside the file. */
static enum elf_code decode_table(const uint8_t *header, struct elf_image *image,
                                  struct elf_error *error)
{
    uint64_t offset = read_number(header + 32, 8);
    uint64_t entry_size = read_number(header + 54, 2);
    uint64_t count = read_number(header + 56, 2);

    if (entry_size != TABLE_ENTRY_SIZE)
        return refuse(error, ELF_TABLE_ENTRY_SIZE, -1, entry_size, TABLE_ENTRY_SIZE);
    if (count == 0)
        return refuse(error, ELF_TABLE_COUNT_ZERO, -1, count, 0);
    if (count == TABLE_COUNT_EXTENDED)
        return refuse(error, ELF_TABLE_COUNT_EXTENDED, -1, count, 0);
    if (offset == 0)
        return refuse(error, ELF_TABLE_OFFSET_ZERO, -1, offset, 0);
    if (offset < HEADER_SIZE)
        return refuse(error, ELF_TABLE_OFFSET_INSIDE_HEADER, -1, offset, HEADER_SIZE);
    if (offset % TABLE_ALIGNMENT != 0)
        return refuse(error, ELF_TABLE_OFFSET_ALIGNMENT, -1, offset, TABLE_ALIGNMENT);
    if (offset > UINT64_MAX - count * TABLE_ENTRY_SIZE)
        return refuse(error, ELF_TABLE_WRAPS, -1, offset, 0);
    if (offset > image->size)
        return refuse(error, ELF_TABLE_OFFSET_PAST_END, -1, offset, image->size);
    if (count * TABLE_ENTRY_SIZE > image->size - offset)
        return refuse(error, ELF_TABLE_PAST_END, -1, count, image->size);
    image->table_offset = offset;
    image->table_count = (uint32_t)count;
    return ELF_OK;
}

static enum elf_code decode_header(const uint8_t *header, struct elf_image *image,
                                   struct elf_error *error)
{
    enum elf_code code = decode_identity(header, error);
    if (code != ELF_OK)
        return code;
    code = decode_type(read_number(header + 16, 2), error);
    if (code != ELF_OK)
        return code;
    uint64_t version = read_number(header + 20, 4);
    if (version != VERSION_CURRENT)
        return refuse(error, ELF_VERSION, -1, version, 0);
    uint64_t header_size = read_number(header + 52, 2);
    if (header_size != HEADER_SIZE)
        return refuse(error, ELF_HEADER_SIZE, -1, header_size, HEADER_SIZE);
    image->machine = (uint16_t)read_number(header + 18, 2);
    image->entry = read_number(header + 24, 8);
    return decode_table(header, image, error);
}

static struct elf_segment decode_segment(const uint8_t *bytes, uint32_t entry)
{
    return (struct elf_segment){
        .flags = (uint32_t)read_number(bytes + 4, 4),
        .offset = read_number(bytes + 8, 8),
        .address = read_number(bytes + 16, 8),
        .file_size = read_number(bytes + 32, 8),
        .memory_size = read_number(bytes + 40, 8),
        .alignment = read_number(bytes + 48, 8),
        .entry = entry,
    };
}

/* Takes one program header. Types that ask for nothing (notes, stack flags, vendor's) pass by. */
static enum elf_code decode_entry(const uint8_t *bytes, uint32_t entry, struct elf_image *image,
                                  struct elf_error *error)
{
    uint64_t type = read_number(bytes, 4);
    switch (type) {
    case ENTRY_LOAD:
        if (image->segment_count == ELF_SEGMENTS_MAX)
            return refuse(error, ELF_SEGMENTS_TOO_MANY, (int)entry, image->table_count,
                          ELF_SEGMENTS_MAX);
        image->segments[image->segment_count++] = decode_segment(bytes, entry);
        return ELF_OK;
    case ENTRY_TLS:
        if (image->has_tls)
            return refuse(error, ELF_TLS_TWICE, (int)entry, type, 0);
        image->has_tls = 1;
        image->tls = decode_segment(bytes, entry);
        return ELF_OK;
    case ENTRY_INTERPRETER:
        return refuse(error, ELF_INTERPRETER, (int)entry, type, 0);
    case ENTRY_DYNAMIC:
        return refuse(error, ELF_DYNAMIC, (int)entry, type, 0);
    default:
        return ELF_OK;
    }
}

enum elf_code elf_decode(const void *bytes, size_t size, struct elf_image *image,
                         struct elf_error *error)
{
    const uint8_t *file = bytes;
    *image = (struct elf_image){.size = size};
    if (size == 0)
        return refuse(error, ELF_FILE_EMPTY, -1, 0, HEADER_SIZE);
    if (size < HEADER_SIZE)
        return refuse(error, ELF_FILE_SHORT, -1, size, HEADER_SIZE);
    enum elf_code code = decode_header(file, image, error);
    if (code != ELF_OK)
        return code;
    const uint8_t *table = file + image->table_offset;
    for (uint32_t i = 0; i < image->table_count; i++) {
        code = decode_entry(table + (size_t)i * TABLE_ENTRY_SIZE, i, image, error);
        if (code != ELF_OK)
            return code;
    }
    if (image->segment_count == 0)
        return refuse(error, ELF_SEGMENTS_NONE, -1, image->table_count, 0);
    return ELF_OK;
}

static enum elf_code refuse_segment(struct elf_error *error, enum elf_code code,
                                    const struct elf_segment *segment, uint64_t value,
                                    uint64_t limit)
{
    return refuse(error, code, (int)segment->entry, value, limit);
}

static enum elf_code check_flags(const struct elf_policy *policy, const struct elf_segment *segment,
                                 struct elf_error *error)
{
    uint32_t flags = segment->flags;
    if (flags & ~(ELF_READ | ELF_WRITE | ELF_EXECUTE))
        return refuse_segment(error, ELF_SEGMENT_FLAGS, segment, flags, 0);
    if ((flags & ELF_WRITE) && (flags & ELF_EXECUTE) && !policy->write_execute)
        return refuse_segment(error, ELF_SEGMENT_WRITE_EXECUTE, segment, flags, 0);
    /* Sv39 has no encoding for "writable, not readable". Execute-only is fine. */
    if (!(flags & ELF_READ) && ((flags & ELF_WRITE) || !(flags & ELF_EXECUTE)))
        return refuse_segment(error, ELF_SEGMENT_NOT_READABLE, segment, flags, 0);
    return ELF_OK;
}

static enum elf_code check_alignment(const struct elf_policy *policy,
                                     const struct elf_segment *segment, struct elf_error *error)
{
    uint64_t alignment = segment->alignment ? segment->alignment : 1;
    if (!is_power_of_two(alignment))
        return refuse_segment(error, ELF_SEGMENT_ALIGNMENT_ODD, segment, alignment, 0);
    if (alignment > policy->alignment_max)
        return refuse_segment(error, ELF_SEGMENT_ALIGNMENT_HUGE, segment, alignment,
                              policy->alignment_max);
    /*
     * Offset and address have to agree modulo the page size only, although the specification asks
     * for the whole of p_align: Go's linker breaks that for the segment that begins before the
     * file.
     */
    uint64_t modulus = alignment < policy->page_size ? alignment : policy->page_size;
    if ((segment->address - segment->offset) % modulus != 0)
        return refuse_segment(error, ELF_SEGMENT_ALIGNMENT_BROKEN, segment, segment->address,
                              modulus);
    return ELF_OK;
}

static enum elf_code check_memory_size(const struct elf_policy *policy,
                                       const struct elf_segment *segment, struct elf_error *error)
{
    if (segment->memory_size == 0)
        return refuse_segment(error, ELF_SEGMENT_SIZE_ZERO, segment, 0, 0);
    if (segment->memory_size < segment->file_size)
        return refuse_segment(error, ELF_SEGMENT_MEMORY_BELOW_FILE, segment, segment->memory_size,
                              segment->file_size);
    if (segment->address > UINT64_MAX - segment->memory_size)
        return refuse_segment(error, ELF_SEGMENT_ADDRESS_WRAPS, segment, segment->address,
                              segment->memory_size);
    if (segment->memory_size > policy->size_max)
        return refuse_segment(error, ELF_SEGMENT_MEMORY_HUGE, segment, segment->memory_size,
                              policy->size_max);
    return ELF_OK;
}

static void drop_front(struct elf_segment *segment, uint64_t bytes)
{
    segment->offset += bytes;
    segment->address += bytes;
    segment->file_size -= bytes;
    segment->memory_size -= bytes;
}

/* Checks the source of the copy, and drops from the front what lies before the file's start. */
static enum elf_code check_source(const struct elf_policy *policy, uint64_t size,
                                  struct elf_segment *segment, struct elf_error *error)
{
    uint64_t offset = segment->offset;
    if (offset >> 63) {
        uint64_t before_file = -offset;
        if (!policy->negative_offset)
            return refuse_segment(error, ELF_SEGMENT_OFFSET_NEGATIVE, segment, offset, 0);
        if (before_file >= segment->file_size)
            return refuse_segment(error, ELF_SEGMENT_OFFSET_BEFORE_SEGMENT, segment, offset,
                                  segment->file_size);
        drop_front(segment, before_file);
    } else if (offset > UINT64_MAX - segment->file_size) {
        return refuse_segment(error, ELF_SEGMENT_FILE_WRAPS, segment, segment->file_size, 0);
    } else if (offset > size) {
        return refuse_segment(error, ELF_SEGMENT_OFFSET_PAST_END, segment, offset, size);
    }
    if (segment->file_size > size - segment->offset)
        return refuse_segment(error, ELF_SEGMENT_FILE_PAST_END, segment, segment->file_size,
                              size - segment->offset);
    return ELF_OK;
}

/* Drops a copy of the file's own headers that lies below clip_base. */
static void clip_headers(const struct elf_policy *policy, struct elf_segment *segment)
{
    if (segment->offset != 0 || segment->address >= policy->clip_base)
        return;
    uint64_t below = policy->clip_base - segment->address;
    if (below > policy->clip_max)
        return;
    if (below > segment->memory_size)
        below = segment->memory_size;
    if (below <= segment->file_size)
        drop_front(segment, below);
}

static enum elf_code check_canonical(const struct elf_policy *policy,
                                     const struct elf_segment *segment, struct elf_error *error)
{
    unsigned shift = policy->address_bits - 1u;
    uint64_t top = segment->address >> shift;
    uint64_t end_top = (segment->address + segment->memory_size - 1) >> shift;
    uint64_t all_ones = UINT64_MAX >> shift;
    if ((top != 0 && top != all_ones) || end_top != top)
        return refuse_segment(error, ELF_SEGMENT_NON_CANONICAL, segment, segment->address,
                              policy->address_bits);
    if (top != 0)
        return refuse_segment(error, ELF_SEGMENT_KERNEL_HALF, segment, segment->address, 0);
    return ELF_OK;
}

static uint64_t page_down(const struct elf_policy *policy, uint64_t address)
{
    return address & ~(policy->page_size - 1);
}

/* Never wraps: check_canonical has seen the end before. */
static uint64_t page_up(const struct elf_policy *policy, uint64_t address)
{
    return page_down(policy, address + policy->page_size - 1);
}

/* Checks the destination. Whole pages are judged, because whole pages get rights or owners. */
static enum elf_code check_place(const struct elf_policy *policy, const struct elf_segment *segment,
                                 struct elf_error *error)
{
    enum elf_code code = check_canonical(policy, segment, error);
    if (code != ELF_OK)
        return code;
    uint64_t base = page_down(policy, segment->address);
    uint64_t end = page_up(policy, segment->address + segment->memory_size);
    if (base == 0)
        return refuse_segment(error, ELF_SEGMENT_ADDRESS_ZERO, segment, segment->address, 0);
    for (size_t i = 0; i < policy->forbidden_count; i++) {
        const struct elf_range *range = &policy->forbidden[i];
        if (base < range->base + range->size && range->base < end) {
            refuse_segment(error, ELF_SEGMENT_FORBIDDEN, segment, segment->address, range->base);
            error->place = range->name;
            return error->code;
        }
    }
    for (size_t i = 0; i < policy->allowed_count; i++) {
        const struct elf_range *range = &policy->allowed[i];
        if (base >= range->base && end <= range->base + range->size)
            return ELF_OK;
    }
    return refuse_segment(error, ELF_SEGMENT_NOT_ALLOWED, segment, segment->address,
                          segment->memory_size);
}

/* The file format wants segments sorted, so the last copy of the plan is the only neighbour. */
static enum elf_code check_order(const struct elf_plan *plan, const struct elf_policy *policy,
                                 const struct elf_segment *segment, struct elf_error *error)
{
    if (plan->copy_count == 0)
        return ELF_OK;
    const struct elf_copy *last = &plan->copies[plan->copy_count - 1];
    if (segment->address == last->address)
        return refuse_segment(error, ELF_SEGMENT_DUPLICATE, segment, segment->address, 0);
    if (segment->address < last->address)
        return refuse_segment(error, ELF_SEGMENT_UNSORTED, segment, segment->address,
                              last->address);
    if (segment->address < plan->end)
        return refuse_segment(error, ELF_SEGMENT_OVERLAP, segment, segment->address, plan->end);
    if (page_down(policy, segment->address) < page_up(policy, plan->end))
        return refuse_segment(error, ELF_SEGMENT_PAGE_SHARED, segment, segment->address, plan->end);
    if (segment->memory_size > policy->size_max - plan->memory_size)
        return refuse_segment(error, ELF_TOTAL_SIZE, segment, segment->memory_size,
                              policy->size_max);
    return ELF_OK;
}

static void plan_append(struct elf_plan *plan, const struct elf_segment *segment)
{
    plan->copies[plan->copy_count++] = (struct elf_copy){
        .offset = segment->offset,
        .address = segment->address,
        .file_size = segment->file_size,
        .memory_size = segment->memory_size,
        .flags = segment->flags,
        .entry = segment->entry,
    };
    if (plan->copy_count == 1)
        plan->base = segment->address;
    plan->end = segment->address + segment->memory_size;
    plan->memory_size += segment->memory_size;
}

enum elf_code elf_plan_add(struct elf_plan *plan, const struct elf_policy *policy,
                           uint64_t file_size, const struct elf_segment *segment,
                           struct elf_error *error)
{
    struct elf_segment trimmed = *segment;
    enum elf_code code;

    if (plan->copy_count == ELF_SEGMENTS_MAX)
        return refuse_segment(error, ELF_SEGMENTS_TOO_MANY, segment, plan->copy_count + 1u,
                              ELF_SEGMENTS_MAX);
    if ((code = check_flags(policy, segment, error)) != ELF_OK ||
        (code = check_source(policy, file_size, &trimmed, error)) != ELF_OK ||
        (code = check_memory_size(policy, segment, error)) != ELF_OK ||
        (code = check_alignment(policy, segment, error)) != ELF_OK)
        return code;
    clip_headers(policy, &trimmed);
    if (trimmed.memory_size == 0)
        return ELF_OK;
    if ((code = check_place(policy, &trimmed, error)) != ELF_OK ||
        (code = check_order(plan, policy, &trimmed, error)) != ELF_OK)
        return code;
    plan_append(plan, &trimmed);
    return ELF_OK;
}

static enum elf_code check_entry(const struct elf_image *image, const struct elf_policy *policy,
                                 const struct elf_plan *plan, struct elf_error *error)
{
    uint64_t entry = image->entry;
    if (entry % policy->entry_alignment != 0)
        return refuse(error, ELF_ENTRY_ALIGNMENT, -1, entry, policy->entry_alignment);
    for (uint32_t i = 0; i < plan->copy_count; i++) {
        const struct elf_copy *copy = &plan->copies[i];
        if (entry < copy->address || entry - copy->address >= copy->memory_size)
            continue;
        if (!(copy->flags & ELF_EXECUTE))
            return refuse(error, ELF_ENTRY_NOT_EXECUTABLE, (int)copy->entry, entry, 0);
        if (entry - copy->address >= copy->file_size)
            return refuse(error, ELF_ENTRY_NOT_IN_FILE, (int)copy->entry, entry,
                          copy->address + copy->file_size);
        return ELF_OK;
    }
    return refuse(error, ELF_ENTRY_OUTSIDE, -1, entry, 0);
}

/* The initial image of thread-local storage is read from the loaded program, so it must be there.
 */
static enum elf_code check_tls(const struct elf_segment *tls, const struct elf_policy *policy,
                               const struct elf_plan *plan, struct elf_error *error)
{
    uint64_t alignment = tls->alignment ? tls->alignment : 1;
    if (!policy->tls)
        return refuse_segment(error, ELF_TLS_FORBIDDEN, tls, ENTRY_TLS, 0);
    if (tls->memory_size < tls->file_size)
        return refuse_segment(error, ELF_TLS_MEMORY_BELOW_FILE, tls, tls->memory_size,
                              tls->file_size);
    if (tls->memory_size > policy->size_max)
        return refuse_segment(error, ELF_TLS_MEMORY_HUGE, tls, tls->memory_size, policy->size_max);
    if (!is_power_of_two(alignment) || alignment > policy->page_size)
        return refuse_segment(error, ELF_TLS_ALIGNMENT, tls, alignment, policy->page_size);
    if (tls->file_size == 0)
        return ELF_OK;
    for (uint32_t i = 0; i < plan->copy_count; i++) {
        const struct elf_copy *copy = &plan->copies[i];
        if (tls->address >= copy->address && tls->file_size <= copy->file_size &&
            tls->address - copy->address <= copy->file_size - tls->file_size)
            return ELF_OK;
    }
    return refuse_segment(error, ELF_TLS_NOT_LOADED, tls, tls->address, tls->file_size);
}

enum elf_code elf_validate(const struct elf_image *image, const struct elf_policy *policy,
                           struct elf_plan *plan, struct elf_error *error)
{
    enum elf_code code;

    *plan = (struct elf_plan){.entry = image->entry};
    if (image->machine != policy->machine)
        return refuse(error, ELF_MACHINE, -1, image->machine, policy->machine);
    for (uint32_t i = 0; i < image->segment_count; i++) {
        code = elf_plan_add(plan, policy, image->size, &image->segments[i], error);
        if (code != ELF_OK)
            return code;
    }
    code = check_entry(image, policy, plan, error);
    if (code != ELF_OK || !image->has_tls)
        return code;
    plan->has_tls = 1;
    plan->tls = image->tls;
    return check_tls(&image->tls, policy, plan, error);
}
