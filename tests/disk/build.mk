# SPDX-License-Identifier: BSD-2-Clause
# Programs that tests/test_disk.py runs on machines with disks: tests/disk/NAME.c, by `test=disk/NAME`.

DISK_TESTS := $(patsubst tests/disk/%.c,%,$(wildcard tests/disk/*.c))
$(foreach test,$(DISK_TESTS),$(eval $(call user_program,tests/disk/$(test),tests/disk/$(test).c,\
	-Itests/host)))
INITRD_EXTRA += $(foreach test,$(DISK_TESTS),tests/disk/$(test)=$(BUILD)/tests/disk/$(test))
