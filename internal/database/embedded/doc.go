// Package embedded runs a private PostgreSQL for one installation: it makes the
// cluster, starts the server on a socket that only we can reach, starts it
// again when it dies, and takes it down with us, whichever way we end.
//
// It does not install PostgreSQL, and it never touches a server that it did
// not start on its own folder.
package embedded
