/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reader of the manifest. A line is a list of words; the first word picks a row of a table. A line
 * with an error spoils the entry that it stands in and nothing else, so that one bad stanza does
 * not cost the machine its console.
 */
#include "manifest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <anser/abi.h>

#define MANIFEST_VIRTIO_MAX 255 /* of a DeviceID; virtio 1.2 has none beyond 42 */

struct parser {
    struct manifest *manifest;
    struct manifest_entry *entry; /* the stanza that is being read, or NULL */
    bool skipping;                /* inside a stanza whose head was refused */
    manifest_report *report;
    void *context;
    unsigned line;
    unsigned errors;
    char buffer[MANIFEST_LINE_MAX];
    char *words[MANIFEST_WORDS_MAX];
    unsigned word_count;
};

struct directive {
    const char *word;
    unsigned arguments_min, arguments_max;
    void (*read)(struct parser *parser);
    bool service_only;
    const char *form; /* for the error message */
};

__attribute__((format(printf, 3, 4))) static void fail_at(struct parser *parser, unsigned line,
                                                          const char *format, ...)
{
    char what[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    parser->errors++;
    if (parser->entry)
        parser->entry->broken = true;
    parser->report(parser->context, line, what);
}

#define FAIL(parser, ...) fail_at(parser, (parser)->line, __VA_ARGS__)

/* Copies a word into a field of `size` bytes; an over-long one is an error, not cut. */
static bool take_text(struct parser *parser, char *field, size_t size, const char *word)
{
    size_t length = strlen(word);
    if (length >= size) {
        FAIL(parser, "'%.40s...' is longer than %zu bytes", word, size - 1);
        return false;
    }
    memcpy(field, word, length + 1);
    return true;
}

/* Reads a decimal number of at most `max`. */
static bool take_number(struct parser *parser, const char *word, uint64_t max, uint64_t *number)
{
    uint64_t value = 0;
    const char *at = word;
    for (; *at >= '0' && *at <= '9' && value <= max; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    if (at == word || *at || value > max) {
        FAIL(parser, "'%.40s' is not a number from 0 to %llu", word, (unsigned long long)max);
        return false;
    }
    *number = value;
    return true;
}

/* A name that can be published: letters, digits and - _ . / */
static bool name_is_valid(const char *name)
{
    for (const char *at = name; *at; at++) {
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
        if (!letter && !(*at >= '0' && *at <= '9') && !strchr("-_./", *at))
            return false;
    }
    return *name;
}

static struct manifest_grant *add_grant(struct parser *parser, enum manifest_grant_kind kind)
{
    struct manifest_entry *entry = parser->entry;
    if (entry->grant_count == MANIFEST_GRANTS_MAX) {
        FAIL(parser, "more than %d handles and rights for '%s'", MANIFEST_GRANTS_MAX, entry->name);
        return NULL;
    }
    struct manifest_grant *grant = &entry->grants[entry->grant_count++];
    grant->kind = kind;
    grant->line = parser->line;
    return grant;
}

static struct manifest_grant *add_named_grant(struct parser *parser, enum manifest_grant_kind kind,
                                              const char *name, bool wildcard)
{
    if (!name_is_valid(name) && !(wildcard && strcmp(name, "*") == 0)) {
        FAIL(parser, "'%.40s' is not a name (letters, digits, - _ . /)", name);
        return NULL;
    }
    struct manifest_grant *grant = add_grant(parser, kind);
    if (grant && !take_text(parser, grant->name, sizeof grant->name, name))
        return NULL;
    return grant;
}

/* ---- Directives. ----------------------------------------------------------------------------- */

static void read_run(struct parser *parser)
{
    struct manifest_entry *entry = parser->entry;
    if (entry->path[0]) {
        FAIL(parser, "a second 'run' for '%s'", entry->name);
        return;
    }
    if (!take_text(parser, entry->path, sizeof entry->path, parser->words[1]))
        return;
    size_t used = 0;
    for (unsigned i = 2; i < parser->word_count; i++) {
        if (!take_text(parser, entry->args + used, sizeof entry->args - used, parser->words[i]))
            return;
        used += strlen(parser->words[i]) + 1;
        entry->arg_count++;
    }
}

static void read_priority(struct parser *parser)
{
    uint64_t number;
    if (parser->entry->priority_line)
        FAIL(parser, "a second 'priority' for '%s'", parser->entry->name);
    else if (take_number(parser, parser->words[1], ANSER_PRIORITIES - 1, &number))
        parser->entry->priority = (unsigned)number;
    parser->entry->priority_line = parser->line;
}

/* N pages, N K(iB) or N M(iB); never nothing, never more than a gigabyte. */
static bool take_memory(struct parser *parser, char *word, uint64_t *pages)
{
    size_t length = strlen(word);
    char unit = length ? word[length - 1] : 0;
    uint64_t number, unit_bytes = unit == 'K' ? 1024 : unit == 'M' ? 1024 * 1024 : 4096;
    if (unit == 'K' || unit == 'M')
        word[length - 1] = 0;
    if (!take_number(parser, word, ANSER_PAGES_MAX, &number))
        return false;
    *pages = (number * unit_bytes + ANSER_PAGE_SIZE - 1) / ANSER_PAGE_SIZE;
    if (*pages != 0 && *pages <= ANSER_PAGES_MAX)
        return true;
    FAIL(parser, "'memory' must be from 1 page to %u", ANSER_PAGES_MAX);
    return false;
}

/* A service has what it has; a program may be given a share of what is free, within bounds. */
static void read_memory(struct parser *parser)
{
    struct manifest_entry *entry = parser->entry;
    uint64_t least, most;
    if (entry->memory_pages) {
        FAIL(parser, "a second 'memory' for '%s'", entry->name);
        return;
    }
    if (!take_memory(parser, parser->words[1], &least))
        return;
    most = least;
    if (parser->word_count > 2) {
        if (entry->kind != MANIFEST_PROGRAM)
            FAIL(parser, "a service has one size of memory, no range");
        if (!take_memory(parser, parser->words[2], &most))
            return;
        if (most < least)
            FAIL(parser, "'memory' from %llu to %llu pages is no range", (unsigned long long)least,
                 (unsigned long long)most);
    }
    entry->memory_pages = least;
    entry->memory_max_pages = most;
}

/* N in T: so many ends in so many seconds, then it is given up. */
static void read_patience(struct parser *parser)
{
    struct manifest_entry *entry = parser->entry;
    uint64_t ends, seconds;
    if (parser->word_count != 5 || strcmp(parser->words[3], "in") != 0 ||
        entry->restart == RESTART_NEVER) {
        FAIL(parser, "write 'restart always|on-failure ENDS in SECONDS'");
        return;
    }
    if (!take_number(parser, parser->words[2], MANIFEST_ENDS_MAX, &ends) ||
        !take_number(parser, parser->words[4], MANIFEST_SECONDS_MAX, &seconds))
        return;
    if (ends == 0 || seconds == 0)
        FAIL(parser, "'restart' counts at least one end in one second");
    entry->ends_max = (unsigned)ends;
    entry->ends_seconds = (unsigned)seconds;
}

static void read_restart(struct parser *parser)
{
    static const char *const rules[] = {"never", "always", "on-failure"};
    struct manifest_entry *entry = parser->entry;
    if (entry->restart_said)
        FAIL(parser, "a second 'restart' for '%s'", entry->name);
    entry->restart_said = true;
    for (unsigned i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (strcmp(parser->words[1], rules[i]) != 0)
            continue;
        entry->restart = (enum manifest_restart)i;
        if (parser->word_count > 2)
            read_patience(parser);
        return;
    }
    FAIL(parser, "'restart %.40s' is not never, always or on-failure", parser->words[1]);
}

static uint32_t system_right(const char *word)
{
    static const struct {
        const char *word;
        uint32_t right;
    } rights[] = {
        {"log", ANSER_RIGHT_SYS_LOG},       {"info", ANSER_RIGHT_SYS_INFO},
        {"kill", ANSER_RIGHT_SYS_KILL},     {"power", ANSER_RIGHT_SYS_POWER},
        {"device", ANSER_RIGHT_SYS_DEVICE}, {"debug", ANSER_RIGHT_SYS_DEBUG},
    };
    for (unsigned i = 0; i < sizeof rights / sizeof rights[0]; i++)
        if (strcmp(word, rights[i].word) == 0)
            return rights[i].right;
    return 0;
}

static void read_system(struct parser *parser)
{
    struct manifest_grant *grant = add_grant(parser, GRANT_SYSTEM);
    for (unsigned i = 1; grant && i < parser->word_count; i++) {
        uint32_t right = system_right(parser->words[i]);
        if (!right)
            FAIL(parser,
                 "'%.40s' is no right of the system object "
                 "(log info kill power device debug)",
                 parser->words[i]);
        grant->rights |= right;
    }
}

static void read_device(struct parser *parser)
{
    const size_t prefix = sizeof MANIFEST_VIRTIO - 1;
    const char *wanted = parser->words[2];
    uint64_t id;
    struct manifest_grant *grant = add_named_grant(parser, GRANT_DEVICE, parser->words[1], false);
    if (!grant || !take_text(parser, grant->text, sizeof grant->text, wanted))
        return;
    /* "name.mmio" has to fit as the name of a handle. */
    if (strlen(grant->name) + sizeof ".mmio" > ANSER_NAME_MAX)
        FAIL(parser, "device name '%s' is too long", grant->name);
    if (strncmp(wanted, MANIFEST_VIRTIO, prefix) == 0 &&
        take_number(parser, wanted + prefix, MANIFEST_VIRTIO_MAX, &id) && id == 0)
        FAIL(parser, "virtio:0 means that nothing is plugged in");
    grant->optional = parser->word_count > 3 && strcmp(parser->words[3], "optional") == 0;
    if (parser->word_count > 3 && !grant->optional)
        FAIL(parser, "'%.40s' is not 'optional'", parser->words[3]);
}

static void read_serve(struct parser *parser)
{
    uint64_t element = 0, capacity = 0;
    if (manifest_find(parser->entry, GRANT_SERVE)) {
        FAIL(parser, "a second 'serve' for '%s'", parser->entry->name);
        return;
    }
    struct manifest_grant *grant = add_named_grant(parser, GRANT_SERVE, parser->words[1], false);
    if (!grant || !take_number(parser, parser->words[2], ANSER_ELEMENT_MAX, &element))
        return;
    if (parser->word_count > 3 && !take_number(parser, parser->words[3], 4096, &capacity))
        return;
    if (element * capacity > ANSER_CHAN_BUFFER_MAX)
        FAIL(parser, "a channel's buffer is at most %u bytes", ANSER_CHAN_BUFFER_MAX);
    grant->element_size = (uint32_t)element;
    grant->capacity = (uint32_t)capacity;
}

static void read_names(struct parser *parser, enum manifest_grant_kind kind, bool wildcard)
{
    for (unsigned i = 1; i < parser->word_count; i++)
        if (!add_named_grant(parser, kind, parser->words[i], wildcard))
            return;
}

static void read_use(struct parser *parser)
{
    read_names(parser, GRANT_USE, false);
}

static void read_needs(struct parser *parser)
{
    read_names(parser, GRANT_NEED, false);
}

static void read_publish(struct parser *parser)
{
    read_names(parser, GRANT_PUBLISH, true);
}

static void read_lookup(struct parser *parser)
{
    read_names(parser, GRANT_LOOKUP, true);
}

static void read_control(struct parser *parser)
{
    read_names(parser, GRANT_CONTROL, false);
}

static void read_stdio(struct parser *parser)
{
    add_named_grant(parser, GRANT_STDIO, parser->words[1], false);
}

static void read_log(struct parser *parser)
{
    add_grant(parser, GRANT_LOG);
}

static void read_archive(struct parser *parser)
{
    add_grant(parser, GRANT_ARCHIVE);
}

static void read_processes(struct parser *parser)
{
    add_grant(parser, GRANT_PROCESSES);
}

static void read_seed(struct parser *parser)
{
    add_grant(parser, GRANT_SEED);
}

static void read_console(struct parser *parser)
{
    parser->entry->takes_console = true;
}

static void read_interactive(struct parser *parser)
{
    parser->entry->interactive = true;
}

static const struct directive directives[] = {
    {"run", 1, 1 + MANIFEST_ARGS_MAX, read_run, true, "run PATH [ARGUMENT...]"},
    {"priority", 1, 1, read_priority, false, "priority NUMBER"},
    {"memory", 1, 2, read_memory, false, "memory PAGES|NK|NM [MOST]"},
    {"restart", 1, 4, read_restart, true, "restart never|always|on-failure [ENDS in SECONDS]"},
    {"needs", 1, MANIFEST_ARGS_MAX, read_needs, true, "needs SERVICE..."},
    {"system", 1, 6, read_system, false, "system RIGHT..."},
    {"device", 2, 3, read_device, true, "device NAME COMPATIBLE [optional]"},
    {"serve", 2, 3, read_serve, true, "serve NAME ELEMENT-BYTES [CAPACITY]"},
    {"use", 1, MANIFEST_ARGS_MAX, read_use, false, "use NAME..."},
    {"control", 1, MANIFEST_ARGS_MAX, read_control, false, "control NAME..."},
    {"publish", 1, MANIFEST_ARGS_MAX, read_publish, false, "publish NAME...|*"},
    {"lookup", 1, MANIFEST_ARGS_MAX, read_lookup, false, "lookup NAME...|*"},
    {"processes", 0, 0, read_processes, false, "processes"},
    {"stdio", 1, 1, read_stdio, true, "stdio NAME"},
    {"log", 0, 0, read_log, false, "log"},
    {"archive", 0, 0, read_archive, true, "archive"},
    {"seed", 0, 0, read_seed, true, "seed"},
    {"console", 0, 0, read_console, true, "console"},
    {"interactive", 0, 0, read_interactive, true, "interactive"},
};

/* ---- Stanzas and lines. ---------------------------------------------------------------------- */

/* What only shows once an entry is complete. */
static void finish_entry(struct parser *parser)
{
    struct manifest_entry *entry = parser->entry;
    if (!entry)
        return;
    if (!entry->path[0])
        fail_at(parser, entry->line, "service '%s' has no 'run'", entry->name);
    if (!entry->priority_line)
        fail_at(parser, entry->line, "'%s' has no 'priority'", entry->name);
    if (!entry->memory_pages && !entry->broken)
        fail_at(parser, entry->line, "'%s' has no 'memory'", entry->name);
    const struct manifest_grant *device = manifest_find(entry, GRANT_DEVICE);
    if (device && !manifest_find(entry, GRANT_SERVE))
        fail_at(parser, device->line,
                "'%s' has a device but no 'serve': its interrupt needs a "
                "channel",
                entry->name);
    parser->entry = NULL;
}

/* Programs have names of their own; drivers and services share theirs. */
static bool entry_exists(const struct manifest *manifest, enum manifest_kind kind, const char *name)
{
    for (unsigned i = 0; i < manifest->count; i++) {
        const struct manifest_entry *entry = &manifest->entries[i];
        if ((entry->kind == MANIFEST_PROGRAM) == (kind == MANIFEST_PROGRAM) &&
            strcmp(entry->name, name) == 0)
            return true;
    }
    return false;
}

/* Whether a stanza with this head may begin; the error, if not, spoils no entry. */
static bool head_is_valid(struct parser *parser, enum manifest_kind kind, const char *name)
{
    bool wildcard = kind == MANIFEST_PROGRAM && strcmp(name, "*") == 0;
    /* Behind a driver's name comes a digit. */
    size_t room = kind == MANIFEST_PROGRAM  ? MANIFEST_PATH_MAX
                  : kind == MANIFEST_DRIVER ? MANIFEST_NAME_MAX - 1
                                            : MANIFEST_NAME_MAX;
    if (!wildcard && !name_is_valid(name))
        FAIL(parser, "'%.40s' is not a name (letters, digits, - _ . /)", name);
    else if (strlen(name) >= room)
        FAIL(parser, "'%.40s...' is longer than %zu bytes", name, room - 1);
    else if (entry_exists(parser->manifest, kind, name))
        FAIL(parser, "a second stanza for '%s'", name);
    else if (parser->manifest->count == MANIFEST_ENTRIES_MAX)
        FAIL(parser, "more than %d stanzas", MANIFEST_ENTRIES_MAX);
    else
        return true;
    return false;
}

static void begin_entry(struct parser *parser, enum manifest_kind kind)
{
    finish_entry(parser);
    parser->skipping = true;
    if (parser->word_count != 2) {
        FAIL(parser, "write '%s NAME'", parser->words[0]);
        return;
    }
    if (!head_is_valid(parser, kind, parser->words[1]))
        return;
    struct manifest_entry *entry = &parser->manifest->entries[parser->manifest->count++];
    parser->entry = entry;
    parser->skipping = false;
    entry->kind = kind;
    entry->line = parser->line;
    strcpy(entry->name, parser->words[1]);
    if (kind == MANIFEST_PROGRAM)
        strcpy(entry->path, parser->words[1]);
}

static void read_directive(struct parser *parser)
{
    const char *word = parser->words[0];
    unsigned arguments = parser->word_count - 1;
    for (unsigned i = 0; i < sizeof directives / sizeof directives[0]; i++) {
        const struct directive *row = &directives[i];
        if (strcmp(word, row->word) != 0)
            continue;
        if (row->service_only && parser->entry->kind == MANIFEST_PROGRAM)
            FAIL(parser, "'%s' is for services only", word);
        else if (arguments < row->arguments_min || arguments > row->arguments_max)
            FAIL(parser, "write '%s'", row->form);
        else
            row->read(parser);
        return;
    }
    FAIL(parser, "unknown word '%.40s'", word);
}

/* Cuts the buffer into words; a word that begins with # ends the line. */
static bool split_words(struct parser *parser)
{
    parser->word_count = 0;
    for (char *at = parser->buffer;;) {
        at += strspn(at, " \t\r");
        if (!*at || *at == '#')
            return true;
        if (parser->word_count == MANIFEST_WORDS_MAX) {
            FAIL(parser, "more than %d words", MANIFEST_WORDS_MAX);
            return false;
        }
        parser->words[parser->word_count++] = at;
        at += strcspn(at, " \t\r");
        if (*at)
            *at++ = 0;
    }
}

/* Brings one line into the buffer. Only printable ASCII and tabs are text. */
static bool take_line(struct parser *parser, const char *text, size_t length)
{
    if (length >= sizeof parser->buffer) {
        FAIL(parser, "a line of %zu bytes, at most %zu", length, sizeof parser->buffer - 1);
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte != '\t' && byte != '\r' && (byte < ' ' || byte > '~')) {
            FAIL(parser, "byte 0x%02x is not text", byte);
            return false;
        }
    }
    memcpy(parser->buffer, text, length);
    parser->buffer[length] = 0;
    return true;
}

static void read_line(struct parser *parser, const char *text, size_t length)
{
    if (!take_line(parser, text, length) || !split_words(parser) || parser->word_count == 0)
        return;
    if (strcmp(parser->words[0], "service") == 0)
        begin_entry(parser, MANIFEST_SERVICE);
    else if (strcmp(parser->words[0], "driver") == 0)
        begin_entry(parser, MANIFEST_DRIVER);
    else if (strcmp(parser->words[0], "program") == 0)
        begin_entry(parser, MANIFEST_PROGRAM);
    else if (parser->entry)
        read_directive(parser);
    else if (!parser->skipping)
        FAIL(parser, "'%.40s' stands before the first 'service', 'driver' or 'program'",
             parser->words[0]);
}

unsigned manifest_parse(struct manifest *manifest, const char *text, size_t length,
                        manifest_report *report, void *context)
{
    struct parser parser = {.manifest = manifest, .report = report, .context = context};
    memset(manifest, 0, sizeof *manifest);
    for (size_t at = 0; at < length; at++) {
        const char *line = text + at;
        const char *end = memchr(line, '\n', length - at);
        size_t line_length = end ? (size_t)(end - line) : length - at;
        parser.line++;
        read_line(&parser, line, line_length);
        at += line_length;
    }
    finish_entry(&parser);
    return parser.errors + manifest_check(manifest, report, context);
}
