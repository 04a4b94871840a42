// Package blob keeps files by the SHA-256 of their bytes. dir.go keeps them in
// a folder, s3.go in any S3 store; both pass blobtest.Run.
package blob

import (
	"context"
	"io"
)

// Digest is a SHA-256 in lower-case hex, 64 characters.
type Digest string

// Info is what a store knows of an object.
type Info struct {
	Digest Digest
	Bytes  int64
}

// Store keeps objects. An object never changes; its name is its content.
type Store interface {
	// Put reads r to its end, at most limit bytes (fault.TooLarge beyond;
	// 0: no limit), and returns once the object is durable. Putting the
	// same bytes twice is one object. On error nothing is left behind.
	Put(ctx context.Context, r io.Reader, limit int64) (Info, error)
	// Open returns a reader over the whole object that can seek. It returns
	// fault.NotFound if there is none.
	Open(ctx context.Context, d Digest) (Object, error)
	// Stat returns fault.NotFound if there is no such object.
	Stat(ctx context.Context, d Digest) (Info, error)
	// Delete removes an object; one that is not there is no error.
	Delete(ctx context.Context, d Digest) error
	// List yields every object.
	List(ctx context.Context, yield func(Info) error) error
}

// Object is an open object. Seeking is cheap: a range of an S3 object is
// asked for as a range.
type Object interface {
	io.ReadSeekCloser
	Bytes() int64
}
