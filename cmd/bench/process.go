package main

import (
	"bytes"
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
	p.memory, p.peak = resident(pid)
	return p, true
}

// resident is what a process has in memory, and the most that it ever had.
func resident(pid int) (now, peak int64) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		name, rest, _ := strings.Cut(line, ":")
		fields := strings.Fields(rest)
		if name != "VmRSS" && name != "VmHWM" || len(fields) == 0 {
			continue
		}
		kilo, _ := strconv.ParseInt(fields[0], 10, 64)
		if name == "VmRSS" {
			now = kilo << 10
		} else {
			peak = kilo << 10
		}
	}
	return now, peak
}

// watched is what was seen of a process and of its limited children.
type watched struct {
	before, most int64 // resident bytes of the process: at first, and at most
	children     map[int][]process
}

// watch looks at pid and its limited children a hundred times a second until
// stop is called, which says what was seen.
func watch(pid int) (stop func() watched) {
	w := watched{children: map[int][]process{}}
	w.before, _ = resident(pid)
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			now, _ := resident(pid)
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

// busiest is the most that the child had in memory, while it was watched, that
// worked most.
func (w watched) busiest() int64 {
	var most, worked int64 = 0, -1
	for _, seen := range w.children {
		if did := seen[len(seen)-1].ticks - seen[0].ticks; did > worked {
			worked = did
			most = slices.MaxFunc(seen, func(a, b process) int { return int(a.memory>>10) - int(b.memory>>10) }).memory
		}
	}
	return most
}
