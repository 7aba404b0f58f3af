/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls into OpenSBI: see firmware.h. */
#include "loader/firmware.h"

#include <string.h>

#define EXTENSION_BASE          0x10
#define EXTENSION_RESET         0x53525354 /* "SRST" */
#define EXTENSION_DEBUG_CONSOLE 0x4442434e /* "DBCN" */
#define LEGACY_PUTCHAR          1
#define LEGACY_SHUTDOWN         8

#define BASE_PROBE          3
#define DEBUG_CONSOLE_WRITE 0
#define RESET               0
#define RESET_SHUTDOWN      0
#define RESET_NO_REASON     0

#define FINISHER_FAIL 0x3333u
#define FAIL_CODE     1u

struct answer {
    long error;
    unsigned long value;
};

static struct answer call(long extension, long function, unsigned long a, unsigned long b,
                          unsigned long c)
{
    register unsigned long a0 __asm__("a0") = a;
    register unsigned long a1 __asm__("a1") = b;
    register unsigned long a2 __asm__("a2") = c;
    register long a6 __asm__("a6") = function;
    register long a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (struct answer){(long)a0, a1};
}

static int has_debug_console(void)
{
    struct answer probe = call(EXTENSION_BASE, BASE_PROBE, EXTENSION_DEBUG_CONSOLE, 0, 0);
    return probe.error == 0 && probe.value != 0;
}

/* Whether all of the text went out; the firmware may take it in pieces. */
static int print_debug_console(const char *text, size_t length)
{
    while (length > 0) {
        struct answer written =
            call(EXTENSION_DEBUG_CONSOLE, DEBUG_CONSOLE_WRITE, length, (unsigned long)text, 0);
        if (written.error != 0 || written.value == 0 || written.value > length)
            return 0;
        text += written.value;
        length -= written.value;
    }
    return 1;
}

void firmware_print(const char *text)
{
    if (has_debug_console() && print_debug_console(text, strlen(text)))
        return;
    for (; *text; text++)
        call(LEGACY_PUTCHAR, 0, (unsigned char)*text, 0, 0);
}

_Noreturn void firmware_shutdown(void)
{
    call(EXTENSION_RESET, RESET, RESET_SHUTDOWN, RESET_NO_REASON, 0);
    call(LEGACY_SHUTDOWN, 0, 0, 0, 0);
    for (;;)
        __asm__ volatile("wfi");
}

_Noreturn void firmware_fail(uint64_t finisher)
{
    if (finisher != 0)
        *(volatile uint32_t *)finisher = FAIL_CODE << 16 | FINISHER_FAIL;
    firmware_shutdown();
}
