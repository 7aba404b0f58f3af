/* SPDX-License-Identifier: BSD-2-Clause */
/* The manifest reader: what is read, and one exact error with its line for each bad input. */
/* sources: servers/init/manifest.c servers/init/manifest_check.c */
#include <string.h>
#include <anser/abi.h>
#include "servers/init/manifest.h"
#include "tap.h"

static struct manifest manifest;

/* The errors of the last parse. */
static struct {
    unsigned count;
    unsigned line;
    char what[256];
} errors;

static void note(void *context, unsigned line, const char *what)
{
    (void)context;
    if (errors.count++ == 0) {
        errors.line = line;
        snprintf(errors.what, sizeof(errors.what), "%s", what);
    }
}

static unsigned parse(const char *text)
{
    memset(&errors, 0, sizeof(errors));
    return manifest_parse(&manifest, text, strlen(text), note, NULL);
}

#define REST "run x\npriority 5\nmemory 64K\n"

static void test_complete(void)
{
    unsigned count = parse("# comment\n"
                           "service disk   # to the end of the line\n"
                           "\trun servers/disk --fast 7\n"
                           "  priority 20\r\n"
                           "memory 2M\n"
                           "restart on-failure\n"
                           "serve disk 4096 8\n"
                           "device blk virtio,mmio\n"
                           "system log info\n"
                           "console\n"
                           "publish disk/raw *\n"
                           "\n"
                           "service user\n"
                           "run servers/user\npriority 20\nmemory 12\nuse disk\nstdio disk\n"
                           "interactive\nprocesses\nlog\narchive\nlookup disk\n"
                           "program *\npriority 1\nmemory 1K");
    const struct manifest_entry *disk = &manifest.entries[0], *user = &manifest.entries[1];
    TEST(count == 0 && errors.count == 0, "a manifest with everything: %s", errors.what);
    TEST(manifest.count == 3, "three entries");
    TEST(disk->kind == MANIFEST_SERVICE && !strcmp(disk->name, "disk"), "the first is disk");
    TEST(!strcmp(disk->path, "servers/disk") && disk->arg_count == 2, "its program and arguments");
    TEST(!memcmp(disk->args,
                 "--fast\0"
                 "7",
                 9),
         "arguments one after the other");
    TEST(disk->priority == 20 && disk->memory_pages == 512, "priority and memory in MiB");
    TEST(disk->restart == RESTART_ON_FAILURE, "restart rule");
    TEST(disk->takes_console && !disk->interactive && user->interactive, "flags");
    const struct manifest_grant *serve = manifest_find(disk, GRANT_SERVE);
    TEST(serve && serve->element_size == 4096 && serve->capacity == 8, "channel sizes");
    const struct manifest_grant *device = manifest_find(disk, GRANT_DEVICE);
    TEST(device && !strcmp(device->name, "blk") && !strcmp(device->text, "virtio,mmio"), "device");
    const struct manifest_grant *system = manifest_find(disk, GRANT_SYSTEM);
    TEST(system && system->rights == (ANSER_RIGHT_SYS_LOG | ANSER_RIGHT_SYS_INFO), "rights");
    TEST(manifest_find(user, GRANT_ARCHIVE) && !manifest_find(disk, GRANT_ARCHIVE), "the archive");
    TEST(user->restart == RESTART_NEVER && user->memory_pages == 12, "defaults, memory in pages");
    TEST(manifest_server(&manifest, "disk", NULL) == disk, "who serves disk");
    TEST(!manifest_server(&manifest, "user", NULL), "nobody serves user");
    TEST(manifest_names(user, GRANT_LOOKUP, "disk"), "user may look disk up");
    TEST(manifest_allows(disk, GRANT_PUBLISH, "anything"), "disk may publish anything");
    TEST(!manifest_names(disk, GRANT_PUBLISH, "anything"), "but not by name");
    TEST(!manifest_allows(user, GRANT_PUBLISH, "anything"), "user may not");
    TEST(manifest.entries[2].memory_pages == 1, "memory is rounded up; no newline at the end");
}

