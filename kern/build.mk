# SPDX-License-Identifier: BSD-2-Clause
# The C core of the kernel: build/kernel-core.elf, linked twice so that it knows its own names.

# layout.c is for the compiler's eyes only; fastpath.S is a part of trap.S; the checks are
# linked into a kernel of their own, below.
CORE_SOURCES := $(filter-out kern/layout.c ipc/fastpath.S kern/check%.c ipc/check%.c,\
	$(wildcard sbi/*.c kern/*.c kern/*.S ipc/*.c ipc/*.S))
CORE_OBJECTS := $(CORE_SOURCES:%=$(BUILD)/kern/%.o)
CORE_LINK     = $(CC_TARGET) -march=rv64imac -mabi=lp64 -nostdlib -static \
	-Wl,--no-relax -Wl,--build-id=none -Wl,--no-warn-rwx-segments -Wl,--fatal-warnings \
	-T kernel.ld

# What runs at boot, on people's request or at the end: small rather than fast.
CORE_COLD := backtrace boot device dump hart_start init_load irq log panic plic power space_kernel \
	system system_info tables
$(CORE_COLD:%=$(BUILD)/kern/kern/%.c.o): KERNEL_CFLAGS += -Os

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

# build/loader-checks.elf: the kernel that checks its own invariants (kern/check.c). The very objects
# of the core, with the checks linked between them; only the frame allocator's variables get names
# that the checks can see. build/loader-plant.elf breaks something on purpose, when it is asked to.
CHECKS         := $(BUILD)/kern-checks
CHECK_SOURCES  := $(wildcard kern/check*.c ipc/check*.c)
CHECK_WRAPPED  := native_calls trap_handle sched_leave block_send block_recv object_create slab_give
FRAME_SYMBOLS  := records table heads orders_free loose_count
CHECK_OBJECTS   = $(CHECK_SOURCES:%=$(CHECKS)/%.o) $(CHECKS)/frame.o \
	$(filter-out $(BUILD)/kern/kern/frame.c.o,$(CORE_OBJECTS))
CHECK_LINK      = $(CORE_LINK) $(CHECK_WRAPPED:%=-Wl,--wrap=%)

$(CHECKS)/%.c.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC_TARGET) $(KERNEL_CFLAGS) -c $< -o $@

$(CHECKS)/frame.o: $(BUILD)/kern/kern/frame.c.o
	@mkdir -p $(@D)
	$(Q)$(OBJCOPY) $(FRAME_SYMBOLS:%=--globalize-symbol=frame_%) \
		$(foreach name,$(FRAME_SYMBOLS),--redefine-sym $(name)=frame_$(name)) $< $@

# $(call checks_image,NAME,OBJECTS): build/loader-NAME.elf, with these objects beside the checks.
define checks_image
$(CHECKS)/$(1)-unnamed.elf: $(CHECK_OBJECTS) $(2) kernel.ld
	$$(call say,LD,$$@)
	$$(Q)$$(CHECK_LINK) $(CHECK_OBJECTS) $(2) -lgcc -o $$@

$(CHECKS)/$(1)-symbols.S: $(CHECKS)/$(1)-unnamed.elf tools/make-symbols
	$$(Q)$$(PYTHON) tools/make-symbols $$(NM) $$< > $$@

$(CHECKS)/$(1)-symbols.o: $(CHECKS)/$(1)-symbols.S
	$$(Q)$$(CC_TARGET) $$(KERNEL_CFLAGS) -c $$< -o $$@

$(CHECKS)/$(1)-core.elf: $(CHECK_OBJECTS) $(2) $(CHECKS)/$(1)-symbols.o kernel.ld
	$$(call say,LD,$$@)
	$$(Q)$$(CHECK_LINK) $(CHECK_OBJECTS) $(2) $(CHECKS)/$(1)-symbols.o -lgcc -o $$@

$(CHECKS)/$(1).elf: $(CHECKS)/$(1)-core.elf $(BUILD)/kernel.elf
	$$(call say,GO,$$@)
	$$(Q)PYTHON=$$(PYTHON) tools/build-image $$(GO) $$< $(CHECKS)/$(1)-image $$@

$(BUILD)/loader-$(1).elf: $(CHECKS)/$(1).elf $(BUILD)/loader.elf
	$$(call say,LOADER,$$@)
	$$(Q)tools/link-loader $$< $$@
endef

$(eval $(call checks_image,checks,))
$(eval $(call checks_image,plant,$(CHECKS)/tests/checks/plant.c.o))

.PHONY: checks
checks: $(BUILD)/loader-checks.elf $(BUILD)/loader-plant.elf
