/* SPDX-License-Identifier: BSD-2-Clause */
/* The SBI calls: extension and function numbers, and the choice of a console. */
#include "sbi/sbi.h"

/* Extension ids: the ASCII of their names, but for the legacy ones. */
#define EXT_LEGACY_PUTCHAR  0x01
#define EXT_LEGACY_SHUTDOWN 0x08
#define EXT_BASE            0x10
#define EXT_TIME            0x54494d45
#define EXT_IPI             0x735049
#define EXT_RFENCE          0x52464e43
#define EXT_HSM             0x48534d
#define EXT_SRST            0x53525354
#define EXT_DBCN            0x4442434e

#define BASE_PROBE        3
#define RESET_SHUTDOWN    0
#define RESET_COLD_REBOOT 1

struct sbi_result {
    int64_t error; /* 0, or negative */
    int64_t value;
};

static bool debug_console;

static struct sbi_result call(uint64_t extension, uint64_t function, const uint64_t arguments[5])
{
    register uint64_t a0 __asm__("a0") = arguments[0];
    register uint64_t a1 __asm__("a1") = arguments[1];
    register uint64_t a2 __asm__("a2") = arguments[2];
    register uint64_t a3 __asm__("a3") = arguments[3];
    register uint64_t a4 __asm__("a4") = arguments[4];
    register uint64_t a6 __asm__("a6") = function;
    register uint64_t a7 __asm__("a7") = extension;
    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1)
                     : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
                     : "memory");
    return (struct sbi_result){(int64_t)a0, (int64_t)a1};
}

#define CALL(extension, function, ...) call(extension, function, (const uint64_t[5]){__VA_ARGS__})

void sbi_init(void)
{
    struct sbi_result probe = CALL(EXT_BASE, BASE_PROBE, EXT_DBCN);
    debug_console = probe.error == 0 && probe.value != 0;
}

void sbi_console_write(const char *text, size_t length)
{
    /* The debug console may take less than it is given, but then at least says how much. */
    while (debug_console && length != 0) {
        struct sbi_result wrote = CALL(EXT_DBCN, 0, length, (uint64_t)text, 0);
        if (wrote.error != 0)
            debug_console = false;
        else {
            text += wrote.value;
            length -= (size_t)wrote.value;
        }
    }
    for (size_t i = 0; i < length; i++)
        CALL(EXT_LEGACY_PUTCHAR, 0, (uint8_t)text[i]);
}

void sbi_set_timer(uint64_t when)
{
    CALL(EXT_TIME, 0, when);
}

void sbi_send_ipi(uint64_t mask, uint64_t base)
{
    CALL(EXT_IPI, 0, mask, base);
}

void sbi_remote_fence(enum sbi_fence what, uint64_t mask, uint64_t base, uint64_t start,
                      uint64_t size, uint64_t asid)
{
    CALL(EXT_RFENCE, what, mask, base, start, size, asid);
}

int64_t sbi_hart_start(uint64_t hart, uint64_t address, uint64_t argument)
{
    return CALL(EXT_HSM, 0, hart, address, argument).error;
}

_Noreturn void sbi_stop(void)
{
    for (;;)
        __asm__ volatile("csrw sie, zero; wfi" ::: "memory");
}

_Noreturn void sbi_shutdown(bool failure)
{
    CALL(EXT_SRST, 0, RESET_SHUTDOWN, failure);
    CALL(EXT_LEGACY_SHUTDOWN, 0, 0);
    sbi_stop();
}

_Noreturn void sbi_reboot(void)
{
    CALL(EXT_SRST, 0, RESET_COLD_REBOOT, 0);
    sbi_stop();
}
