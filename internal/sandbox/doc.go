// Package sandbox starts limited children: this same program once more, behind
// a wall, for work on bytes that may be hostile (reading what somebody
// uploaded, running DuckDB).
//
// A child has a user of its own (where we are root; else a user namespace), no
// network, no signal to anybody, an empty environment, namespaces of its own for
// mounts, messages and the machine's name, and by Landlock only the
// files it was given. A seccomp list holds what it may ask of the
// kernel, limits hold memory, processor time, file size and time on the clock.
// It cannot start another program. It dies with us.
//
// The parent says what a child may do in a Spec and calls Start; the child's
// main calls Main first, which never returns there. Check proves at the start
// of the program that the wall stands: without it nothing untrusted is read.
package sandbox
