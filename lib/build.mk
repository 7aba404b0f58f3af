# SPDX-License-Identifier: BSD-2-Clause
# The C library for user programs, and how a program is linked with it. Other fragments say
#     $(eval $(call user_program,servers/uart,servers/uart/main.c servers/uart/line.c,-Iservers))
# and get $(BUILD)/servers/uart.elf (with symbols), and build/servers/uart (stripped, for the archive).
# All of our library is linked, so that its sbrk and locks win over those of picolibc; what nobody
# uses is dropped again. The third argument holds more flags for the compiler, a fourth one libraries; both may be empty.

LIB_SOURCES := $(wildcard lib/*.c lib/*.S) \
	loader/elf.c loader/elf_message.c loader/line.c loader/cpio.c
LIB_OBJECTS := $(patsubst %,$(BUILD)/user/%.o,$(basename $(LIB_SOURCES)))
LIB_ANSER   := $(BUILD)/lib/libanser.a
USER_LINK    = $(CC_TARGET) --specs=picolibc.specs -march=rv64gc -mabi=lp64d -mcmodel=medany \
	-static -nostartfiles -Wl,--build-id=none -Wl,-z,max-page-size=4096 \
	-Wl,--no-warn-rwx-segments -Wl,--fatal-warnings -T lib/program.ld

$(BUILD)/user/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC_TARGET) $(USER_CFLAGS) -ffunction-sections -fdata-sections $(USER_FLAGS) -I. -c $< -o $@

$(BUILD)/user/%.o: %.S
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC_TARGET) $(USER_CFLAGS) -I. -c $< -o $@

$(LIB_ANSER): $(LIB_OBJECTS)
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(CROSS)ar rcs $@ $^

# $(call user_program,NAME,SOURCES,FLAGS,LIBRARIES)
define user_program
$(patsubst %,$(BUILD)/user/%.o,$(basename $(2))): USER_FLAGS := $(3)
$(BUILD)/$(1).elf: $(patsubst %,$(BUILD)/user/%.o,$(basename $(2))) $(LIB_ANSER) lib/program.ld
	$$(call say,LINK,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(USER_LINK) $$(filter %.o,$$^) $(4) -Wl,--whole-archive $(LIB_ANSER) -Wl,--no-whole-archive -o $$@

$(BUILD)/$(1): $(BUILD)/$(1).elf
	$$(Q)$$(OBJCOPY) --strip-all $$< $$@
endef

# docs/abi.md is made from the ABI's one definition; `make lint` checks that it is current.
docs/abi.md: include/anser/abi.h tools/abi-doc
	$(call say,DOC,$@)
	$(Q)$(PYTHON) tools/abi-doc > $@
