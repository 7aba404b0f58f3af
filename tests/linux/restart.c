/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open files outlive the file server: this program kills it (by native calls, for it is started
 * with the right to) again and again, while it reads, lists, opens and maps, and never sees an
 * error.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define KILLS    6 /* the pauses before restarts double */
#define READERS  4
#define AT_START 0x414e0001

/* As <anser/abi.h> has them. */
enum { PROCESS_KILL = -65, SYSTEM_INFO = -101, PROCESS_FIND = -104, HANDLE_CLOSE = -32 };
#define INFO_PROCESS 2

struct start {
    uint64_t count;
    struct {
        char name[32];
        int64_t handle;
    } handles[];
};

struct process_info {
    uint64_t id;
    char name[32];
    uint64_t others[6];
};

static int failures, reads, stop;

static long native(long number, long a, long b, long c, long d, long e, long *value)
{
    register long a0 asm("a0") = a, a1 asm("a1") = b, a2 asm("a2") = c, a3 asm("a3") = d;
    register long a4 asm("a4") = e, a7 asm("a7") = number;
    asm volatile("ecall"
                 : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a7)
                 :
                 : "a5", "a6", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "memory");
    if (value != NULL)
        *value = a1;
    return a0;
}

static void require(int holds, const char *what)
{
    if (holds)
        return;
    __atomic_add_fetch(&failures, 1, __ATOMIC_SEQ_CST);
    perror(what);
}

static long start_handle(const char *name)
{
    const struct start *start = (const struct start *)getauxval(AT_START);
    for (uint64_t i = 0; start != NULL && i < start->count; i++)
        if (strcmp(start->handles[i].name, name) == 0)
            return start->handles[i].handle;
    return 0;
}

/* Kills the process of this name; waits until there is one. */
static void kill_process(long system, const char *name)
{
    struct process_info info;
    for (int attempt = 0; attempt < 1000; attempt++) {
        for (long id = 0, next;
             native(SYSTEM_INFO, system, INFO_PROCESS, id, (long)&info, sizeof(info), &next) > 0;
             id = next) {
            if (strcmp(info.name, name) != 0)
                continue;
            long process = native(PROCESS_FIND, system, (long)info.id, 0, 0, 0, NULL);
            require(native(PROCESS_KILL, process, 1, 0, 0, 0, NULL) == 0, "kill");
            native(HANDLE_CLOSE, process, 0, 0, 0, 0, NULL);
            return;
        }
        usleep(10000);
    }
    require(0, "the server does not come back");
}

/* Reads a file that was opened before the first kill, over and over. */
static void *read_on(void *argument)
{
    const char *path = argument;
    char first[256], again[256];
    int fd = open(path, O_RDONLY);
    require(fd >= 0 && read(fd, first, sizeof(first)) == sizeof(first), "open and read");
    while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
        require(pread(fd, again, sizeof(again), 0) == sizeof(again), "pread");
        require(memcmp(first, again, sizeof(first)) == 0, "other bytes");
        struct stat status;
        require(stat(path, &status) == 0, "stat");
        __atomic_add_fetch(&reads, 1, __ATOMIC_SEQ_CST);
    }
    close(fd);
    return NULL;
}

static int count_entries(DIR *directory)
{
    int count = 0;
    rewinddir(directory);
    while (readdir(directory) != NULL)
        count++;
    return count;
}

int main(int argc, char **argv)
{
    pthread_t readers[READERS];
    const char *path = argc > 1 ? argv[1] : "/programs/hello";
    const char *server = argc > 2 ? argv[2] : "files";
    long system = start_handle("system");
    DIR *directory = opendir("/programs");
    int mapped = open(path, O_RDONLY);
    require(system > 0 && directory != NULL && mapped >= 0, "what it needs to begin");
    if (failures != 0)
        return 1;
    int entries = count_entries(directory);
    for (int i = 0; i < READERS; i++)
        pthread_create(&readers[i], NULL, read_on, (void *)path);
    for (int kill = 0; kill < KILLS; kill++) {
        kill_process(system, server);
        require(count_entries(directory) == entries, "other entries");
        char *bytes = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, mapped, 0);
        require(bytes != MAP_FAILED && memcmp(bytes, "\177ELF", 4) == 0, "mmap");
        munmap(bytes, 4096);
    }
    stop = 1;
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    printf("%d kills, %d rounds of reading, %d failures\n", KILLS, reads, failures);
    return failures != 0;
}