static void test_memory_of_programs(void)
{
    TEST(parse("program *\npriority 1\nmemory 1M 2M\n") == 0, "memory between two bounds");
    TEST(manifest.entries[0].memory_pages == 256 && manifest.entries[0].memory_max_pages == 512,
         "both in pages");
    parse("program *\npriority 1\nmemory 3\n");
    TEST(manifest.entries[0].memory_max_pages == 3, "one bound is both");
}

static void test_restart_rules(void)
{
    TEST(parse("service a\n" REST "restart on-failure 3 in 60\nservice b\n" REST
               "restart always 32 in 86400\nservice c\n" REST "restart always\n") == 0,
         "restart rules with patience: %s", errors.what);
    TEST(manifest.entries[0].restart == RESTART_ON_FAILURE && manifest.entries[0].ends_max == 3 &&
             manifest.entries[0].ends_seconds == 60,
         "three ends in a minute");
    TEST(manifest.entries[1].restart == RESTART_ALWAYS && manifest.entries[1].ends_max == 32,
         "always, but not for ever");
    TEST(manifest.entries[2].ends_seconds == 0, "without a word: not counted");
}

static void test_needs(void)
{
    TEST(parse("service a\n" REST "needs b c\nservice b\n" REST "needs c\nservice c\n" REST) == 0,
         "needs that come to an end: %s", errors.what);
    TEST(manifest_names(&manifest.entries[0], GRANT_NEED, "c") &&
             !manifest_names(&manifest.entries[2], GRANT_NEED, "a"),
         "who needs whom");
    TEST(parse("service a\n" REST "needs b\nservice b\n" REST "needs c\nservice c\n" REST
               "needs b\nservice d\n" REST "needs d\nservice e\n" REST) == 4,
         "a circle of two, who needs it, and one alone: %u errors", errors.count);
    TEST(manifest.entries[0].broken && manifest.entries[1].broken && manifest.entries[2].broken &&
             manifest.entries[3].broken && !manifest.entries[4].broken,
         "all of them are broken, the others are not");
    parse("service a\nrun x\nbad\n" REST "service b\n" REST "needs a\nservice c\n" REST
          "needs b\n");
    TEST(manifest.entries[1].broken && manifest.entries[2].broken,
         "who needs a broken one is broken, and so is who needs him");
}

static void test_drivers(void)
{
    TEST(parse("driver disk\n" REST "device virtio virtio:2\nserve disk 64\n"
               "driver net\n" REST "device virtio virtio:1\nserve net 64\n"
               "service clock\n" REST "device rtc google,goldfish-rtc optional\nserve clock 64\n"
               "program *\npriority 1\nmemory 1M\nuse disk clock net7\nlookup net\n"
               "control clock\n") == 0,
         "drivers, and who uses them: %s", errors.what);
    const struct manifest_entry *disk = &manifest.entries[0], *clock = &manifest.entries[2];
    TEST(disk->kind == MANIFEST_DRIVER && !manifest_find(disk, GRANT_DEVICE)->optional, "a driver");
    TEST(manifest_find(clock, GRANT_DEVICE)->optional, "a device that may be missing");
    TEST(manifest_server(&manifest, "disk", NULL) == disk &&
             manifest_server(&manifest, "disk0", NULL) == disk &&
             manifest_server(&manifest, "disk7", NULL) == disk,
         "it serves its own name and those of its instances");
    TEST(!manifest_server(&manifest, "disk8", NULL) &&
             !manifest_server(&manifest, "disk00", NULL) &&
             !manifest_server(&manifest, "disk/", NULL) && !manifest_is_instance(clock, "clock0"),
         "and no other name; a service has no instances");
    TEST(manifest_names(&manifest.entries[3], GRANT_CONTROL, "clock") &&
             !manifest_names(&manifest.entries[3], GRANT_CONTROL, "disk"),
         "who has privileged sessions with whom");
}

