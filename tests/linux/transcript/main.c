/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What calls on sockets return, over the loop-back address: one line each, in the same words
 * wherever it is run. Linux's answers are kept (expected.txt), and Anser's are compared with them.
 * As the first process of a machine it makes itself at home first, and switches it off afterwards.
 */
#include "transcript.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

#define PORTS 16

static struct {
    const char *name;
    uint16_t port;
} ports[PORTS];
static unsigned port_count;
static volatile sig_atomic_t pipes;

/* ---- Saying. -----------------------------------------------------------------------------------
 */

/* A call that waits for ever where it should not is ended by a signal, and so are those behind it.
 */
void section(const char *name)
{
    struct itimerval often = {{10, 0}, {10, 0}};
    setitimer(ITIMER_REAL, &often, NULL);
    forget_ports();
    printf("== %s\n", name);
}

void note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

long say(const char *call, long result)
{
    int error = errno;
    if (result < 0)
        printf("%s = %s\n", call, strerrorname_np(error));
    else
        printf("%s = %ld\n", call, result);
    int signals = pipe_signals();
    if (signals)
        printf("  SIGPIPE %d\n", signals);
    errno = error;
    return result;
}

void pause_milliseconds(unsigned milliseconds)
{
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    while (nanosleep(&time, &time) < 0)
        continue;
}

void settle(void)
{
    pause_milliseconds(20);
}

uint64_t now_milliseconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* ---- Addresses. --------------------------------------------------------------------------------
 */

union address address_of(int family, const char *text, uint16_t port)
{
    union address address;
    memset(&address, 0, sizeof(address));
    address.any.sa_family = (sa_family_t)family;
    if (family == AF_INET) {
        address.in.sin_port = htons(port);
        inet_pton(family, text, &address.in.sin_addr);
    } else {
        address.in6.sin6_port = htons(port);
        inet_pton(family, text, &address.in6.sin6_addr);
    }
    return address;
}

union address loopback(int family, uint16_t port)
{
    return address_of(family, family == AF_INET ? "127.0.0.1" : "::1", port);
}

socklen_t length_of(const union address *address)
{
    return address->any.sa_family == AF_INET6 ? sizeof(address->in6) : sizeof(address->in);
}

static uint16_t port_in(const union address *address)
{
    return ntohs(address->any.sa_family == AF_INET6 ? address->in6.sin6_port
                                                    : address->in.sin_port);
}

uint16_t port_of(int descriptor)
{
    union address address;
    socklen_t length = sizeof(address);
    return getsockname(descriptor, &address.any, &length) < 0 ? 0 : port_in(&address);
}

void call_port(const char *name, int descriptor)
{
    ports[port_count].name = name;
    ports[port_count++ % PORTS].port = port_of(descriptor);
}

void forget_ports(void)
{
    port_count = 0;
}

static const char *name_of_port(uint16_t port)
{
    for (unsigned i = port_count; i-- > 0;)
        if (ports[i].port == port)
            return ports[i].name;
    return port ? "some" : "0";
}

void say_address(const char *what, const union address *address, socklen_t length)
{
    char text[INET6_ADDRSTRLEN] = "?";
    const void *bytes = address->any.sa_family == AF_INET6 ? (const void *)&address->in6.sin6_addr
                                                           : &address->in.sin_addr;
    if (length >= sizeof(address->in) && address->any.sa_family != AF_UNSPEC)
        inet_ntop(address->any.sa_family, bytes, text, sizeof(text));
    printf("%s: family %d, %s, port %s, %u bytes\n", what, address->any.sa_family, text,
           name_of_port(port_in(address)), length);
}

void say_names(const char *what, int descriptor)
{
    union address address;
    socklen_t length = sizeof(address);
    char line[64];
    snprintf(line, sizeof(line), "%s's name", what);
    memset(&address, 0, sizeof(address));
    if (getsockname(descriptor, &address.any, &length) < 0)
        say(line, -1);
    else
        say_address(line, &address, length);
    snprintf(line, sizeof(line), "%s's peer", what);
    memset(&address, 0, sizeof(address));
    length = sizeof(address);
    if (getpeername(descriptor, &address.any, &length) < 0)
        say(line, -1);
    else
        say_address(line, &address, length);
}

