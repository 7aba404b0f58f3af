// SPDX-License-Identifier: BSD-2-Clause

package command

import (
	"fmt"
	"io"

	"anser/shell/machine"
)

const pageKiB = 4

type processNames map[uint64]string

func (names processNames) of(id uint64) string {
	if name, ok := names[id]; ok {
		return name
	}
	return "?"
}

func namesOf(processes []machine.ProcessInfo) processNames {
	names := processNames{}
	for _, process := range processes {
		names[process.ID] = process.Name
	}
	return names
}

func millis(ms uint64) string {
	return fmt.Sprintf(" %5d.%03d", ms/1000, ms%1000)
}

// printProcesses is what `ps` shows. Threads come and go while the lists are made; each line is true
// of its moment.
func printProcesses(out io.Writer, processes []machine.ProcessInfo, threads []machine.ThreadInfo,
	channels []machine.Channel) {
	fmt.Fprintln(out, "  PID  THR  NAME, STATE           CPU s   PAGES  WAITS FOR")
	names := namesOf(processes)
	for _, process := range processes {
		fmt.Fprintf(out, "%5d       %-18s%s %6d\n", process.ID, process.Name,
			millis(process.CPUMillis), process.Pages)
		for _, thread := range threads {
			if thread.Process == process.ID {
				fmt.Fprintf(out, "      %5d   %-8s pri %2d%s         %s\n", thread.ID, thread.State,
					thread.Priority, millis(thread.CPUMillis),
					waitsFor(thread, threads, names, channels))
			}
		}
	}
}

func waitsFor(thread machine.ThreadInfo, threads []machine.ThreadInfo, names processNames,
	channels []machine.Channel) string {
	switch {
	case thread.WaitThread != 0:
		server := "?"
		for _, other := range threads {
			if other.ID == thread.WaitThread {
				server = names.of(other.Process)
			}
		}
		return fmt.Sprintf("answer of %s (thread %d)", server, thread.WaitThread)
	case thread.WaitWord:
		return fmt.Sprintf("word at 0x%x", thread.WaitObject)
	case thread.WaitObject != 0:
		for _, channel := range channels {
			if channel.Object == thread.WaitObject {
				return fmt.Sprintf("channel %d %s", thread.WaitObject, channel.Name)
			}
		}
		return fmt.Sprintf("channel %d", thread.WaitObject)
	}
	return ""
}

func printPages(out io.Writer, what string, pages uint64) {
	fmt.Fprintf(out, "%-34s %8d %9d KiB\n", what, pages, pages*pageKiB)
}

// printMemory is what `mem` shows.
func printMemory(out io.Writer, memory machine.Memory, processes []machine.ProcessInfo) {
	fmt.Fprintln(out, "WHO                                   PAGES")
	known := memory.Free + memory.Image + memory.Meta + memory.Boot + memory.Reserved
	for _, process := range processes {
		known += process.Pages
		printPages(out, fmt.Sprintf("%s (%d)", process.Name, process.ID), process.Pages)
	}
	printPages(out, "kernel image", memory.Image)
	printPages(out, "frame table", memory.Meta)
	printPages(out, "kernel, for nobody in particular", memory.Total-min(memory.Total, known))
	printPages(out, "boot archive and device tree", memory.Boot)
	printPages(out, "firmware", memory.Reserved)
	printPages(out, "free", memory.Free)
	printPages(out, "all", memory.Total)
	fmt.Fprintf(out, "of these: kernel objects %d pages, page tables %d; %d objects, %d handles, "+
		"%d threads, %d harts\n", memory.Slab, memory.Tables, memory.Objects, memory.Handles,
		memory.Threads, memory.Harts)
}

// printChannels is what `chan` shows.
func printChannels(out io.Writer, channels []machine.Channel, threads []machine.ThreadInfo,
	processes []machine.ProcessInfo) {
	names := namesOf(processes)
	fmt.Fprintln(out, "NAME                     CHANNEL  PUBLISHED BY")
	for _, channel := range channels {
		publisher, ok := names[channel.Publisher]
		if !ok {
			publisher = "nobody serves it"
		}
		fmt.Fprintf(out, "%-24s %7d  %s\n", channel.Name, channel.Object, publisher)
		for _, thread := range threads {
			if thread.WaitObject == channel.Object && !thread.WaitWord {
				fmt.Fprintf(out, "    thread %d of %s waits: %s\n", thread.ID,
					names.of(thread.Process), thread.State)
			}
		}
	}
}

// printDevices is what `devices` shows.
func printDevices(out io.Writer, devices []machine.Device) {
	fmt.Fprintln(out, "ADDRESS       IRQ  KIND                      DRIVER")
	for _, device := range devices {
		kind, driver := device.Kind, device.Driver
		if device.Virtio != 0 {
			kind = fmt.Sprintf("%s (%d)", kind, device.Virtio)
		}
		if device.Legacy {
			kind += ", legacy"
		}
		if driver == "" {
			driver = "-"
		}
		fmt.Fprintf(out, "0x%08x %6d  %-25s %s\n", device.Address, device.IRQ, kind, driver)
		if device.Wrong != "" {
			fmt.Fprintln(out, "   ", device.Wrong)
		}
	}
}

// printServices is what `services` shows.
func printServices(out io.Writer, services []machine.Service) {
	fmt.Fprintln(out, "NAME                PID RESTARTS  STATE")
	for _, service := range services {
		fmt.Fprintf(out, "%-16s %6d %8d  %s\n", service.Name, service.Process, service.Restarts,
			service.State)
		for _, detail := range []struct{ what, text string }{
			{"needs", service.Needs}, {"waits for", service.WaitsFor}, {"last:", service.End}} {
			if detail.text != "" {
				fmt.Fprintf(out, "    %s %s\n", detail.what, detail.text)
			}
		}
	}
}
