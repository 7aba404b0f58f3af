# SPDX-License-Identifier: BSD-2-Clause
# The C core of the kernel: build/kernel-core.elf, linked twice so that it knows its own names.

# layout.c is for the compiler's eyes only; fastpath.S is a part of trap.S.
CORE_SOURCES := $(filter-out kern/layout.c ipc/fastpath.S,$(wildcard sbi/*.c kern/*.c kern/*.S ipc/*.c ipc/*.S))
CORE_OBJECTS := $(CORE_SOURCES:%=$(BUILD)/kern/%.o)
CORE_LINK     = $(CC_TARGET) -march=rv64imac -mabi=lp64 -nostdlib -static \
	-Wl,--no-relax -Wl,--build-id=none -Wl,--no-warn-rwx-segments -Wl,--fatal-warnings \
	-T kernel.ld

# One folder a source folder, and the whole name: two rooms may use the same one, and trap.c stands
# beside trap.S.
$(BUILD)/kern/%.c.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC_TARGET) $(KERNEL_CFLAGS) -c $< -o $@

$(BUILD)/kern/%.S.o: %.S $(BUILD)/kern/layout.h
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC_TARGET) $(KERNEL_CFLAGS) -I$(BUILD) -c $< -o $@

$(BUILD)/kern/kern/trap.S.o: ipc/fastpath.S

# The header that assembly includes as kern/layout.h.
$(BUILD)/kern/layout.s: kern/layout.c
	@mkdir -p $(@D)
	$(Q)$(CC_TARGET) $(KERNEL_CFLAGS) -S $< -o $@

$(BUILD)/kern/layout.h: $(BUILD)/kern/layout.s
	$(Q)sed -n 's/^[[:space:]]*#define/#define/p' $< > $@

$(BUILD)/kern/core-unnamed.elf: $(CORE_OBJECTS) kernel.ld
	$(call say,LD,$@)
	$(Q)$(CORE_LINK) $(CORE_OBJECTS) -lgcc -o $@

$(BUILD)/kern/symbols.S: $(BUILD)/kern/core-unnamed.elf tools/make-symbols
	$(Q)$(PYTHON) tools/make-symbols $(NM) $< > $@

$(BUILD)/kern/symbols.o: $(BUILD)/kern/symbols.S
	$(Q)$(CC_TARGET) $(KERNEL_CFLAGS) -c $< -o $@

$(BUILD)/kernel-core.elf: $(CORE_OBJECTS) $(BUILD)/kern/symbols.o kernel.ld
	$(call say,LD,$@)
	$(Q)$(CORE_LINK) $(CORE_OBJECTS) $(BUILD)/kern/symbols.o -lgcc -o $@
