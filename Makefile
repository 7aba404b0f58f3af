# SPDX-License-Identifier: BSD-2-Clause
# The one entrance. `make help` lists what there is; every part adds its own build.mk below.

# No rule but ours: make would take servers/init/manifest for a program of manifest.c.
MAKEFLAGS += --no-builtin-rules

BUILD     := build
CROSS     := riscv64-unknown-elf-
CC_TARGET := $(CROSS)gcc
LD_TARGET := $(CROSS)ld
OBJCOPY   := $(CROSS)objcopy
OBJDUMP   := $(CROSS)objdump
NM        := $(CROSS)nm
SIZE      := $(CROSS)size
READELF   := $(CROSS)readelf
HOSTCC    := clang
QEMU      := qemu-system-riscv64
# Debian's own interpreter: python3-pytest belongs to it, whatever else comes first on the PATH.
PYTHON    := /usr/bin/python3

# The Go of the kernel image and that of user programs. Neither may look for another toolchain on
# the network behind the builder's back.
GO      := $(or $(shell tools/choose-go 1.19 2>/dev/null),go)
GO_USER := $(or $(shell tools/choose-go 1.23 2>/dev/null),go)
export GOTOOLCHAIN ?= local
export GOFLAGS ?= -buildvcs=false
ifeq ($(HOME)$(GOCACHE),)
export GOCACHE := $(abspath $(BUILD))/go-cache
endif

# V=1 shows the commands.
Q := $(if $(filter-out 0,$(V)),,@)
say = $(if $(Q),@printf '  %-7s %s\n' '$(1)' '$(2)',@:)

# What a user of QEMU expects to set.
SMP        ?= 1
MEM        ?= 128M
APPEND     ?=
QEMU_EXTRA ?=
export SMP MEM APPEND QEMU_EXTRA BUILD

# A machine for a person has a disk, a network and a source of random bytes; those of tests have what
# the test says.
run gdb: export DISK ?= $(BUILD)/disk.img
run gdb: export NET ?= user
run gdb: export RNG ?= 1

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef
DEPFLAGS  = -MMD -MP

KERNEL_CFLAGS := -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -mno-relax \
	-ffreestanding -fno-builtin -nostdlib -fno-pic -fno-common -fno-stack-protector \
	-fno-asynchronous-unwind-tables -O2 -g -std=gnu11 $(WARNINGS) -I. -Iinclude $(DEPFLAGS)
# The processor is named for one thing alone: that loads and stores may have any alignment.
USER_CFLAGS := --specs=picolibc.specs -march=rv64gc -mabi=lp64d -mcmodel=medany -mtune=thead-c906 \
	-fno-common -O2 -g -std=gnu11 $(WARNINGS) -Iinclude -Ilib $(DEPFLAGS)
HOST_CFLAGS := -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer $(WARNINGS) -Iinclude -I.

# Debian's libfdt for riscv64, unpacked by the set-up.
LIBFDT_RISCV64 := $(BUILD)/riscv64/usr/lib/riscv64-linux-gnu/libfdt.a
LIBFDT_INCLUDE := $(BUILD)/riscv64/usr/include

# The image that QEMU boots, and everything that has to exist for it.
IMAGE := $(BUILD)/loader.elf $(BUILD)/initrd.cpio

.PHONY: all build help setup run gdb test bench lab soak fmt lint doctor clean
.DELETE_ON_ERROR:
.SECONDARY:
all: build

FRAGMENTS := $(wildcard loader/build.mk kern/build.mk lib/build.mk programs/build.mk go/build.mk \
	servers/linux/build.mk servers/tcpip/build.mk tests/linux/build.mk tests/bench/build.mk tests/net/build.mk \
	tests/disk/build.mk servers/build.mk tests/build.mk models/build.mk)
include $(FRAGMENTS)

# A part that is not there yet leaves its product out; a part that is there must make it.
ifneq ($(filter loader/build.mk,$(FRAGMENTS)),)
build: $(BUILD)/loader.elf
endif
ifneq ($(filter servers/build.mk,$(FRAGMENTS)),)
build: $(BUILD)/initrd.cpio
endif
build:

$(LIBFDT_RISCV64):
	$(Q)tools/setup run

setup:
	$(Q)tools/setup

# The set-up may bring the very tools that this file looks for above, so whatever needs them is
# a second make that looks again.
run:
	$(Q)tools/setup run
	$(Q)$(MAKE) --no-print-directory build
	$(Q)tools/run-qemu

gdb:
	$(Q)tools/setup run
	$(Q)$(MAKE) --no-print-directory build
	$(Q)tools/debug $(PROG)

test:
	$(Q)tools/setup
	$(Q)tests/run-tests

bench:
	$(Q)tools/setup
	$(Q)$(MAKE) --no-print-directory build $(BUILD)/initrd-test.cpio $(BUILD)/initrd-devices.cpio linux-guest
	$(Q)tests/run-bench

# LAB= names experiments, else those of docs/lab.md run.
lab:
	$(Q)tools/setup lab
	$(Q)$(MAKE) --no-print-directory build
	$(Q)GO_USER='$(GO_USER)' tools/lab $(if $(LAB),'$(LAB)')

soak:
	$(Q)tools/setup
	$(Q)tests/run-soak

fmt:
	$(Q)tools/list-sources | xargs -r clang-format -i
	$(Q)if test -n "$$(find go kern -name '*.go' -print -quit)"; then \
		"$$(dirname $(GO))/gofmt" -w $$(find go kern -name '*.go'); fi

lint:
	$(Q)tools/lint

doctor:
	$(Q)tools/doctor

clean:
	$(Q)rm -rf $(BUILD)

help:
	@echo 'make            build the image: $(IMAGE)'
	@echo '                $(BUILD)/initrd-test.cpio is the archive with everything that tests need'
	@echo 'make run        boot it in QEMU; Ctrl-A X leaves      SMP= MEM= APPEND= QEMU_EXTRA= QEMU10=1'
	@echo '                                                     DISK=$(BUILD)/disk.img|none DISK_SIZE=64M  RNG=none'
	@echo '                                                     NET=user|none HOSTFWD='\''8080:80 udp:5353:53'\'' PCAP=FILE'
	@echo '                                                     FILES='\''programs/NAME=FILE ...'\'' adds to the archive'
	@echo 'make test       everything that is checked before a commit'
	@echo 'make checks     a kernel that checks its invariants: KERNEL=$(BUILD)/loader-checks.elf'
	@echo 'make bench      instruction counts, also in $(BUILD)/bench.json'
	@echo 'make lab        the channel lab: tables and plots in $(BUILD)/lab/     LAB= SMP= ICOUNT= (docs/lab.md)'
	@echo 'make models     every state of the models of channels, pages, fences, wake-ups'
	@echo 'make soak       the same tests for longer             FUZZ_SECONDS= CYCLES= OPERATIONS='
	@echo 'make gdb        QEMU waits, gdb attaches              PROG=name of a user program'
	@echo 'make fmt lint   format the sources, check them'
	@echo 'make doctor     what is installed, at which version, what is missing'
	@echo 'make clean      remove $(BUILD)/'
	@echo 'V=1 shows the commands.'

-include $(shell find $(BUILD) -name '*.d' -not -path '*/usr/*' 2>/dev/null)
