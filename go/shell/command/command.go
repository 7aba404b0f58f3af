// SPDX-License-Identifier: BSD-2-Clause

// Package command has the shell's own commands.
package command

import (
	"fmt"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"anser/shell/eval"
	"anser/shell/job"
	"anser/shell/line"
	"anser/shell/machine"
)

// set is what the commands work on.
type set struct {
	shell   *eval.Shell
	machine machine.Machine
	history *line.History
	all     []eval.Command
}

// Install adds the commands to a shell and returns their names, for completion.
func Install(shell *eval.Shell, history *line.History) []string {
	s := &set{shell: shell, machine: shell.Machine, history: history}
	s.all = []eval.Command{
		{Name: "help", About: "this list", Run: s.help},
		{Name: "ls", Arguments: "[PATH...]", About: "programs of the boot archive; files", Run: s.list},
		{Name: "cat", Arguments: "[FILE...]", About: "shows files, or what comes in", Run: s.concatenate},
		{Name: "run", Arguments: "NAME ARGS", About: "starts a program; the name alone does it, too"},
		{Name: "strace", Arguments: "NAME ARGS", About: "starts a program and shows its foreign calls"},
		{Name: "time", Arguments: "COMMAND", About: "tells how long it takes"},
		{Name: "sh", Arguments: "FILE ARGS", About: "runs a script; '. FILE' runs it here"},
		{Name: "cd", Arguments: "[PATH]", About: "changes the directory; pwd tells it"},
		{Name: "jobs", About: "what runs in the background (COMMAND &)"},
		{Name: "fg", Arguments: "[JOB]", About: "waits for a job and gives it the input"},
		{Name: "wait", Arguments: "[JOB...]", About: "waits for jobs"},
		{Name: "kill", Arguments: "[-N] PID|%JOB", About: "ends a process, or sends it signal N", Run: s.kill},
		{Name: "ps", About: "processes and threads, and what they wait for", Run: s.processes},
		{Name: "mem", About: "who holds which memory", Run: s.memory},
		{Name: "chan", About: "published channels, and who waits at them", Run: s.channels},
		{Name: "services", About: "the servers that init keeps running", Run: s.services},
		{Name: "devices", About: "the machine's devices, and who drives them", Run: s.devices},
		{Name: "restart", Arguments: "SERVICE", About: "ends a service and starts it again", Run: s.restart},
		{Name: "dmesg", Arguments: "[-f]", About: "the log; -s SOURCE, -l LEVEL; -f: goes on", Run: s.log},
		{Name: "date", Arguments: "[-s TIME]", About: "the time of day; -s sets it", Run: s.date},
		{Name: "uptime", Arguments: "[boot]", About: "time since the start; what booting took", Run: s.uptime},
		{Name: "history", About: "the lines that were typed", Run: s.lines},
		{Name: "sleep", Arguments: "SECONDS", About: "waits", Run: s.sleep},
		{Name: "env", About: "the environment of programs", Run: s.environment},
		{Name: "shutdown", Arguments: "[CODE]", About: "switches the machine off", Run: s.shutdown},
		{Name: "reboot", About: "starts the machine again", Run: s.reboot},
	}
	var names []string
	for _, command := range s.all {
		names = append(names, command.Name)
		if command.Run != nil {
			shell.Add(command)
		}
	}
	return append(names, "echo", "export", "exit", "pwd", "read", "set", "source", "test", "true",
		"false", "type", "unset")
}

func (s *set) help(c *eval.Call) int {
	for _, command := range s.all {
		fmt.Fprintf(c.Stdout, "  %-9s %-13s %s\n", command.Name, command.Arguments, command.About)
	}
	fmt.Fprintln(c.Stdout, "Programs ('ls' lists all of them; with -h, most say how they are used): disk, dd, sha256sum;\n"+
		"ip, ping, nslookup, capture; httpd, httpget; lab.")
	fmt.Fprintln(c.Stdout, "Lines are a POSIX shell's: quotes, variables, a | b, < FILE, &&, if, while, functions.\n"+
		"Tab completes, arrow keys bring lines back. Ctrl-C ends what is in the foreground, Ctrl-T shows\n"+
		"what every thread waits for.")
	return 0
}

// ---- Files. ----------------------------------------------------------------------------------

func absolute(c *eval.Call, name string) string {
	if path.IsAbs(name) {
		return name
	}
	return path.Join(c.Dir, name)
}