void say_ready(const char *what, int descriptor)
{
    static const struct {
        short bit;
        const char *name;
    } bits[] = {{POLLIN, "IN"},   {POLLRDNORM, "RDNORM"}, {POLLRDBAND, "RDBAND"}, {POLLPRI, "PRI"},
                {POLLOUT, "OUT"}, {POLLWRNORM, "WRNORM"}, {POLLRDHUP, "RDHUP"},   {POLLHUP, "HUP"},
                {POLLERR, "ERR"}, {POLLNVAL, "NVAL"}};
    struct pollfd asked = {.fd = descriptor};
    for (unsigned i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
        asked.events |= bits[i].bit;
    int result = poll(&asked, 1, 0);
    printf("%s is ready: %d", what, result);
    for (unsigned i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
        if (asked.revents & bits[i].bit)
            printf(" %s", bits[i].name);
    putchar('\n');
}

void say_error(const char *what, int descriptor)
{
    int error = -1;
    socklen_t length = sizeof(error);
    int result = getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length);
    printf("%s's SO_ERROR: %d, %s\n", what, result, error ? strerrorname_np(error) : "none");
}

/* ---- Sockets. ----------------------------------------------------------------------------------
 */

int bind_at(int descriptor, const char *text, uint16_t port)
{
    union address address = address_of(strchr(text, ':') ? AF_INET6 : AF_INET, text, port);
    return bind(descriptor, &address.any, length_of(&address));
}

int bound_socket(int family, int type)
{
    int descriptor = socket(family, type, 0);
    if (bind_at(descriptor, family == AF_INET ? "127.0.0.1" : "::1", 0) < 0)
        say("bound_socket", -1);
    return descriptor;
}

int listen_at(int family, int backlog)
{
    int descriptor = bound_socket(family, SOCK_STREAM);
    if (listen(descriptor, backlog) < 0)
        say("listen_at", -1);
    return descriptor;
}

int connect_to(int descriptor, int family, uint16_t port)
{
    union address address = loopback(family, port);
    return connect(descriptor, &address.any, length_of(&address));
}

void connect_pair(int family, int ends[2])
{
    int listener = listen_at(family, 1);
    ends[0] = socket(family, SOCK_STREAM, 0);
    if (connect_to(ends[0], family, port_of(listener)) < 0)
        say("connect_pair", -1);
    ends[1] = accept(listener, NULL, NULL);
    close(listener);
    settle();
}

void close_pair(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
    settle();
}

void reset(int descriptor)
{
    struct linger linger = {1, 0};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    close(descriptor);
    settle();
}

void set_nonblocking(int descriptor, int on)
{
    int flags = fcntl(descriptor, F_GETFL);
    fcntl(descriptor, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

int set_number(int descriptor, int level, int name, int value)
{
    return setsockopt(descriptor, level, name, &value, sizeof(value));
}

int pipe_signals(void)
{
    int count = pipes;
    pipes = 0;
    return count;
}

static void say_stuck(int number)
{
    (void)number;
    (void)!write(1, "stuck\n", 6);
}

static void count_pipe(int number)
{
    (void)number;
    pipes++;
}

/* ---- All of it. --------------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    void (*run)(void);
} parts[] = {
    {"streams", transcribe_streams},     {"endings", transcribe_endings},
    {"transfers", transcribe_transfers}, {"datagrams", transcribe_datagrams},
    {"addresses", transcribe_addresses}, {"options", transcribe_options},
    {"readiness", transcribe_readiness}, {"waiting", transcribe_waiting},
};

/* A console, and a loop-back interface that is up. */
static void settle_in(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    mkdir("/dev", 0755);
    mkdir("/proc", 0755);
    mount("dev", "/dev", "devtmpfs", 0, NULL);
    mount("proc", "/proc", "proc", 0, NULL);
    int console = open("/dev/console", O_RDWR);
    for (int descriptor = 0; descriptor < 3 && console >= 0; descriptor++)
        dup2(console, descriptor);
    if (console > 2)
        close(console);
    int control = socket(AF_INET, SOCK_DGRAM, 0);
    ioctl(control, SIOCGIFFLAGS, &request);
    request.ifr_flags |= IFF_UP;
    ioctl(control, SIOCSIFFLAGS, &request);
    close(control);
    sleep(1);
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = count_pipe, .sa_flags = SA_RESTART};
    struct sigaction stuck = {.sa_handler = say_stuck};
    int first = getpid() == 1 && access("/proc/self", F_OK) < 0;
    if (first)
        settle_in();
    setvbuf(stdout, NULL, _IOLBF, 0);
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGALRM, &stuck, NULL);
    printf("transcript begins\n");
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (first || argc < 2 || strcmp(argv[1], parts[i].name) == 0)
            parts[i].run();
    printf("transcript ends\n");
    if (first)
        reboot(RB_POWER_OFF);
    return 0;
}
