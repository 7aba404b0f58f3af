# SPDX-License-Identifier: BSD-2-Clause
# The Linux personality: an image of its own, in soft-float code without thread-local data, for gp, tp
# and the floating-point registers are the program's. What it needs of lib/ is compiled again so.

LINUX_CFLAGS := --specs=picolibc.specs -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -mtune=thead-c906 \
	-mno-relax -msmall-data-limit=0 -ffreestanding -fno-common -fno-stack-protector -fno-pic \
	-fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections -O2 -g -std=gnu11 \
	$(WARNINGS) -Iinclude -Ilib -I. $(DEPFLAGS)
LINUX_SOURCES := $(wildcard servers/linux/*.c servers/linux/*.S) lib/syscall.S lib/channel.c \
	lib/ipc.c lib/ipc_exchange.S lib/mutex.c lib/clock.c lib/memcpy.c lib/ninep.c lib/byte_ring.c \
	lib/names.c lib/log.c lib/realtime.c lib/entropy.c lib/generator.c lib/chacha20.c lib/ring.c lib/socket.c lib/socket_session.c \
	lib/socket_data.c loader/line.c
LINUX_OBJECTS := $(patsubst %,$(BUILD)/personality/%.o,$(basename $(LINUX_SOURCES)))

$(BUILD)/personality/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC_TARGET) $(LINUX_CFLAGS) -c $< -o $@

$(BUILD)/personality/%.o: %.S
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC_TARGET) $(LINUX_CFLAGS) -c $< -o $@

# Fails for a symbol that nobody defines; linux.ld fails for thread-local data.
$(BUILD)/servers/linux.elf: $(LINUX_OBJECTS) servers/linux/linux.ld
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC_TARGET) --specs=picolibc.specs -march=rv64imac -mabi=lp64 -static -nostartfiles \
		-Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,--no-relax -Wl,--gc-sections \
		-Wl,--no-warn-rwx-segments -Wl,--fatal-warnings -T servers/linux/linux.ld \
		$(LINUX_OBJECTS) -o $@

$(BUILD)/servers/linux: $(BUILD)/servers/linux.elf
	$(Q)$(OBJCOPY) --strip-all $< $@
