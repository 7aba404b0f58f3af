/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every native call of <anser/abi.h> as a C function, nothing added. syscall.S makes the bodies
 * from the ABI's own list, so a call cannot be forgotten or have another number here.
 *
 * All return a status >= 0 or -errno; calls with a second result return both in a struct
 * sys_result. A process argument of 0 is the caller's own process. The five message calls are
 * here in their memory form only; their register form is in ipc.h.
 */
#ifndef ANSER_LIB_SYSCALL_H
#define ANSER_LIB_SYSCALL_H

#include <stddef.h>
#include <stdint.h>
#include <anser/abi.h>

/* What a0 and a1 hold after a call; the psABI returns just this struct in just these registers. */
struct sys_result {
    int64_t status;
    uint64_t value;
};

/* Message calls, memory form: `info` gets the MEM flag from the caller. value: badge. */
struct sys_result sys_call(anser_handle channel, uint64_t info, struct anser_message *message);
struct sys_result sys_reply_recv(anser_handle receive, uint64_t info,
                                 struct anser_message *message);
struct sys_result sys_send(anser_handle channel, uint64_t info, struct anser_message *message);
struct sys_result sys_recv(anser_handle receive, uint64_t info, struct anser_message *message);
struct sys_result sys_reply(anser_handle unused, uint64_t info, struct anser_message *message);
int64_t sys_reply_keep(void);

int64_t sys_null(void);
int64_t sys_signal(anser_handle send, uint64_t bits);
struct sys_result sys_wait(anser_handle receive, uint64_t info, uint64_t deadline);

int64_t sys_handle_close(anser_handle handle);
int64_t sys_handle_dup(anser_handle handle, uint64_t rights);
int64_t sys_handle_give(anser_handle process, anser_handle handle);
struct sys_result sys_handle_info(anser_handle handle);

struct sys_result sys_chan_create(uint64_t element_size, uint64_t capacity);
int64_t sys_chan_mint(anser_handle receive, uint64_t badge);
int64_t sys_chan_close(anser_handle send);
struct sys_result sys_chan_len(anser_handle handle);
struct sys_result sys_signal_create(void);
struct sys_result sys_chan_select(struct anser_case *cases, uint64_t count, uint64_t info,
                                  uint64_t deadline);

int64_t sys_pages_create(uint64_t count, uint64_t flags, anser_handle device);
int64_t sys_pages_freeze(anser_handle pages);
struct sys_result sys_pages_info(anser_handle pages);
int64_t sys_pages_release(anser_handle device);

struct sys_result sys_region_map(anser_handle process, uint64_t address, uint64_t length,
                                 uint64_t prot, anser_handle object, uint64_t offset);
int64_t sys_region_unmap(anser_handle process, uint64_t address, uint64_t length);
int64_t sys_region_protect(anser_handle process, uint64_t address, uint64_t length, uint64_t prot);
int64_t sys_region_decommit(anser_handle process, uint64_t address, uint64_t length);
int64_t sys_region_copy(anser_handle to, uint64_t to_address, uint64_t from_address,
                        uint64_t length, uint64_t prot);

int64_t sys_process_create(const struct anser_process_params *params);
int64_t sys_process_kill(anser_handle process, uint64_t status);
_Noreturn void sys_process_exit(uint64_t status);
int64_t sys_log_console(anser_handle system, uint64_t on);
int64_t sys_process_find(anser_handle system, uint64_t id);

int64_t sys_thread_create(anser_handle process, const struct anser_thread_params *params);
_Noreturn void sys_thread_exit(uint32_t *word);
int64_t sys_thread_interrupt(anser_handle thread);
struct sys_result sys_thread_handler(const struct anser_handler_params *params);
_Noreturn void sys_thread_resume(void);
int64_t sys_thread_priority(anser_handle thread, uint64_t priority);
int64_t sys_thread_yield(void);
int64_t sys_thread_continue(anser_handle thread);
int64_t sys_word_wait(const volatile uint32_t *word, uint32_t expected, uint64_t deadline);
int64_t sys_word_wake(const volatile uint32_t *word, uint64_t count);

int64_t sys_timer_create(anser_handle send);
int64_t sys_timer_set(anser_handle timer, uint64_t deadline, uint64_t period);

int64_t sys_irq_create(anser_handle system, uint64_t source, anser_handle send);
int64_t sys_irq_ack(anser_handle irq);
int64_t sys_device_create(anser_handle system, uint64_t physical_address, uint64_t length);
int64_t sys_log_write(anser_handle system, const void *text, uint64_t length);
struct sys_result sys_log_read(anser_handle system, void *buffer, uint64_t length,
                               uint64_t position);
struct sys_result sys_system_info(anser_handle system, uint64_t kind, uint64_t index, void *buffer,
                                  uint64_t length);
int64_t sys_system_power(anser_handle system, uint64_t action, uint64_t code);
int64_t sys_system_debug(anser_handle system, uint64_t operation, uint64_t value);

#endif
