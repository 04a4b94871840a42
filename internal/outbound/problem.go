package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strings"
)

// Problem says why a request had no answer.
type Problem string

// The problems. Those of the gate itself first.
const (
	Malformed    Problem = "malformed"     // no plain address of the web
	PortRefused  Problem = "port"          // no port of the web
	NotPublic    Problem = "not-public"    // an address that is not of the public internet
	NotEncrypted Problem = "not-encrypted" // http, where something is sent that others may not read
	Redirects    Problem = "redirects"     // more than five, or to nowhere
	NoName       Problem = "no-name"       // no such name
	NameFailed   Problem = "name-failed"   // the name cannot be resolved now
	Unreachable  Problem = "unreachable"   // no connection
	Slow         Problem = "slow"          // no answer in time
	Expired      Problem = "expired"       // the certificate is out of date
	WrongName    Problem = "wrong-name"    // the certificate is of another host
	Untrusted    Problem = "untrusted"     // the certificate is of nobody we trust
	NoEncryption Problem = "no-encryption" // no encrypted connection comes about
	BadAnswer    Problem = "bad-answer"    // what comes back is no HTTP, or its head is too long
)

// Error is why a request had no answer.
type Error struct {
	Problem Problem
	Cause   error // for the log; names no more than the address that was asked
}

func (e *Error) Error() string { return string(e.Problem) + ": " + e.Cause.Error() }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

func refuse(p Problem, why string) *Error { return &Error{p, errors.New(why)} }

// ProblemOf is the problem of err, empty where it is none of this package.
func ProblemOf(err error) Problem {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Problem
	}
	return ""
}

// explain turns what the network says into a problem.
func explain(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{problem(err), err}
}

func problem(err error) Problem {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return Slow
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return Slow
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return WrongName
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return Untrusted
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if e.Reason == x509.Expired {
			return Expired
		}
		return Untrusted
	}
	_, header := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	_, verify := errors.AsType[*tls.CertificateVerificationError](err)
	if header || alert || verify || strings.Contains(err.Error(), "tls: ") {
		return NoEncryption
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return Unreachable
	}
	return BadAnswer
}
