/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs that nobody wants, by name: what they do must be their own problem. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Allocates until there is no more, and says so: malloc returns NULL at some time. */
static int allocate(void)
{
    size_t mebibytes = 0;
    for (char *block; (block = malloc(1 << 20)); mebibytes++)
        memset(block, 1, 1 << 20);
    fprintf(stderr, "no more after %zu MiB\n", mebibytes);
    return 3;
}

/* Reserves first what it never could have, then touches it all. */
static int touch(void)
{
    char *all = mmap(NULL, 1ul << 32, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED)
        return 3;
    fprintf(stderr, "touching\n");
    for (size_t at = 0; at < 1ul << 32; at += 4096)
        all[at] = 1;
    return 0;
}

static void *stay(void *argument)
{
    pause();
    return argument;
}

static int start_threads(void)
{
    unsigned count = 0;
    pthread_t thread;
    int error;
    while ((error = pthread_create(&thread, NULL, stay, NULL)) == 0)
        count++;
    fprintf(stderr, "no more after %u threads: %s\n", count, strerror(error));
    return error == EAGAIN && count > 10 ? 3 : 1;
}

static int open_files(void)
{
    int ends[2];
    unsigned count = 0;
    while (pipe(ends) == 0)
        count++;
    fprintf(stderr, "no more after %u pipes: %s\n", count, strerror(errno));
    return errno == EMFILE || errno == ENOMEM || errno == ENFILE ? 3 : 1;
}

/* What is read and written afterwards fails; nothing else happens. */
static int close_standard(void)
{
    char byte = 'x';
    for (int i = 0; i < 3; i++)
        close(i);
    int good =
        write(1, &byte, 1) == -1 && errno == EBADF && read(0, &byte, 1) == -1 && errno == EBADF;
    int ends[2];
    good &= pipe(ends) == 0 && ends[0] == 0 && ends[1] == 1;
    good &= write(1, &byte, 1) == 1 && read(0, &byte, 1) == 1;
    return good ? 3 : 1;
}

static int unknown_call(void)
{
    long first = syscall(5555, 1, 2, 3), second = syscall(5555);
    int good = first == -1 && errno == ENOSYS && second == -1;
    for (long number = 600; number < 1000; number++)
        good &= syscall(number, -1, -1, -1, -1, -1, -1) == -1 && errno == ENOSYS;
    printf("unknown calls: %s\n", good ? "ENOSYS" : "WRONG");
    return good ? 3 : 1;
}

static int null_pointer(void)
{
    volatile int *pointer = NULL;
    return *pointer;
}

static int illegal(void)
{
#ifdef __riscv
    __asm__ volatile(".4byte 0xffffffff");
#endif
    return 0;
}

static int jump_away(void)
{
    ((void (*)(void))0x3e00000000)();
    return 0;
}

/* A handler that faults itself, on a stack that is gone. */
static void fault_again(int signal)
{
    (void)signal;
    null_pointer();
}

static int nested(void)
{
    stack_t gone = {
        .ss_sp = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
        .ss_size = 65536};
    sigaltstack(&gone, NULL);
    munmap(gone.ss_sp, 65536);
    struct sigaction action = {.sa_handler = fault_again, .sa_flags = SA_ONSTACK | SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    return null_pointer();
}

static int no_stack(void)
{
#ifdef __riscv
    __asm__ volatile("li sp, 8; li a7, 172; ecall; li a0, 9; li a7, 94; ecall");
#endif
    return 0;
}

/* Takes away what lies where its own memory ends and where it has never been: errors, or nothing.
 */
static int unmap_all(void)
{
    static const char done[] = "still here\n";
    for (unsigned long at = 0x3e00000000; at < 0x4000000000; at += 1ul << 28) {
        munmap((void *)at, 1ul << 28);
        madvise((void *)at, 1ul << 28, MADV_DONTNEED);
        if (mprotect((void *)at, 4096, PROT_READ) == 0)
            return 1;
    }
    return write(1, done, sizeof(done) - 1) > 0 ? 3 : 1;
}

static int abort_program(void)
{
    abort();
}

__attribute__((noreturn)) static void give_up(const char *what)
{
    fprintf(stderr, "churn: %s: %s\n", what, strerror(errno));
    abort();
}

static void *come_and_go(void *argument)
{
    int ends[2];
    char byte = 0;
    for (;;) {
        char *memory =
            mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED || pipe(ends) != 0)
            give_up("memory or a pipe");
        memset(memory, 1, 1 << 16);
        raise(SIGUSR1);
        if (write(ends[1], memory, 100) != 100 || read(ends[0], &byte, 1) != 1)
            give_up("a pipe");
        close(ends[0]);
        close(ends[1]);
        munmap(memory, 1 << 16);
    }
    return argument;
}

static void ignore(int signal)
{
    (void)signal;
}

/* Always in the middle of something: threads, signals, pipes, memory, files. Never ends. */
static int churn(void)
{
    signal(SIGUSR1, ignore);
    pthread_t thread;
    for (int i = 0; i < 3; i++)
        if (pthread_create(&thread, NULL, come_and_go, NULL) != 0)
            give_up("threads");
    for (;;) {
        int file = open("/manifest", O_RDONLY);
        char text[300];
        if (file < 0 || read(file, text, sizeof(text)) <= 0)
            give_up("a file");
        close(file);
        /* On another hart than who kills it, a dying process may see that it gets no more threads.
         */
        if (pthread_create(&thread, NULL, (void *(*)(void *))(void *)pthread_exit, NULL) == 0 &&
            pthread_join(thread, NULL) != 0)
            give_up("a thread");
    }
}

static int spin(void)
{
    printf("spinning\n");
    fflush(stdout);
    for (volatile unsigned long n = 0; n + 1 != 0; n++)
        continue;
    return 0;
}

static const struct {
    const char *name;
    int (*run)(void);
} modes[] = {
    {"allocate", allocate},     {"touch", touch},
    {"threads", start_threads}, {"pipes", open_files},
    {"close", close_standard},  {"unknown", unknown_call},
    {"null", null_pointer},     {"illegal", illegal},
    {"jump", jump_away},        {"nested", nested},
    {"nostack", no_stack},      {"unmap", unmap_all},
    {"abort", abort_program},   {"spin", spin},
    {"churn", churn},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(modes[0]); i++)
        if (strcmp(argv[1], modes[i].name) == 0)
            return modes[i].run();
    fprintf(stderr, "usage: hostile MODE\n");
    return 2;
}
