/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disk and network of the Linux guest. The lines that it takes from the console are those of
 * tests/bench/devices.c, Anser's side:
 *     busy    answers "BUSY N": nanoseconds since the machine began in which it did not idle
 *     disk    runs the disk's figures, then answers "DISK N": the exit status
 *     end     switches the machine off
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "linux_busy.h"
#include "linux_devices.h"

static void load(const char *path)
{
    int file = open(path, O_RDONLY);
    if (file < 0 || syscall(SYS_finit_module, file, "", 0) < 0)
        printf("%s: %s\n", path, strerror(errno));
    close(file);
}

static void load_drivers(void)
{
    load("/failover.ko");
    load("/net_failover.ko");
    load("/virtio_mmio.ko");
    load("/virtio_blk.ko");
    load("/virtio_net.ko");
}

static void set_address(struct sockaddr *address, const char *text)
{
    struct sockaddr_in *internet = (struct sockaddr_in *)address;
    internet->sin_family = AF_INET;
    inet_aton(text, &internet->sin_addr);
}

/* What DHCP would say in QEMU's user network, without asking: that costs Linux nothing. */
static bool interface_up(const char *name, const char *address, const char *mask)
{
    int socket_descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq request = {0};
    strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
    set_address(&request.ifr_addr, address);
    bool well = ioctl(socket_descriptor, SIOCSIFADDR, &request) == 0;
    set_address(&request.ifr_netmask, mask);
    well = well && ioctl(socket_descriptor, SIOCSIFNETMASK, &request) == 0 &&
           ioctl(socket_descriptor, SIOCGIFFLAGS, &request) == 0;
    request.ifr_flags |= IFF_UP | IFF_RUNNING;
    well = well && ioctl(socket_descriptor, SIOCSIFFLAGS, &request) == 0;
    if (!well)
        printf("%s: %s\n", name, strerror(errno));
    close(socket_descriptor);
    return well;
}

static void start_server(void)
{
    char *arguments[] = {"/netserve", NULL}, *environment[] = {NULL};
    if (vfork() == 0) {
        execve(arguments[0], arguments, environment);
        _exit(127);
    }
}

static void write_file(const char *path, const char *text)
{
    int file = open(path, O_WRONLY);
    if (file < 0 || write(file, text, strlen(text)) < 0)
        printf("%s: %s\n", path, strerror(errno));
    close(file);
}

/* Debian's kernel schedules a disk's requests with mq-deadline; without, each costs less. */
static void choose_scheduler(void)
{
    mkdir("/sys", 0755);
    mount("sys", "/sys", "sysfs", 0, NULL);
    write_file("/sys/block/vda/queue/scheduler", "none");
}

void devices_serve(int (*run)(const char *path, const char *argument, int output))
{
    char line[64];
    mkdir("/proc", 0755);
    mount("proc", "/proc", "proc", 0, NULL);
    load_drivers();
    interface_up("lo", "127.0.0.1", "255.0.0.0");
    interface_up("eth0", "10.0.2.15", "255.255.255.0");
    start_server();
    choose_scheduler();
    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (strcmp(line, "busy\n") == 0)
            printf("BUSY %lu\n", (unsigned long)busy_nanoseconds());
        else if (strcmp(line, "disk\n") == 0)
            printf("DISK %d\n", run("/linux_disk", "/dev/vda", 1));
        else if (strcmp(line, "end\n") == 0)
            break;
        else
            printf("what is %s", line);
    }
}