static void test_programs(void)
{
    parse("program *\npriority 1\nmemory 1M\nprogram programs/big\npriority 2\nmemory 8M\n"
          "program programs/bad\npriority 2\n");
    TEST(manifest_program(&manifest, "programs/big") == &manifest.entries[1], "its own entry");
    TEST(manifest_program(&manifest, "programs/x") == &manifest.entries[0], "else that of *");
    TEST(manifest_program(&manifest, "programs/bad") == &manifest.entries[0],
         "a broken entry is not used");
    parse("program programs/big\npriority 2\nmemory 8M\n");
    TEST(!manifest_program(&manifest, "programs/x"), "no entry, no program");
}

/* One bad manifest: its first error, and where. */
struct bad {
    const char *text;
    unsigned line;
    const char *what;
};

#define LONG_NAME  "abcdefghijklmnopqrstuvwxyz012345"
#define LONG_PATH  LONG_NAME LONG_NAME
#define THIRTY_ONE "abcdefghijklmnopqrstuvwxyz01234"

static const struct bad bads[] = {
    {"run x\n", 1, "'run' stands before the first 'service', 'driver' or 'program'"},
    {"\n\nservice\n", 3, "write 'service NAME'"},
    {"service a b\n", 1, "write 'service NAME'"},
    {"service A!\n", 1, "'A!' is not a name (letters, digits, - _ . /)"},
    {"service *\n", 1, "'*' is not a name (letters, digits, - _ . /)"},
    {"service " LONG_NAME "\n", 1, "'" LONG_NAME "...' is longer than 31 bytes"},
    {"service a\n" REST "service a\n" REST, 5, "a second stanza for 'a'"},
    {"service a\npriority 5\nmemory 1M\n", 1, "service 'a' has no 'run'"},
    {"service a\nrun x\nmemory 1M\n", 1, "'a' has no 'priority'"},
    {"service a\nrun x\npriority 5\n", 1, "'a' has no 'memory'"},
    {"program *\npriority 5\n", 1, "'*' has no 'memory'"},
    {"service a\nrun\n", 2, "write 'run PATH [ARGUMENT...]'"},
    {"service a\nrun x\nrun y\n", 3, "a second 'run' for 'a'"},
    {"service a\nrun " LONG_PATH "\n", 2, "'" LONG_NAME "abcdefgh...' is longer than 63 bytes"},
    {"service a\nrun 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n", 2, "more than 14 words"},
    {"program *\nrun x\n", 2, "'run' is for services only"},
    {"program *\nrestart always\n", 2, "'restart' is for services only"},
    {"program *\nserve x 64\n", 2, "'serve' is for services only"},
    {"service a\npriority 32\n", 2, "'32' is not a number from 0 to 31"},
    {"service a\npriority -1\n", 2, "'-1' is not a number from 0 to 31"},
    {"service a\npriority 5x\n", 2, "'5x' is not a number from 0 to 31"},
    {"service a\npriority\n", 2, "write 'priority NUMBER'"},
    {"service a\npriority 1\npriority 1\n", 3, "a second 'priority' for 'a'"},
    {"service a\nmemory 0\n", 2, "'memory' must be from 1 page to 262144"},
    {"service a\nmemory K\n", 2, "'' is not a number from 0 to 262144"},
    {"service a\nmemory 1025M\n", 2, "'memory' must be from 1 page to 262144"},
    {"service a\nmemory 99999999999999999999999\n", 2,
     "'99999999999999999999999' is not a number from 0 to 262144"},
    {"service a\nmemory 1M\nmemory 1M\n", 3, "a second 'memory' for 'a'"},
    {"service a\nrestart sometimes\n", 2, "'restart sometimes' is not never, always or on-failure"},
    {"service a\nrestart never\nrestart never\n", 3, "a second 'restart' for 'a'"},
    {"service a\nrestart never 3 in 5\n", 2, "write 'restart always|on-failure ENDS in SECONDS'"},
    {"service a\nrestart always 3 per 5\n", 2, "write 'restart always|on-failure ENDS in SECONDS'"},
    {"service a\nrestart always 3\n", 2, "write 'restart always|on-failure ENDS in SECONDS'"},
    {"service a\nrestart always 33 in 5\n", 2, "'33' is not a number from 0 to 32"},
    {"service a\nrestart always 3 in 86401\n", 2, "'86401' is not a number from 0 to 86400"},
    {"service a\nrestart always 0 in 5\n", 2, "'restart' counts at least one end in one second"},
    {"service a\nmemory 1M 2M\n", 2, "a service has one size of memory, no range"},
    {"program *\nmemory 2M 1M\n", 2, "'memory' from 512 to 256 pages is no range"},
    {"program *\nneeds a\n", 2, "'needs' is for services only"},
    {"service a\n" REST "needs b\n", 5, "'a' needs 'b', which is no service"},
    {"service a\n" REST "needs a\n", 5, "'a' needs itself"},
    {"service a\n" REST "needs b\nservice b\n" REST "needs a\n", 5,
     "'a' needs 'b', which needs 'a' in turn"},
    {"service a\nsystem log everything\n", 2,
     "'everything' is no right of the system object (log info kill power device debug)"},
    {"service a\nsystem\n", 2, "write 'system RIGHT...'"},
    {"service a\n" REST "device d virtio,mmio\n", 5,
     "'a' has a device but no 'serve': its interrupt needs a channel"},
    {"service a\ndevice abcdefghijklmnopqrstuvwxyz1 c\n", 2,
     "device name 'abcdefghijklmnopqrstuvwxyz1' is too long"},
    {"service a\ndevice d\n", 2, "write 'device NAME COMPATIBLE [optional]'"},
    {"service a\ndevice d c option\n", 2, "'option' is not 'optional'"},
    {"service a\ndevice d virtio:0\n", 2, "virtio:0 means that nothing is plugged in"},
    {"service a\ndevice d virtio:256\n", 2, "'256' is not a number from 0 to 255"},
    {"service a\ndevice d virtio:two\n", 2, "'two' is not a number from 0 to 255"},
    {"driver a\npriority 5\nmemory 1M\n", 1, "service 'a' has no 'run'"},
    {"driver " THIRTY_ONE "\n", 1, "'" THIRTY_ONE "...' is longer than 30 bytes"},
    {"driver a\n" REST, 1, "driver 'a' has 0 'device' lines, not one"},
    {"driver a\n" REST "serve a 8\ndevice d c\ndevice e f\n", 1,
     "driver 'a' has 2 'device' lines, not one"},
    {"driver a\n" REST "serve a 8\ndevice d c optional\n", 1,
     "driver 'a' has 1 'device' lines, not one that is not optional"},
    {"driver a\n" REST "device d c\n", 5,
     "'a' has a device but no 'serve': its interrupt needs a channel"},
    {"driver a\n" REST "serve b 8\ndevice d c\n", 5, "driver 'a' serves 'b', not its own name"},
    {"driver a\n" REST "serve a 8\ndevice d c\nservice a\n" REST, 7, "a second stanza for 'a'"},
    {"driver a\n" REST "serve a 8\ndevice d c\nservice a7\n" REST, 7,
     "'a7' has the name of an instance of driver 'a'"},
    {"service b\n" REST "serve a0 8\ndriver a\n" REST "serve a 8\ndevice d c\n", 1,
     "'b' has the name of an instance of driver 'a'"},
    {"driver a\n" REST "serve a 8\ndevice d c\nservice b\n" REST "needs a\n", 11,
     "'b' needs 'a', which is no service"},
    {"driver low\nrun x\npriority 4\nmemory 1\nserve low 8\ndevice d c\nprogram *\npriority 6\n"
     "memory 1\nlookup low3\n",
     3, "priority 4 of 'low' is below 6 of its client '*'"},
    {"service a\n" REST "control b\n", 5, "'a' uses 'b', which no service serves"},
    {"service a\nserve x 4097\n", 2, "'4097' is not a number from 0 to 4096"},
    {"service a\nserve x 4096 4096\n", 2, "a channel's buffer is at most 1048576 bytes"},
    {"service a\nserve x 8\nserve y 8\n", 3, "a second 'serve' for 'a'"},
    {"service a\nserve * 8\n", 2, "'*' is not a name (letters, digits, - _ . /)"},
    {"service a\nuse *\n", 2, "'*' is not a name (letters, digits, - _ . /)"},
    {"service a\nfrobnicate\n", 2, "unknown word 'frobnicate'"},
    {"service a\nprocesses now\n", 2, "write 'processes'"},
    {"service a\nrun x\001y\n", 2, "byte 0x01 is not text"},
    {"service a\nrun x\xff\n", 2, "byte 0xff is not text"},
    {"service a\n" REST "use b\n", 5, "'a' uses 'b', which no service serves"},
    {"service a\n" REST "stdio b\n", 5, "'a' uses 'b', which no service serves"},
    {"service a\n" REST "serve n 8\nservice b\n" REST "serve n 8\n", 10,
     "'n' is already served by 'a'"},
    {"service low\nrun x\npriority 4\nmemory 1\nserve n 8\nservice high\n" REST "use n\n", 3,
     "priority 4 of 'low' is below 5 of its client 'high'"},
    {"service low\nrun x\npriority 4\nmemory 1\nserve n 8\nprogram *\npriority 6\nmemory 1\n"
     "lookup n\n",
     3, "priority 4 of 'low' is below 6 of its client '*'"},
};

