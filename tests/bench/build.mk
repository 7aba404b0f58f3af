# SPDX-License-Identifier: BSD-2-Clause
# What Anser and a Linux guest both run, the same binaries, to be compared; and that guest: Debian's
# kernel, unpacked by the set-up, with a first process of ours. tests/run-bench starts both.

CC_LINUX    := riscv64-linux-gnu-gcc
BENCH_C     := null pingpong linux_disk
BENCH_GO    := golang gohello netserve
BENCH_FILES := $(BENCH_C:%=$(BUILD)/tests/bench/%) $(BENCH_GO:%=$(BUILD)/tests/bench/%)

LINUX_MODULES := failover net_failover virtio_mmio virtio_blk virtio_net

$(BUILD)/tests/bench/linux_init: tests/bench/linux_devices.c tests/bench/linux_devices.h
$(BUILD)/tests/bench/linux_disk: tests/bench/disk_work.c tests/bench/disk_work.h
$(BUILD)/tests/bench/linux_init $(BUILD)/tests/bench/linux_disk: tests/bench/linux_busy.c tests/bench/linux_busy.h
$(BUILD)/tests/bench/%: tests/bench/%.c
	$(call say,LINUXCC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC_LINUX) -static -O2 -std=gnu11 $(WARNINGS) $(filter %.c,$^) -o $@

$(BUILD)/tests/bench/netserve: BENCH_GO_FLAGS := -ldflags='-s -w'
$(BENCH_GO:%=$(BUILD)/tests/bench/%): $(BUILD)/tests/bench/%: tests/bench/%/main.go
	$(call say,GO,$@)
	@mkdir -p $(@D)
	$(Q)GOOS=linux GOARCH=riscv64 CGO_ENABLED=0 $(GO_USER) build -trimpath $(BENCH_GO_FLAGS) -o $@ $<

$(BUILD)/linux-guest.cpio: $(BENCH_FILES) $(BUILD)/tests/bench/linux_init
	$(call say,CPIO,$@)
	$(Q)rm -rf $@.root && mkdir $@.root && cp $(BENCH_FILES) $@.root && \
		cp $(BUILD)/tests/bench/linux_init $@.root/init
	$(Q)for module in $(LINUX_MODULES); do $(PYTHON) tests/bench/unpack-module $(BUILD)/linux $$module $@.root || exit 1; done
	$(Q)cd $@.root && find . | sort | cpio --quiet -o -H newc > $(abspath $@)

.PHONY: linux-guest
linux-guest: $(BUILD)/linux-guest.cpio

INITRD_EXTRA += programs/gohello=$(BUILD)/tests/bench/gohello \
	tests/bench-null=$(BUILD)/tests/bench/null tests/bench-golang=$(BUILD)/tests/bench/golang
INITRD_EXTRA += tests/bench-starts=$(BUILD)/tests/bench/starts
$(eval $(call user_program,tests/bench/starts,tests/bench/starts.c tests/bench/bench_start.c,))
# For disk and network there is an archive of its own, what a user boots and these (tests/build.mk).
INITRD_DEVICES += programs/netserve=$(BUILD)/tests/bench/netserve tests/bench-devices=$(BUILD)/tests/bench/devices
$(eval $(call user_program,tests/bench/devices,tests/bench/devices.c tests/bench/anser_disk.c \
	tests/bench/disk_work.c tests/bench/bench_start.c,))
