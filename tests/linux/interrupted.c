/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls on files while signals come every 200 microseconds, to a handler without SA_RESTART: none
 * of them is ever cut short or says EINTR, for these are no calls that wait. Lines for the terminal
 * appear once, however often their writer was interrupted. With an argument, for strace: CALLS
 * calls with signals all the time, and then the end, with one pending.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROUNDS       2000
#define FAILURES_MAX 10
#define LINES        400
#define CALLS        300

static volatile int signals, stop;
static int failures;
static pthread_t main_thread;

static void count_signal(int number)
{
    (void)number;
    signals++;
}

static void *send_signals(void *pause)
{
    while (!stop) {
        pthread_kill(main_thread, SIGUSR1);
        usleep(*(const unsigned *)pause);
    }
    return NULL;
}

static void require(int holds, const char *what)
{
    if (holds)
        return;
    failures++;
    perror(what);
}

static void read_file(const char *path)
{
    static char bytes[20000];
    struct stat status, again;
    int fd = open(path, O_RDONLY);
    require(fd >= 0, "open");
    require(read(fd, bytes, 100) == 100, "a short read");
    require(pread(fd, bytes, sizeof(bytes), 0) == sizeof(bytes), "a long read");
    require(fstat(fd, &status) == 0 && stat(path, &again) == 0 && status.st_ino == again.st_ino,
            "stat");
    require(access("/nope", F_OK) == -1 && errno == ENOENT, "access");
    require(close(fd) == 0, "close");
}

static void list_directory(const char *path)
{
    DIR *directory = opendir(path);
    int entries = 0;
    require(directory != NULL, "opendir");
    if (directory == NULL)
        return;
    errno = 0;
    while (readdir(directory) != NULL)
        entries++;
    require(errno == 0 && entries > 4, "readdir");
    closedir(directory);
}

/* Longer than the device takes at once, so most of them are interrupted while they wait. */
static void write_lines(void)
{
    char line[120];
    for (int i = 0; i < LINES; i++) {
        int length = snprintf(line, sizeof(line), "line %d %0100d\n", i, i);
        require(write(1, line, (size_t)length) == length, "write");
    }
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = count_signal};
    unsigned pause = argc > 1 ? 1 : 200;
    pthread_t sender;
    int rounds = 0;
    (void)argv;
    sigaction(SIGUSR1, &action, NULL);
    main_thread = pthread_self();
    pthread_create(&sender, NULL, send_signals, &pause);
    if (argc > 1) {
        for (int i = 0; i < CALLS; i++)
            getsid(10000 + i);
        _exit(3);
    }
    for (; rounds < ROUNDS && failures < FAILURES_MAX; rounds++) {
        read_file("/programs/hello");
        list_directory("/programs");
    }
    write_lines();
    stop = 1;
    pthread_join(sender, NULL);
    printf("%d rounds, %d signals, %d failures\n", rounds, signals, failures);
    return failures != 0 || signals < 50;
}
