// Package fault names the kinds of error a person can meet, and keeps the
// sentence for the person apart from the cause for the log.
//
// A fault's sentence is Chinese: it is also the key under which the message
// catalogue (templates/text) holds the English one. Arguments stay apart from
// the sentence so that both languages can place them.
package fault

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what went wrong in the terms a reader can act on.
type Kind int

// The kinds. The zero value is Internal: an error nobody classified is ours.
const (
	Internal        Kind = iota
	Invalid              // the input breaks a rule; say which
	NotFound             // nothing there, or nothing this reader may know of
	Unauthenticated      // sign in first
	Forbidden            // known, but not for this person
	Conflict             // someone else got there first
	Gone                 // it was here and was withdrawn
	TooLarge             // over a stated limit
	TooMany              // over a rate limit; try again later
	Unavailable          // a part we depend on does not answer
	Malformed            // the request itself is wrong: an unknown or absurd parameter
	Unpaid               // known and theirs, and something is to be paid first
)

// Fault is an error with a sentence for the person.
type Fault struct {
	Kind     Kind
	Sentence string // Chinese, a fmt format if Args are given
	Args     []any
	Field    string        // the input field or parameter it is about; empty if none
	Retry    time.Duration // after which to try again; 0 where nobody knows
	Also     []*Fault      // what else is wrong with the input, each at its field
	Next     string        // the address of the page where a person goes on; empty if there is none
	Cause    error         // for the log only
}

// Terms is an argument of a sentence: words of the catalogue of messages, each
// said in the reader's language.
type Terms []string

// Each are the words.
func (t Terms) Each() []string { return t }

// String joins them in Chinese.
func (t Terms) String() string { return strings.Join(t, "、") }

// Named is an argument of a sentence: the name of something, which may have an English one.
type Named struct{ Zh, En string }

// Spoken is the name in English, or as it is where there is no English one.
func (n Named) Spoken() string { return cmp.Or(n.En, n.Zh) }

// String is the name in Chinese.
func (n Named) String() string { return n.Zh }

// New makes a fault of kind k that tells the person sentence.
func New(k Kind, sentence string, args ...any) *Fault {
	return &Fault{Kind: k, Sentence: sentence, Args: args}
}

// At is a New(Invalid) about one field of the input.
func At(field, sentence string, args ...any) *Fault {
	return &Fault{Kind: Invalid, Sentence: sentence, Args: args, Field: field}
}

// Because keeps the cause for the log and returns f.
func (f *Fault) Because(err error) *Fault {
	f.Cause = err
	return f
}

// Error is the log's view: sentence and cause.
func (f *Fault) Error() string {
	s := f.Text()
	if f.Field != "" {
		s = f.Field + ": " + s
	}
	if f.Cause != nil {
		s += ": " + f.Cause.Error()
	}
	return s
}

// Text is the Chinese sentence with its arguments in place.
func (f *Fault) Text() string {
	if len(f.Args) == 0 {
		return f.Sentence
	}
	return fmt.Sprintf(f.Sentence, f.Args...)
}

// Unwrap gives errors.Is and errors.As the cause.
func (f *Fault) Unwrap() error { return f.Cause }

// KindOf is the kind of the outermost fault in err's chain, Internal when
// there is none and err is not nil. KindOf(nil) is -1, which no Kind is.
func KindOf(err error) Kind {
	if err == nil {
		return -1
	}
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Kind
	}
	return Internal
}

// Of returns the outermost fault in err's chain, or a fault of kind Internal
// that wraps err.
func Of(err error) *Fault {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	return New(Internal, "系统出错了，请稍后再试。").Because(err)
}