func (s *set) list(c *eval.Call) int {
	if len(c.Args) > 1 {
		status := 0
		for _, name := range c.Args[1:] {
			status |= listPath(c, name)
		}
		return status
	}
	programs, err := s.machine.Programs()
	if err != nil {
		return c.Fail("init: %v", err)
	}
	for _, program := range programs {
		fmt.Fprintf(c.Stdout, "%-20s %8d bytes\n", program.Name, program.Size)
	}
	return 0
}

func listPath(c *eval.Call, name string) int {
	info, err := os.Stat(absolute(c, name))
	if err != nil {
		return c.Fail("%s: %v", name, eval.Reason(err))
	}
	if !info.IsDir() {
		fmt.Fprintf(c.Stdout, "%-20s %8d bytes\n", name, info.Size())
		return 0
	}
	entries, err := os.ReadDir(absolute(c, name))
	if err != nil {
		return c.Fail("%s: %v", name, eval.Reason(err))
	}
	for _, entry := range entries {
		if entry.IsDir() {
			fmt.Fprintf(c.Stdout, "%s/\n", entry.Name())
		} else if info, err := entry.Info(); err == nil {
			fmt.Fprintf(c.Stdout, "%-20s %8d bytes\n", entry.Name(), info.Size())
		}
	}
	return 0
}

func (s *set) concatenate(c *eval.Call) int {
	if len(c.Args) == 1 {
		if _, err := io.Copy(c.Stdout, readerOnly{c.Stdin}); err != nil && c.Context.Err() == nil {
			return c.Fail("%v", eval.Reason(err))
		}
		if c.Context.Err() != nil {
			return eval.StatusInterrupted
		}
		return 0
	}
	status := 0
	for _, name := range c.Args[1:] {
		if err := copyFile(c, name); err != nil {
			status = c.Fail("%s: %v", name, eval.Reason(err))
		}
	}
	return status
}

// readerOnly hides the other methods: a copy goes through Read, whatever the stream could do.
type readerOnly struct{ io.Reader }

func copyFile(c *eval.Call, name string) error {
	file, err := os.Open(absolute(c, name))
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(c.Stdout, readerOnly{file})
	return err
}

// ---- The system. ------------------------------------------------------------------------------

func (s *set) processes(c *eval.Call) int {
	processes, err := s.machine.Processes()
	if err != nil {
		return c.Fail("%v", err)
	}
	threads, err := s.machine.Threads()
	if err != nil {
		return c.Fail("%v", err)
	}
	channels, _ := s.machine.Channels() // without names the list is still worth something
	printProcesses(c.Stdout, processes, threads, channels)
	return 0
}

func (s *set) memory(c *eval.Call) int {
	processes, err := s.machine.Processes()
	if err != nil {
		return c.Fail("%v", err)
	}
	memory, err := s.machine.Memory()
	if err != nil {
		return c.Fail("%v", err)
	}
	printMemory(c.Stdout, memory, processes)
	return 0
}

func (s *set) channels(c *eval.Call) int {
	channels, err := s.machine.Channels()
	if err != nil {
		return c.Fail("names: %v", err)
	}
	threads, err := s.machine.Threads()
	if err != nil {
		return c.Fail("%v", err)
	}
	processes, err := s.machine.Processes()
	if err != nil {
		return c.Fail("%v", err)
	}
	printChannels(c.Stdout, channels, threads, processes)
	return 0
}

func (s *set) devices(c *eval.Call) int {
	devices, err := s.machine.Devices()
	if err != nil {
		return c.Fail("init: %v", err)
	}
	printDevices(c.Stdout, devices)
	return 0
}

func (s *set) services(c *eval.Call) int {
	services, err := s.machine.Services()
	if err != nil {
		return c.Fail("init: %v", err)
	}
	printServices(c.Stdout, services)
	return 0
}

func (s *set) restart(c *eval.Call) int {
	if len(c.Args) != 2 {
		return c.Fail("which service? 'services' shows them")
	}
	if err := s.machine.Restart(c.Args[1]); err != nil {
		return c.Fail("%s: %v", c.Args[1], err)
	}
	return 0
}

// ---- Processes. -------------------------------------------------------------------------------

// signals by the names that people type.
var signals = map[string]int{"HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "USR1": 10, "USR2": 12,
	"TERM": 15, "CONT": 18, "STOP": 19}

