// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unsafe"
)

// The core, as far as the tested code calls it: what it would print.
var printed strings.Builder

func bootWrite(text *byte, length uint64) {
	printed.Write(unsafe.Slice(text, length))
}

func bootFail(text *byte, length uint64) { panic(string(unsafe.Slice(text, length))) }

func bootLogInit(*bootinfo) int64                     { return 0 }
func bootMemoryInit(*bootinfo, *bootOptions) int64    { return 0 }
func bootTrapInit(*bootinfo, *bootOptions) int64      { return 0 }
func bootInterruptInit(*bootinfo, *bootOptions) int64 { return 0 }
func bootProcessInit(*bootinfo, *bootOptions) int64   { return 0 }
func bootInitLoad(*bootinfo, *bootOptions) int64      { return -12 }
func bootHartsStart(*bootinfo, *bootOptions) int64    { return 0 }
func bootEnter(*bootinfo, *bootOptions) int64         { return 0 }
func rt0()                                            {}

// snake turns a field's name into the one of the C header.
func snake(name string) string {
	var out strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return strings.Replace(out.String(), "bounds", "range", 1)
}

// TestLayout compares sizes and offsets with what the C compiler makes of bootinfo.h.
func TestLayout(t *testing.T) {
	structures := map[string]reflect.Type{
		"bootinfo":             reflect.TypeOf(bootinfo{}),
		"boot_options":         reflect.TypeOf(bootOptions{}),
		"boot_range":           reflect.TypeOf(bootRange{}),
		"boot_hart":            reflect.TypeOf(bootHart{}),
		"boot_segment":         reflect.TypeOf(bootSegment{}),
		"boot_program":         reflect.TypeOf(bootProgram{}),
		"boot_program_segment": reflect.TypeOf(bootProgramSegment{}),
	}
	var source strings.Builder
	source.WriteString("#include <stddef.h>\n#include <anser/bootinfo.h>\n")
	same := func(expression string, value uint64) {
		fmt.Fprintf(&source, "_Static_assert(%s == %du, %q);\n", expression, value, expression)
	}
	for name, structure := range structures {
		same("sizeof(struct "+name+")", uint64(structure.Size()))
		for i := 0; i < structure.NumField(); i++ {
			field := structure.Field(i)
			place := fmt.Sprintf("(struct %s, %s)", name, snake(field.Name))
			same("offsetof"+place, uint64(field.Offset))
			same("sizeof(((struct "+name+"*)0)->"+snake(field.Name)+")", uint64(field.Type.Size()))
		}
	}
	same("BOOTINFO_MAGIC", bootinfoMagic)
	same("BOOTINFO_VERSION", bootinfoVersion)
	same("BOOTINFO_EXT_SSTC", extensionSstc)
	same("BOOT_PANIC_HALT", panicHalt)
	same("BOOT_PANIC_REBOOT", panicReboot)
	same("BOOT_PANIC_EXIT", panicExit)

	file := filepath.Join(t.TempDir(), "layout.c")
	if err := os.WriteFile(file, []byte(source.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	compiler := exec.Command("clang", "-std=gnu11", "-fsyntax-only", "-I../../include", file)
	if out, err := compiler.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	header, err := os.ReadFile("../../include/anser/bootinfo.h")
	if err != nil {
		t.Fatal(err)
	}
	fields := 0
	for _, structure := range structures {
		fields += structure.NumField()
	}
	// No field of the header may be missing here.
	declared := regexp.MustCompile(`(?m)^    [a-z][a-z0-9_ ]* [a-z0-9_]+(\[[A-Z_]+\])?;`)
	if found := len(declared.FindAll(header, -1)); found != fields {
		t.Errorf("bootinfo.h declares %d fields, bootinfo.go %d", found, fields)
	}
}

func good() *bootinfo {
	info := &bootinfo{
		magic: bootinfoMagic, version: bootinfoVersion, size: uint32(unsafe.Sizeof(bootinfo{})),
		bootHart: 1, hartCount: 2, timebaseHz: 10000000,
		memoryCount: 1, reservedCount: 1,
		image:        bootRange{0x80200000, 0x100000},
		imageEntry:   0x80250000,
		segmentCount: 1,
		initrd:       bootRange{0x84000000, 0x1000},
		deviceTree:   bootRange{0x87e00000, 0x1000},
		loader:       bootRange{0x81000000, 0x100000},
		plic:         bootRange{0xc000000, 0x600000},
		plicSources:  95,
	}
	info.harts[1].id = 1
	info.memory[0] = bootRange{0x80000000, 128 << 20}
	info.reserved[0] = bootRange{0x80000000, 512 << 10}
	info.init.segmentCount = 1
	info.init.stackPage = 0x81001000
	info.init.segments[0] = bootProgramSegment{0x100, 0x200, 0x10000, 0x3000, 5}
	info.segments[0] = bootSegment{bootRange{0x80200000, 0x1000}, 5}
	return info
}

// TestCheck breaks one field after the other; each must be noticed, in its own words.
func TestCheck(t *testing.T) {
	if problem := good().check(1); problem != "" {
		t.Fatalf("a good bootinfo is refused: %s", problem)
	}
	max := ^uint64(0)
	for want, breakIt := range map[string]func(*bootinfo){
		"the magic number":              func(i *bootinfo) { i.magic++ },
		"another version":               func(i *bootinfo) { i.version++ },
		"another size":                  func(i *bootinfo) { i.size-- },
		"boot_hart is not":              func(i *bootinfo) { i.bootHart = 0 },
		"hart_count":                    func(i *bootinfo) { i.hartCount = 9 },
		"the boot hart is not in harts": func(i *bootinfo) { i.hartCount = 1 },
		"timebase_hz":                   func(i *bootinfo) { i.timebaseHz = 0 },
		"memory_count":                  func(i *bootinfo) { i.memoryCount = max },
		"reserved_count":                func(i *bootinfo) { i.reservedCount = 33 },
		"memory is not sorted":          func(i *bootinfo) { i.memoryCount = 2; i.memory[1] = bootRange{0x80000000, 1} },
		"reserved is not sorted":        func(i *bootinfo) { i.reserved[0].size = max },
		"image is not in memory":        func(i *bootinfo) { i.image.base = 0x88000000 },
		"initrd is not in memory":       func(i *bootinfo) { i.initrd.size = max },
		"device_tree is not in memory":  func(i *bootinfo) { i.deviceTree.size = 0 },
		"loader is not in memory":       func(i *bootinfo) { i.loader.base = 0 },
		"initrd does not begin with":    func(i *bootinfo) { i.initrd.base += 8 },
		"device_tree does not begin":    func(i *bootinfo) { i.deviceTree.base -= 8 },
		"plic wraps":                    func(i *bootinfo) { i.plic.base = max },
		"plic_sources":                  func(i *bootinfo) { i.plicSources = 1024 },
		"a plic_context is outside":     func(i *bootinfo) { i.harts[1].plicContext = 0x400 },
		"init has more than 16":         func(i *bootinfo) { i.init.segmentCount = 17 },
		"the stack of init":             func(i *bootinfo) { i.init.stackPage = 0x810ff001 },
		"of init is outside initrd":     func(i *bootinfo) { i.init.segments[0].fileSize = 0xf01 },
		"of init is outside user space": func(i *bootinfo) { i.init.segments[0].address = 1 << 38 },
		"segment_count":                 func(i *bootinfo) { i.segmentCount = 17 },
		"image_entry":                   func(i *bootinfo) { i.imageEntry = 0x80300000 },
		"a segment is outside":          func(i *bootinfo) { i.segments[0].bounds.size = 0x200000 },
		"cmdline has no end": func(i *bootinfo) {
			for at := range i.cmdline {
				i.cmdline[at] = 'x'
			}
		},
	} {
		info := good()
		breakIt(info)
		if problem := info.check(1); !strings.Contains(problem, want) {
			t.Errorf("want %q, got %q", want, problem)
		}
	}
	var nothing *bootinfo
	if problem := nothing.check(0); problem == "" {
		t.Error("no bootinfo at all is taken")
	}
}

func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		line  string
		want  bootOptions
		quiet bool
		says  string
	}{
		{"", bootOptions{8, panicHalt}, false, ""},
		{"harts=3 panic=exit quiet", bootOptions{3, panicExit}, true, ""},
		{"  panic=reboot\tharts=1  ", bootOptions{1, panicReboot}, false, ""},
		{"root=/dev/vda init=/bin/sh shards=4 =", bootOptions{8, panicHalt}, false, ""},
		{"harts=2 harts=4", bootOptions{4, panicHalt}, false, ""},
		{"harts=9", bootOptions{8, panicHalt}, false, "\"harts=9\" is ignored, it wants a number"},
		{"harts=0", bootOptions{8, panicHalt}, false, "\"harts=0\" is ignored"},
		{"harts=", bootOptions{8, panicHalt}, false, "\"harts=\" is ignored"},
		{"harts", bootOptions{8, panicHalt}, false, "\"harts\" is ignored"},
		{"harts=+1", bootOptions{8, panicHalt}, false, "\"harts=+1\" is ignored"},
		{"panic=later", bootOptions{8, panicHalt}, false, "it wants halt, reboot or exit"},
		{"panic=\x1b[2J", bootOptions{8, panicHalt}, false, "\"panic=?[2J\" is ignored"},
		{"quiet=no", bootOptions{8, panicHalt}, false, ""},
		{"harts=" + strings.Repeat("9", 1000), bootOptions{8, panicHalt}, false, "anser: command line"},
	} {
		var out console
		var got bootOptions
		printed.Reset()
		quiet := parseCommandLine([]byte(c.line), &got, &out)
		if got != c.want || quiet != c.quiet {
			t.Errorf("%q: got %v %v", c.line, got, quiet)
		}
		said := printed.String()
		if !strings.Contains(said, c.says) || (c.says == "") != (said == "") ||
			strings.Count(said, "\n") > 1 {
			t.Errorf("%q: said %q", c.line, said)
		}
	}
}

func TestReport(t *testing.T) {
	var out console
	printed.Reset()
	report(good(), &bootOptions{hartsMax: 1}, &out)
	for _, want := range []string{
		"anser: version " + version,
		"anser: harts   1 of 2, this is 1, clock 10000 kHz, timer SBI\n",
		"anser: memory  0x80000000 to 0x88000000, 128 MiB\n",
		"anser: kept    0x80000000 to 0x80080000, 512 KiB\n",
		"anser: initrd  0x84000000 to 0x84001000, 4 KiB\n",
	} {
		if !strings.Contains(printed.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, printed.String())
		}
	}
	printed.Reset()
	out.number(^uint64(0))
	out.text(" ")
	out.hex(^uint64(0))
	out.line()
	if printed.String() != "18446744073709551615 ffffffffffffffff\n" {
		t.Errorf("numbers: %q", printed.String())
	}
}

// TestFailingStep boots with an init that cannot be loaded: one line names the step and the error.
func TestFailingStep(t *testing.T) {
	defer func() {
		if said := recover(); said != "anser: step init failed with error 12\n" {
			t.Errorf("said %q", said)
		}
	}()
	kmain(1, good())
}
