/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that show what is there: processes, memory, channels, services. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <anser/names.h>
#include "lib/clock.h"
#include "lib/names.h"
#include "lib/syscall.h"
#include "init_client.h"
#include "shell.h"

#define THREADS_MAX 512 /* that one list shows */

static struct anser_thread_info threads[THREADS_MAX];
static unsigned thread_count;

static bool next_info(uint64_t kind, uint64_t *index, void *info, size_t size)
{
    struct sys_result result = sys_system_info(shell.system, kind, *index, info, size);
    *index = result.value;
    return result.status > 0;
}

static bool next_process(uint64_t *index, struct anser_process_info *process)
{
    memset(process, 0, sizeof(*process));
    return next_info(ANSER_INFO_PROCESS, index, process, sizeof(*process));
}

/* Threads come and go while the list is made; each line is true of its moment. */
static void read_threads(void)
{
    uint64_t index = 0;
    thread_count = 0;
    while (thread_count < THREADS_MAX &&
           next_info(ANSER_INFO_THREAD, &index, &threads[thread_count], sizeof(threads[0])))
        thread_count++;
}

static const struct anser_thread_info *find_thread(uint64_t id)
{
    for (unsigned i = 0; i < thread_count; i++)
        if (threads[i].id == id)
            return &threads[i];
    return NULL;
}

static bool find_process(uint64_t id, struct anser_process_info *process)
{
    uint64_t index = id;
    return next_process(&index, process) && process->id == id;
}

/* The name that the channel is published under, or "". */
static void name_of_channel(uint64_t object, char name[static NAMES_NAME_MAX])
{
    struct names_answer answer = {.next = 0};
    name[0] = 0;
    while (names_list(answer.next, &answer) == 1)
        if (answer.object == object)
            memcpy(name, answer.name, NAMES_NAME_MAX);
}

/* ---- ps. ------------------------------------------------------------------------------------- */

static const char *state_name(uint64_t state)
{
    static const char *const names[] = {
        [ANSER_STATE_READY] = "ready",   [ANSER_STATE_RUNNING] = "running",
        [ANSER_STATE_SENDING] = "send",  [ANSER_STATE_RECEIVING] = "receive",
        [ANSER_STATE_CALLING] = "call",  [ANSER_STATE_WORD] = "word",
        [ANSER_STATE_SIGNAL] = "signal", [ANSER_STATE_FAULTED] = "faulted",
        [ANSER_STATE_DYING] = "dying",   [ANSER_STATE_SELECTING] = "select",
    };
    return state < sizeof(names) / sizeof(names[0]) ? names[state] : "?";
}

static void print_wait(const struct anser_thread_info *thread)
{
    char name[NAMES_NAME_MAX];
    struct anser_process_info process;
    const struct anser_thread_info *server = find_thread(thread->wait_thread);
    if (thread->wait_thread) {
        bool known = server && find_process(server->process, &process);
        printf("answer of %s (thread %" PRIu64 ")", known ? process.name : "?",
               thread->wait_thread);
    } else if (thread->state == ANSER_STATE_WORD) {
        printf("word at 0x%" PRIx64, thread->wait_object);
    } else if (thread->wait_object) {
        name_of_channel(thread->wait_object, name);
        printf("channel %" PRIu64 "%s%s", thread->wait_object, *name ? " " : "", name);
    }
}

static void print_milliseconds(uint64_t ticks)
{
    uint64_t milliseconds = clock_nanoseconds(ticks) / 1000000;
    printf(" %5" PRIu64 ".%03" PRIu64, milliseconds / 1000, milliseconds % 1000);
}

static void print_process(const struct anser_process_info *process)
{
    printf("%5" PRIu64 "       %-18s", process->id, process->name);
    print_milliseconds(process->cpu_ticks);
    printf(" %6" PRIu64 "\n", process->pages_used);
    for (unsigned i = 0; i < thread_count; i++) {
        const struct anser_thread_info *thread = &threads[i];
        if (thread->process != process->id)
            continue;
        printf("      %5" PRIu64 "   %-8s pri %2" PRIu64, thread->id, state_name(thread->state),
               thread->priority);
        print_milliseconds(thread->cpu_ticks);
        printf("         ");
        print_wait(thread);
        printf("\n");
    }
}

void command_processes(unsigned count, char **words)
{
    (void)count;
    (void)words;
    struct anser_process_info process;
    uint64_t index = 0;
    read_threads();
    printf("  PID  THR  NAME, STATE           CPU s   PAGES  WAITS FOR\n");
    while (next_process(&index, &process))
        print_process(&process);
}

/* ---- mem. ------------------------------------------------------------------------------------ */

static void print_pages(const char *what, uint64_t pages)
{
    printf("%-34s %8" PRIu64 " %9" PRIu64 " KiB\n", what, pages, pages * (ANSER_PAGE_SIZE / 1024));
}

