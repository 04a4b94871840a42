// Package blob keeps files by the SHA-256 of their bytes. dir.go keeps them in
// a folder, s3.go in any S3 store; both pass blobtest.Run.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"shuyuan/internal/fault"
)

// Digest is a SHA-256 in lower-case hex, 64 characters.
type Digest string

// Check returns fault.Invalid unless d is well formed. A store checks every
// digest it is handed, so that no name ever becomes a path.
func (d Digest) Check() error {
	if len(d) != 64 {
		return badDigest()
	}
	for _, c := range []byte(d) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return badDigest()
		}
	}
	return nil
}

func badDigest() error {
	return fault.New(fault.Invalid, "文件摘要须为 64 位小写十六进制字符。")
}

// key is the path of an object in either kind of store: two levels of folders
// keep each of them small.
func (d Digest) key() string {
	return string(d[:2]) + "/" + string(d[2:4]) + "/" + string(d)
}

// Info is what a store knows of an object.
type Info struct {
	Digest   Digest
	Bytes    int64
	Modified time.Time // when it was last put; told by List only
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

// Verify reads the whole object and returns what it really is; fault.Unavailable
// if the bytes are not those that d names.
func Verify(ctx context.Context, s Store, d Digest) (Info, error) {
	o, err := s.Open(ctx, d)
	if err != nil {
		return Info{}, err
	}
	defer o.Close()
	h := sha256.New()
	n, err := io.Copy(h, reader{ctx, o})
	if err != nil {
		return Info{}, err
	}
	got := Info{Digest: Digest(hex.EncodeToString(h.Sum(nil))), Bytes: n}
	if got.Digest != d {
		return got, damaged(fmt.Errorf("object %s holds %d bytes with digest %s", d, n, got.Digest))
	}
	return got, nil
}

func notFound(d Digest) error {
	return fault.New(fault.NotFound, "没有这个文件。").Because(fmt.Errorf("object %s", d))
}

func tooLarge(limit int64) error {
	return fault.New(fault.TooLarge, "文件超过 %d 字节的上限。", limit)
}

func damaged(err error) error {
	return fault.New(fault.Unavailable, "存储中的文件不完整，请稍后再试。").Because(err)
}

func unavailable(err error) error {
	return fault.New(fault.Unavailable, "文件存储暂时没有响应，请稍后再试。").Because(err)
}

// reader ends when ctx does.
type reader struct {
	ctx context.Context //nolint:containedctx // it lives for one call
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// spool copies r to w, at most limit bytes, and says what it copied.
func spool(ctx context.Context, w io.Writer, r io.Reader, limit int64) (Info, error) {
	h := sha256.New()
	var src io.Reader = reader{ctx, r}
	if limit > 0 {
		src = io.LimitReader(src, limit+1)
	}
	n, err := io.Copy(io.MultiWriter(w, h), src)
	if err != nil {
		return Info{}, fmt.Errorf("put: %w", err)
	}
	if limit > 0 && n > limit {
		return Info{}, tooLarge(limit)
	}
	if err := context.Cause(ctx); err != nil {
		return Info{}, fmt.Errorf("put: %w", err)
	}
	return Info{Digest: Digest(hex.EncodeToString(h.Sum(nil))), Bytes: n}, nil
}
