package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"shuyuan/internal/fault"
)

// S3Config names a bucket of any S3 store.
type S3Config struct {
	Endpoint  string // http(s)://host[:port]
	Bucket    string // must exist
	AccessKey string
	SecretKey string
	Region    string        // us-east-1 if empty
	TempDir   string        // where uploads wait for their digest; the system's if empty
	Stall     time.Duration // longest silence of the store before a call fails, thrice as long for what stores; 10 s if 0
}

// String tells everything but the keys.
func (c S3Config) String() string { return "s3 bucket " + c.Bucket + " at " + c.Endpoint }

// GoString is String, so that no way of printing shows a key.
func (c S3Config) GoString() string { return c.String() }

// A reader waits for at most two calls that a silent store lets hang, one that
// asks for the size and one for the bytes; both must be over before the 30
// seconds that a request has, or nobody is told that it is the store. One that
// is well answers within a second. To put together what came in parts it may
// need far longer.
const (
	usualStall = 10 * time.Second
	storing    = 3
)

// partBytes bounds the memory of one upload: larger objects go in parts.
const partBytes = 16 << 20

// S3 keeps objects in a bucket, as aa/bb/digest. The digest is known only
// after reading, so an upload waits in a local file first and is then put
// under its name in one step.
type S3 struct {
	core   minio.Core
	bucket string
	tmp    string
	stall  time.Duration
}

// NewS3 returns a store on a bucket that exists and answers.
func NewS3(ctx context.Context, c S3Config) (Store, error) {
	u, err := url.Parse(c.Endpoint)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.User != nil {
		return nil, fmt.Errorf("s3 endpoint must read http(s)://host:port, without a path or a password")
	}
	if c.Bucket == "" {
		return nil, errors.New("s3 bucket is not named")
	}
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.Stall == 0 {
		c.Stall = usualStall
	}
	core, err := minio.NewCore(u.Host, &minio.Options{
		Creds:      credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""),
		Secure:     u.Scheme == "https",
		Region:     c.Region, // told, so that nothing asks the store for it
		MaxRetries: 3,
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: min(5*time.Second, c.Stall)}).DialContext,
			TLSHandshakeTimeout:   min(10*time.Second, c.Stall),
			ResponseHeaderTimeout: storing * c.Stall, // the watchdogs are stricter
			IdleConnTimeout:       time.Minute,
			MaxIdleConnsPerHost:   64,
			DisableCompression:    true, // the bytes as they are stored
		},
	})
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	s := &S3{core: *core, bucket: c.Bucket, tmp: c.TempDir, stall: c.Stall}
	ctx, watch := watchdog(ctx, s.stall)
	defer watch.stop()
	switch there, err := core.BucketExists(ctx, c.Bucket); {
	case err != nil:
		return nil, unavailable(fmt.Errorf("%v: %w", c, err))
	case !there:
		return nil, unavailable(fmt.Errorf("%v: there is no such bucket", c))
	}
	return s, nil
}

// Put implements Store. If the store fails while it answers, the whole object
// may be there all the same, without a row: what the checker calls an orphan.
func (s *S3) Put(ctx context.Context, r io.Reader, limit int64) (Info, error) {
	f, err := os.CreateTemp(s.tmp, "shuyuan-put-")
	if err != nil {
		return Info{}, diskFault(err)
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil { // the open file outlives its name, and nothing outlives us
		return Info{}, diskFault(err)
	}
	info, err := spool(ctx, f, r, limit)
	if err != nil {
		return Info{}, diskFault(err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return Info{}, diskFault(err)
	}
	ctx, watch := watchdog(ctx, storing*s.stall)
	defer watch.stop()
	_, err = s.core.Client.PutObject(ctx, s.bucket, info.Digest.key(), watched{f, watch}, info.Bytes, minio.PutObjectOptions{
		ContentType:    "application/octet-stream",
		SendContentMd5: true, // the store refuses bytes that changed on the way
		PartSize:       partBytes,
		NumThreads:     1,
	})
	if err != nil {
		return Info{}, s.fault(ctx, info.Digest, err)
	}
	watch.kick()
	st, err := s.core.StatObject(ctx, s.bucket, info.Digest.key(), minio.StatObjectOptions{})
	if err != nil {
		return Info{}, s.fault(ctx, info.Digest, err)
	}
	if st.Size != info.Bytes {
		return Info{}, damaged(fmt.Errorf("put %s: %d bytes sent, the store has %d", info.Digest, info.Bytes, st.Size))
	}
	return info, nil
}

// Open implements Store.
func (s *S3) Open(ctx context.Context, d Digest) (Object, error) {
	info, err := s.Stat(ctx, d)
	if err != nil {
		return nil, err
	}
	return &s3Object{ctx: ctx, store: s, Info: info, sum: sha256.New()}, nil
}

// Stat implements Store.
func (s *S3) Stat(ctx context.Context, d Digest) (Info, error) {
	if err := d.Check(); err != nil {
		return Info{}, err
	}
	ctx, watch := watchdog(ctx, s.stall)
	defer watch.stop()
	st, err := s.core.StatObject(ctx, s.bucket, d.key(), minio.StatObjectOptions{})
	if err != nil {
		return Info{}, s.fault(ctx, d, err)
	}
	return Info{Digest: d, Bytes: st.Size}, nil
}

// Delete implements Store.
func (s *S3) Delete(ctx context.Context, d Digest) error {
	if err := d.Check(); err != nil {
		return err
	}
	ctx, watch := watchdog(ctx, s.stall)
	defer watch.stop()
	err := s.core.RemoveObject(ctx, s.bucket, d.key(), minio.RemoveObjectOptions{})
	if err = s.fault(ctx, d, err); fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// List implements Store. Keys that are no objects of ours are passed over.
func (s *S3) List(ctx context.Context, yield func(Info) error) error {
	outer := ctx
	ctx, watch := watchdog(ctx, s.stall)
	defer watch.stop()
	for o := range s.core.Client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Recursive: true}) {
		if o.Err != nil {
			return s.fault(ctx, "", o.Err)
		}
		d := Digest(o.Key[strings.LastIndexByte(o.Key, '/')+1:])
		if d.Check() != nil || o.Key != d.key() {
			continue
		}
		watch.pause()
		if err := yield(Info{Digest: d, Bytes: o.Size, Modified: o.LastModified}); err != nil {
			return err
		}
		watch.kick()
	}
	if err := context.Cause(outer); err != nil {
		return err
	}
	return s.fault(ctx, "", context.Cause(ctx))
}

// fault says what err means: the caller's own end, an object that is not
// there, or a store that does not do its work.
func (s *S3) fault(ctx context.Context, d Digest, err error) error {
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, errStalled) {
		return cause
	}
	if errors.Is(context.Cause(ctx), errStalled) {
		return unavailable(errStalled)
	}
	if r := minio.ToErrorResponse(err); r.Code == minio.NoSuchKey {
		return notFound(d)
	}
	return unavailable(fmt.Errorf("bucket %s: %w", s.bucket, err))
}

