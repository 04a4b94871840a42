package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// process is a process as /proc tells of it.
type process struct {
	pid    int
	memory int64 // resident bytes, what it shares with others included
	peak   int64 // the most of it that there ever was
	own    int64 // what is no file: not the program itself, which all workers share
	ticks  int64 // of processor time
}

// limitedChildren are the children of pid that work behind a wall: they were
// started as /proc/self/exe, and are called so.
func limitedChildren(pid int) []process {
	var found []process
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		if p, ok := childOf(pid, path); ok {
			found = append(found, p)
		}
	}
	return found
}

// childOf reads a stat file (proc(5)) and reports whether it is of a limited
// child of parent.
func childOf(parent int, path string) (process, bool) {
	line, err := os.ReadFile(path)
	if err != nil {
		return process{}, false // it has ended
	}
	name, rest, ok := bytes.Cut(line, []byte(") "))
	fields := strings.Fields(string(rest))
	if !ok || len(fields) < 22 || fields[1] != strconv.Itoa(parent) || !bytes.HasSuffix(name, []byte("(exe")) {
		return process{}, false
	}
	pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
	if err != nil {
		return process{}, false
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	p := process{pid: pid, ticks: user + system}
	p.memory, p.peak, p.own = resident(pid)
	return p, true
}

// resident is what a process has in memory, the most that it ever had, and what
// of it is no file.
func resident(pid int) (now, peak, own int64) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	found := map[string]*int64{"VmRSS": &now, "VmHWM": &peak, "RssAnon": &own}
	for line := range strings.Lines(string(status)) {
		name, rest, _ := strings.Cut(line, ":")
		if into := found[name]; into != nil {
			if fields := strings.Fields(rest); len(fields) > 0 {
				kilo, _ := strconv.ParseInt(fields[0], 10, 64)
				*into = kilo << 10
			}
		}
	}
	return now, peak, own
}

// watched is what was seen of a process and of its limited children.
type watched struct {
	most     int64 // resident bytes of the process, at most
	children map[int][]process
}

// watch looks at pid and its limited children a hundred times a second until
// stop is called, which says what was seen.
func watch(pid int) (stop func() watched) {
	w := watched{children: map[int][]process{}}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			now, _, _ := resident(pid)
			w.most = max(w.most, now)
			for _, c := range limitedChildren(pid) {
				w.children[c.pid] = append(w.children[c.pid], c)
			}
			select {
			case <-tick.C:
			case <-end:
				return
			}
		}
	}()
	return func() watched {
		close(end)
		<-ended
		return w
	}
}

// peak is the most that any child had in memory, also between two looks.
func (w watched) peak() int64 {
	var most int64
	for _, seen := range w.children {
		for _, c := range seen {
			most = max(most, c.peak)
		}
	}
	return most
}

// busiest is the child that worked most while it was watched, as it was when it
// had most in memory.
func (w watched) busiest() process {
	var most process
	worked := int64(-1)
	for _, seen := range w.children {
		if did := seen[len(seen)-1].ticks - seen[0].ticks; did > worked {
			worked = did
			most = slices.MaxFunc(seen, func(a, b process) int { return cmp.Compare(a.memory, b.memory) })
		}
	}
	return most
}
