# SPDX-License-Identifier: BSD-2-Clause
# build/loader.elf, which QEMU boots: the loader with the kernel image inside.

include kern/image/build.mk

# libfdt wants the names of a C library's headers; what it calls is in loader/memory.c.
LOADER_CFLAGS := $(KERNEL_CFLAGS) -isystem $(LIBFDT_INCLUDE) \
	-isystem /usr/lib/picolibc/riscv64-unknown-elf/include
LOADER_OBJECTS := $(patsubst loader/%.c,$(BUILD)/loader/%.o,$(wildcard loader/*.c)) \
	$(BUILD)/loader/sbi/sbi.o

$(BUILD)/loader/%.o: loader/%.c $(LIBFDT_RISCV64)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC_TARGET) $(LOADER_CFLAGS) -fno-tree-loop-distribute-patterns -c $< -o $@

$(BUILD)/loader/sbi/%.o: sbi/%.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC_TARGET) $(KERNEL_CFLAGS) -c $< -o $@

# An archive, so that tests can link a loader of their own around another image.
$(BUILD)/loader/loader.a: $(LOADER_OBJECTS)
	$(Q)rm -f $@ && $(CROSS)ar rcs $@ $^

$(BUILD)/loader.elf: $(BUILD)/kernel.elf $(BUILD)/loader/loader.a loader/entry.S loader/loader.ld \
		tools/link-loader $(LIBFDT_RISCV64)
	$(call say,LOADER,$@)
	$(Q)tools/link-loader $(BUILD)/kernel.elf $@