static void test_bad(void)
{
    for (unsigned i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
        const struct bad *bad = &bads[i];
        unsigned count = parse(bad->text);
        TEST(count > 0 && count == errors.count && errors.line == bad->line &&
                 strcmp(errors.what, bad->what) == 0,
             "%u: %s (got %u: %s)", bad->line, bad->what, errors.line, errors.what);
    }
}

static void test_rest_starts(void)
{
    parse("service a\nrun x\nfrobnicate\n" REST "service b\n" REST "service " LONG_NAME "\n" REST
          "service c\n" REST "serve n 8\n");
    TEST(manifest.count == 3 && manifest.entries[0].broken, "the stanza with the error is broken");
    TEST(!manifest.entries[1].broken && !manifest.entries[2].broken, "the others are not");
    TEST(errors.count > 0 && manifest_server(&manifest, "n", NULL), "and c serves n");
    parse("service a\nrun x\nbad\nserve n 8\nservice b\n" REST "use n\nserve m 8\nservice c\n" REST
          "use m\nservice d\n" REST);
    TEST(manifest.entries[1].broken && manifest.entries[2].broken,
         "who uses a broken one is broken, and so is his user");
    TEST(!manifest.entries[3].broken, "who does not, is not");
    TEST(!manifest_server(&manifest, "n", NULL), "a broken service serves nothing");
}