static void print_system(const struct anser_system_info *info, uint64_t in_processes)
{
    uint64_t known = info->frames_free + info->frames_image + info->frames_meta +
                     info->frames_boot + info->frames_reserved + in_processes;
    print_pages("kernel image", info->frames_image);
    print_pages("frame table", info->frames_meta);
    print_pages("kernel, for nobody in particular",
                info->frames_total > known ? info->frames_total - known : 0);
    print_pages("boot archive and device tree", info->frames_boot);
    print_pages("firmware", info->frames_reserved);
    print_pages("free", info->frames_free);
    print_pages("all", info->frames_total);
    printf("of these: kernel objects %" PRIu64 " pages, page tables %" PRIu64 "; %" PRIu64
           " objects, %" PRIu64 " handles, %" PRIu64 " threads, %" PRIu64 " harts\n",
           info->frames_slab, info->frames_tables, info->kernel_objects, info->handles,
           info->threads, info->harts);
}

void command_memory(unsigned count, char **words)
{
    (void)count;
    (void)words;
    struct anser_system_info info = {0};
    struct anser_process_info process;
    uint64_t index = 0, in_processes = 0;
    printf("WHO                                   PAGES\n");
    while (next_process(&index, &process)) {
        char what[64];
        in_processes += process.pages_used;
        snprintf(what, sizeof(what), "%s (%" PRIu64 ")", process.name, process.id);
        print_pages(what, process.pages_used);
    }
    index = 0;
    if (next_info(ANSER_INFO_SYSTEM, &index, &info, sizeof(info)))
        print_system(&info, in_processes);
}

/* ---- chan, services. ------------------------------------------------------------------------- */

static void print_channel(const struct names_answer *channel)
{
    struct anser_process_info process;
    printf("%-24s %7" PRIu64 "  %s\n", channel->name, channel->object,
           find_process(channel->publisher, &process) ? process.name : "nobody serves it");
    for (unsigned i = 0; i < thread_count; i++)
        if (threads[i].wait_object == channel->object && threads[i].state != ANSER_STATE_WORD)
            printf("    thread %" PRIu64 " of %s waits: %s\n", threads[i].id,
                   find_process(threads[i].process, &process) ? process.name : "?",
                   state_name(threads[i].state));
}

void command_channels(unsigned count, char **words)
{
    (void)count;
    (void)words;
    struct names_answer channel = {.next = 0};
    int status;
    read_threads();
    printf("NAME                     CHANNEL  PUBLISHED BY\n");
    while ((status = names_list(channel.next, &channel)) == 1)
        print_channel(&channel);
    if (status < 0)
        say_error("chan", "names", status);
}

/* What the state alone does not say: what it needs and waits for, how it ended. */
static void print_service_details(const struct init_service *service)
{
    if (service->needs[0])
        printf("    needs %s\n", service->needs);
    if (service->waits_for[0])
        printf("    waits for %s\n", service->waits_for);
    if (service->end[0])
        printf("    last: %s\n", service->end);
}

void command_services(unsigned count, char **words)
{
    (void)count;
    (void)words;
    static const char *const states[] = {
        [INIT_STATE_RUNNING] = "running",
        [INIT_STATE_STOPPED] = "stopped",
        [INIT_STATE_WAITING] = "to be restarted",
        [INIT_STATE_FAILED] = "failed",
        [INIT_STATE_HELD] = "held",
    };
    struct init_service service = {.next = 0};
    int64_t status;
    printf("NAME                PID RESTARTS  STATE\n");
    while ((status = init_next_service(service.next, &service)) == 1) {
        printf("%-16s %6" PRIu64 " %8" PRIu64 "  %s\n", service.name, service.process,
               service.restarts, service.state <= INIT_STATE_HELD ? states[service.state] : "?");
        print_service_details(&service);
    }
    if (status < 0)
        say_error("services", "init", status);
}

void command_devices(unsigned count, char **words)
{
    (void)count;
    (void)words;
    struct init_device device = {.next = 0};
    int64_t status;
    printf("ADDRESS       IRQ  KIND                      DRIVER\n");
    while ((status = init_next_device(device.next, &device)) == 1) {
        char kind[64];
        snprintf(kind, sizeof(kind), device.virtio ? "%s (%" PRIu64 ")%s" : "%s", device.kind,
                 device.virtio, device.version == 1 ? ", legacy" : "");
        printf("0x%08" PRIx64 " %6" PRIu64 "  %-25s %s\n", device.address, device.irq, kind,
               device.driver[0] ? device.driver : "-");
        if (device.wrong[0])
            printf("    %s\n", device.wrong);
    }
    if (status < 0)
        say_error("devices", "init", status);
}
