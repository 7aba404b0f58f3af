/* SPDX-License-Identifier: BSD-2-Clause */
/* What Debian's libfdt was compiled against: the stack protector. Nothing else in init uses it. */
#include <stdint.h>
#include "syscall.h"
#include "boot.h"

extern uintptr_t __stack_chk_guard;
_Noreturn void __stack_chk_fail(void);

/* The zero byte stops an overrun by a string function. */
uintptr_t __stack_chk_guard = 0x414e534552470a00ul;

void __stack_chk_fail(void)
{
    boot_report("the stack was overwritten in libfdt");
    sys_process_exit(134);
}