static void test_limits(void)
{
    static char text[64 * 1024];
    size_t at = 0;
    for (int i = 0; i <= MANIFEST_ENTRIES_MAX; i++)
        at += (size_t)sprintf(text + at, "service s%d\n" REST, i);
    TEST(parse(text) == 1 && !strcmp(errors.what, "more than 48 stanzas") &&
             errors.line == 4 * MANIFEST_ENTRIES_MAX + 1,
         "one stanza too many: %s", errors.what);
    TEST(manifest.count == MANIFEST_ENTRIES_MAX, "the others are there");
    at = (size_t)sprintf(text, "service a\n" REST);
    for (int i = 0; i <= MANIFEST_GRANTS_MAX; i++)
        at += (size_t)sprintf(text + at, "publish n%d\n", i);
    TEST(parse(text) == 1 && !strcmp(errors.what, "more than 32 handles and rights for 'a'"),
         "one grant too many: %s", errors.what);
    memset(text, 'x', MANIFEST_LINE_MAX);
    text[MANIFEST_LINE_MAX] = 0;
    TEST(parse(text) == 1 && !strcmp(errors.what, "a line of 512 bytes, at most 511"),
         "a line too long: %s", errors.what);
    TEST(parse("") == 0 && manifest.count == 0, "an empty manifest is one");
}

int main(void)
{
    test_complete();
    test_memory_of_programs();
    test_restart_rules();
    test_needs();
    test_drivers();
    test_programs();
    test_bad();
    test_rest_starts();
    test_limits();
    return tap_done();
}
