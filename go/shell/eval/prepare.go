// SPDX-License-Identifier: BSD-2-Clause

package eval

import (
	"strconv"
	"sync/atomic"

	"mvdan.cc/sh/v3/syntax"
)

// Names that only prepare writes: no line that is typed has a blank in front.
const (
	namePiped     = " piped"      // ends, command...: its stdin (i), stdout (o) or both join programs
	nameTimeBegin = " time-begin" // key
	nameTimeEnd   = " time-end"   // key, status
)

// timers numbers the `time`s of all texts.
var timers atomic.Uint64

// prepare changes a parsed text in two places, where the interpreter alone would do worse: between
// two programs a pipe of the system is used instead of one that the shell would have to copy, and
// `time` tells what it knows.
func prepare(file *syntax.File, isInternal func(string) bool) {
	declared := map[string]bool{}
	syntax.Walk(file, func(node syntax.Node) bool {
		if function, ok := node.(*syntax.FuncDecl); ok {
			declared[function.Name.Value] = true
		}
		return true
	})
	isProgram := func(name string) bool { return !declared[name] && !isInternal(name) }
	ends := map[*syntax.CallExpr]string{}
	syntax.Walk(file, func(node syntax.Node) bool {
		statement, ok := node.(*syntax.Stmt)
		if !ok {
			return true
		}
		switch command := statement.Cmd.(type) {
		case *syntax.BinaryCmd:
			if command.Op == syntax.Pipe {
				join(command, ends, isProgram)
			}
		case *syntax.TimeClause:
			statement.Cmd = timed(command, strconv.FormatUint(timers.Add(1), 10))
		}
		return true
	})
	for call, which := range ends {
		call.Args = append([]*syntax.Word{literal(namePiped), literal(which)}, call.Args...)
	}
}

// join marks both sides of a pipe, if both are programs that are sure to be started.
func join(command *syntax.BinaryCmd, ends map[*syntax.CallExpr]string, isProgram func(string) bool) {
	left, right := lastOf(command.X), firstOf(command.Y)
	if startsProgram(left, isProgram) && startsProgram(right, isProgram) {
		ends[left.Cmd.(*syntax.CallExpr)] += "o"
		ends[right.Cmd.(*syntax.CallExpr)] += "i"
	}
}

// lastOf is the command that writes to the pipe behind statement.
func lastOf(statement *syntax.Stmt) *syntax.Stmt {
	for {
		command, ok := statement.Cmd.(*syntax.BinaryCmd)
		if !ok || command.Op != syntax.Pipe || len(statement.Redirs) > 0 {
			return statement
		}
		statement = command.Y
	}
}

func firstOf(statement *syntax.Stmt) *syntax.Stmt {
	for {
		command, ok := statement.Cmd.(*syntax.BinaryCmd)
		if !ok || command.Op != syntax.Pipe || len(statement.Redirs) > 0 {
			return statement
		}
		statement = command.X
	}
}

// startsProgram tells whether a statement is nothing but the start of a program, with words that
// cannot fail to expand: if one side were never started, the other would wait for it.
func startsProgram(statement *syntax.Stmt, isProgram func(string) bool) bool {
	call, ok := statement.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 || len(statement.Redirs) > 0 || statement.Background {
		return false
	}
	name := call.Args[0].Lit()
	if name == "" || !isProgram(name) {
		return false
	}
	safe := true
	syntax.Walk(call, func(node syntax.Node) bool {
		switch node := node.(type) {
		case *syntax.ParamExp:
			safe = safe && node.Short
		case *syntax.CmdSubst, *syntax.ArithmExp, *syntax.ProcSubst, *syntax.ExtGlob:
			safe = false
		}
		return safe
	})
	return safe
}

// timed is { time-begin KEY; statement; time-end KEY $?; }.
func timed(clause *syntax.TimeClause, key string) syntax.Command {
	status := &syntax.Word{Parts: []syntax.WordPart{
		&syntax.ParamExp{Short: true, Param: &syntax.Lit{Value: "?"}},
	}}
	block := &syntax.Block{Stmts: []*syntax.Stmt{call(literal(nameTimeBegin), literal(key))}}
	if clause.Stmt != nil {
		block.Stmts = append(block.Stmts, clause.Stmt)
	}
	block.Stmts = append(block.Stmts, call(literal(nameTimeEnd), literal(key), status))
	return block
}

func call(words ...*syntax.Word) *syntax.Stmt {
	return &syntax.Stmt{Cmd: &syntax.CallExpr{Args: words}}
}

func literal(text string) *syntax.Word {
	return &syntax.Word{Parts: []syntax.WordPart{&syntax.SglQuoted{Value: text}}}
}