// s3Object reads one object. From the start it is one request, checked against
// the digest at its end; after a seek it is ranges that grow, so that a
// small range never pulls the rest of a large file.
type s3Object struct {
	Info
	ctx    context.Context //nolint:containedctx // an open object lives within its request
	store  *S3
	at     int64 // where the next Read starts
	end    int64 // where the open body ends
	window int64 // length of the next range; 0: the rest
	body   io.ReadCloser
	watch  *watch
	bctx   context.Context //nolint:containedctx // the body's own
	sum    hash.Hash       // of the bytes from the start up to at; nil once seeked
	err    error
}

const (
	firstWindow = 1 << 20
	lastWindow  = 64 << 20
)

// Bytes implements Object.
func (o *s3Object) Bytes() int64 { return o.Info.Bytes }

// Read implements io.Reader.
func (o *s3Object) Read(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if o.at >= o.Info.Bytes {
		return 0, o.finish()
	}
	if o.body == nil {
		if err := o.fetch(); err != nil {
			o.err = err
			return 0, err
		}
	}
	o.watch.kick()
	n, err := o.body.Read(p[:min(int64(len(p)), o.end-o.at)])
	o.watch.pause()
	if o.sum != nil {
		o.sum.Write(p[:n])
	}
	o.at += int64(n)
	switch {
	case o.at == o.end:
		o.close()
		if o.at == o.Info.Bytes {
			if err := o.finish(); !errors.Is(err, io.EOF) { // before the last bytes are handed out
				o.err = err
				return 0, err
			}
		}
		return n, nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		o.err = damaged(fmt.Errorf("object %s: the store ended it at byte %d of %d", o.Digest, o.at, o.Info.Bytes))
	case err != nil:
		o.err = o.store.fault(o.bctx, o.Digest, err)
	}
	return n, o.err
}

// finish is io.EOF, unless the object was read whole and is not what its name says.
func (o *s3Object) finish() error {
	if o.sum != nil && o.at == o.Info.Bytes && Digest(hex.EncodeToString(o.sum.Sum(nil))) != o.Digest {
		return damaged(fmt.Errorf("object %s: the store sent other bytes", o.Digest))
	}
	return io.EOF
}

func (o *s3Object) fetch() error {
	opts := minio.GetObjectOptions{}
	o.end = o.Info.Bytes
	if o.window > 0 {
		o.end = min(o.end, o.at+o.window)
		o.window = min(o.window*4, lastWindow)
		if err := opts.SetRange(o.at, o.end-1); err != nil {
			return err
		}
	}
	o.bctx, o.watch = watchdog(o.ctx, o.store.stall)
	body, _, header, err := o.store.core.GetObject(o.bctx, o.store.bucket, o.Digest.key(), opts)
	if err != nil {
		err = o.store.fault(o.bctx, o.Digest, err)
		o.watch.stop()
		return err
	}
	o.body = body
	want := fmt.Sprintf("bytes %d-%d/%d", o.at, o.end-1, o.Info.Bytes)
	if got := header.Get("Content-Range"); o.sum == nil && got != want {
		o.close()
		return damaged(fmt.Errorf("object %s: asked for %q, the store sent %q", o.Digest, want, got))
	}
	return nil
}

// Seek implements io.Seeker. It asks the store for nothing.
func (o *s3Object) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += o.at
	case io.SeekEnd:
		offset += o.Info.Bytes
	}
	switch {
	case offset < 0:
		return o.at, errors.New("seek before the start")
	case offset == o.at:
		return offset, nil
	}
	o.close()
	o.at, o.err, o.sum, o.window = offset, nil, nil, firstWindow
	if offset == 0 {
		o.sum, o.window = sha256.New(), 0
	}
	return offset, nil
}

// Close implements io.Closer.
func (o *s3Object) Close() error {
	o.close()
	o.err = os.ErrClosed
	return nil
}

func (o *s3Object) close() {
	if o.body != nil {
		o.watch.stop() // first, so that closing does not drain what nobody reads
		o.body.Close()
		o.body = nil
	}
}