func signalNumber(word string) (int, bool) {
	if number, ok := signals[strings.TrimPrefix(strings.ToUpper(word), "SIG")]; ok {
		return number, true
	}
	number, err := strconv.Atoi(word)
	return number, err == nil && number >= 1 && number <= 64
}

func (s *set) kill(c *eval.Call) int {
	words, signal := c.Args[1:], job.Terminate
	if len(words) > 0 && strings.HasPrefix(words[0], "-") {
		var ok bool
		if signal, ok = signalNumber(words[0][1:]); !ok {
			return c.Fail("'%s' is no signal", words[0][1:])
		}
		words = words[1:]
	}
	if len(words) == 0 {
		return c.Fail("which process? 'ps' shows them")
	}
	status := 0
	for _, word := range words {
		if err := s.signal(word, signal); err != nil {
			status = c.Fail("%v", err)
		}
	}
	return status
}

// signal sends to a job, or to a process; those that are not ours can only be ended.
func (s *set) signal(word string, signal int) error {
	if strings.HasPrefix(word, "%") {
		found, err := s.shell.Jobs.Find(word)
		if err == nil {
			found.Signal(signal)
		}
		return err
	}
	id, err := strconv.ParseUint(word, 0, 64)
	if err != nil {
		return fmt.Errorf("'%s' is not a number", word)
	}
	for _, own := range s.shell.Jobs.All() {
		for _, process := range own.Processes() {
			if process.ID() == id {
				return process.Signal(signal)
			}
		}
	}
	if err := s.machine.Kill(id); err != nil {
		return fmt.Errorf("%s: %w", word, err)
	}
	return nil
}

// ---- The log, the machine. --------------------------------------------------------------------

func (s *set) log(c *eval.Call) int {
	query := machine.LogQuery{}
	for words := c.Args[1:]; len(words) > 0; words = words[1:] {
		switch {
		case words[0] == "-f":
			query.Follow = true
		case words[0] == "-s" && len(words) > 1:
			query.Source = words[1]
			words = words[1:]
		case words[0] == "-l" && len(words) > 1:
			query.Level = words[1]
			words = words[1:]
		default:
			return c.Fail("'%s': use -f, -s SOURCE, -l LEVEL", words[0])
		}
	}
	if err := s.machine.Log(query, c.Stdout, c.Context.Done()); err != nil && c.Context.Err() == nil {
		return c.Fail("%v", err)
	}
	return 0
}

func (s *set) uptime(c *eval.Call) int {
	uptime := s.machine.Uptime()
	if len(c.Args) > 1 && c.Args[1] == "boot" {
		fmt.Fprintf(c.Stdout, "%d instructions from the loader's first to the first prompt\n",
			uptime.BootInstructions)
		return 0
	}
	fmt.Fprintf(c.Stdout, "up %d:%02d:%02d\n", uptime.Seconds/3600, uptime.Seconds/60%60,
		uptime.Seconds%60)
	return 0
}

func (s *set) lines(c *eval.Call) int {
	first, lines := s.history.All()
	for i, line := range lines {
		fmt.Fprintf(c.Stdout, "%5d  %s\n", first+i, line)
	}
	return 0
}

func (s *set) sleep(c *eval.Call) int {
	if len(c.Args) != 2 {
		return c.Fail("how many seconds?")
	}
	seconds, err := strconv.ParseFloat(c.Args[1], 64)
	if err != nil || seconds < 0 {
		return c.Fail("'%s' is no number of seconds", c.Args[1])
	}
	timer := time.NewTimer(time.Duration(seconds * float64(time.Second)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return 0
	case <-c.Context.Done():
		return eval.StatusInterrupted
	}
}

func (s *set) environment(c *eval.Call) int {
	for _, variable := range eval.Exported(c.Env) {
		fmt.Fprintln(c.Stdout, variable)
	}
	return 0
}

func (s *set) shutdown(c *eval.Call) int {
	code := uint64(0)
	if len(c.Args) > 1 {
		var err error
		if code, err = strconv.ParseUint(c.Args[1], 0, 8); err != nil {
			return c.Fail("'%s' is no exit code (0 to 255)", c.Args[1])
		}
	}
	return c.Fail("%v", s.machine.PowerOff(uint8(code)))
}

func (s *set) reboot(c *eval.Call) int {
	return c.Fail("%v", s.machine.Reboot())
}
