package portal

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/internal/fault"
)

// The tus resumable upload protocol 1.0.0 (https://tus.io/protocols/resumable-upload):
// the core protocol and these extensions.
const (
	tusVersion    = "1.0.0"
	tusExtensions = "creation,creation-with-upload,termination,checksum,expiration"
	tusChecksums  = "sha256"
	tusMedia      = "application/offset+octet-stream"

	tusPreconditionFailed = http.StatusPreconditionFailed
	tusUnsupportedMedia   = http.StatusUnsupportedMediaType
	tusChecksumMismatch   = 460 // of the protocol's own
	mostMetadata          = 8 << 10
	headerTusResumable    = "Tus-Resumable"
	headerUploadOffset    = "Upload-Offset"
	headerUploadLength    = "Upload-Length"
	headerUploadMetadata  = "Upload-Metadata"
	headerUploadChecksum  = "Upload-Checksum"
	headerUploadExpires   = "Upload-Expires"
	headerUploadDefer     = "Upload-Defer-Length"
	leastPiece            = 16 << 10 // whoever sends less than this in stallTime is too slow
)

// tusOptions says what this server can do.
func (s *Server) tusOptions(c *fiber.Ctx) error {
	s.TusHeaders(c)
	return c.SendStatus(fiber.StatusNoContent)
}

// TusHeaders sets what OPTIONS answers.
func (s *Server) TusHeaders(c *fiber.Ctx) {
	c.Set(headerTusResumable, tusVersion)
	c.Set("Tus-Version", tusVersion)
	c.Set("Tus-Extension", tusExtensions)
	c.Set("Tus-Checksum-Algorithm", tusChecksums)
	if rules := s.Datasets.UploadRules(); rules != nil {
		c.Set("Tus-Max-Size", strconv.FormatInt(rules.FileBytes, 10))
	}
}

// tus checks that the client speaks our version, and that nothing is in the
// address.
func (s *Server) tus(c *fiber.Ctx) error {
	c.Set(headerTusResumable, tusVersion)
	c.Set(fiber.HeaderCacheControl, "no-store")
	if _, err := query(c); err != nil {
		return err
	}
	if c.Get(headerTusResumable) != tusVersion {
		c.Set("Tus-Version", tusVersion)
		return fault.New(fault.Malformed, "这里说 tus 协议 %s，请带上 Tus-Resumable 头。", tusVersion).Because(fiber.NewError(tusPreconditionFailed))
	}
	return nil
}

// tusCreate makes room for a file: POST with its length and its metadata
// filename and resource, and in the body its first bytes, if any.
func (s *Server) tusCreate(c *fiber.Ctx) error {
	if err := s.tus(c); err != nil {
		return err
	}
	n, err := announced(c)
	if err != nil {
		return err
	}
	chunk, err := s.chunk(c, 0, false)
	if err != nil {
		return err
	}
	ctx := context.WithoutCancel(c.UserContext())
	u, err := s.Datasets.StartUpload(ctx, actor(c), n)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, s.Config.BaseURL+c.Path()+"/"+u.ID)
	if chunk != nil {
		defer chunk.done()
		if u.Got, err = s.Datasets.AppendUpload(ctx, actor(c), u.ID, chunk.Chunk); err != nil {
			// the room is made and the client learns it: it goes on with PATCH
			c.Response().Header.SetConnectionClose()
		}
	}
	tusProgress(c, u)
	c.Status(fiber.StatusCreated) // and no body: the headers say it
	return nil
}

// announced is the file that the headers of a creation announce.
func announced(c *fiber.Ctx) (datasets.NewUpload, error) {
	n := datasets.NewUpload{}
	if c.Get(headerUploadDefer) != "" {
		return n, malformed("", "开始时就要说明文件有多少字节。")
	}
	var err error
	if n.Bytes, err = strconv.ParseInt(c.Get(headerUploadLength), 10, 64); err != nil || n.Bytes < 0 {
		return n, malformed("", "Upload-Length 要是文件的字节数。")
	}
	raw := c.Get(headerUploadMetadata)
	if raw == "" {
		return n, malformed("", "Upload-Metadata 要有 filename 和 resource。")
	}
	if len(raw) > mostMetadata {
		return n, malformed("", "Upload-Metadata 太长。")
	}
	for pair := range strings.SplitSeq(raw, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(pair), " ")
		text, err := base64.StdEncoding.DecodeString(value)
		if err != nil || !utf8.Valid(text) {
			return n, malformed("", "Upload-Metadata 的写法不对。")
		}
		switch key {
		case "filename":
			n.FileName = string(text)
		case "resource":
			n.ResourceID = string(text)
		}
	}
	return n, nil
}

// tusHead says how many bytes are here.
func (s *Server) tusHead(c *fiber.Ctx) error {
	if err := s.tus(c); err != nil {
		return err
	}
	u, err := s.Datasets.OwnUpload(c.UserContext(), actor(c), c.Params("id"))
	if err != nil {
		return err
	}
	if u.State.Ended() && u.State != datasets.PublishedNow {
		return fault.New(fault.Gone, "这次上传已经结束。")
	}
	tusProgress(c, u)
	c.Set(headerUploadLength, strconv.FormatInt(u.Bytes, 10))
	return c.SendStatus(fiber.StatusOK)
}

// tusPatch takes the next bytes.
func (s *Server) tusPatch(c *fiber.Ctx) error {
	if err := s.tus(c); err != nil {
		return err
	}
	offset, err := strconv.ParseInt(c.Get(headerUploadOffset), 10, 64)
	if err != nil || offset < 0 {
		return malformed("", "Upload-Offset 要是已经收到的字节数。")
	}
	chunk, err := s.chunk(c, offset, true)
	if err != nil {
		return err
	}
	defer chunk.done()
	ctx := context.WithoutCancel(c.UserContext())
	got, err := s.Datasets.AppendUpload(ctx, actor(c), c.Params("id"), chunk.Chunk)
	if err != nil {
		c.Response().Header.SetConnectionClose() // what is left of the body is not read
		if f := fault.Of(err); f.Field == "upload-checksum" {
			return f.Because(fiber.NewError(tusChecksumMismatch))
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return fault.New(fault.Malformed, "请求没有送完，收到的部分已经保存。").Because(err)
		}
		return err
	}
	c.Set(headerUploadOffset, strconv.FormatInt(got, 10))
	return c.SendStatus(fiber.StatusNoContent)
}

// tusDelete ends an upload.
func (s *Server) tusDelete(c *fiber.Ctx) error {
	if err := s.tus(c); err != nil {
		return err
	}
	u, err := s.Datasets.OwnUpload(c.UserContext(), actor(c), c.Params("id"))
	if err != nil {
		return err
	}
	if err := s.Datasets.DiscardUpload(c.UserContext(), actor(c), u.ID); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func tusProgress(c *fiber.Ctx, u *datasets.Upload) {
	c.Set(headerUploadOffset, strconv.FormatInt(u.Got, 10))
	if u.State == datasets.Uploading {
		c.Set(headerUploadExpires, u.Expires.UTC().Format(http.TimeFormat))
	}
}

// arriving is the body of a request as it comes in. It ends, and the connection
// with it, when its sender is too slow.
type arriving struct {
	datasets.Chunk
	body     io.Reader
	length   int64 // as announced; -1 for a body in chunks
	got      int64
	sinceArm int64
	patience time.Duration // how long the sender may take for leastPiece bytes
	watchdog *time.Timer
}

// chunk is the part of a file in the body; nil where there is none and none is
// needed.
func (s *Server) chunk(c *fiber.Ctx, offset int64, needed bool) (*arriving, error) {
	if c.Get(fiber.HeaderContentType) != tusMedia {
		const chunked = -1
		if n := c.Request().Header.ContentLength(); !needed && (n == 0 || n != chunked && !c.Request().IsBodyStream()) {
			return nil, nil
		}
		return nil, fault.New(fault.Malformed, "文件的字节要以 %s 送来。", tusMedia).Because(fiber.NewError(tusUnsupportedMedia))
	}
	a := s.arriving(c)
	a.Offset = offset
	if raw := c.Get(headerUploadChecksum); raw != "" {
		algorithm, value, _ := strings.Cut(raw, " ")
		sum, err := base64.StdEncoding.DecodeString(value)
		if algorithm != tusChecksums || err != nil || len(sum) != 32 {
			a.done()
			return nil, malformed("", "Upload-Checksum 只认 sha256，后面是 Base64。")
		}
		a.SHA256 = sum
	}
	return a, nil
}

// arriving begins to read the body of a request, which may take as long as it
// comes at all: the deadline of a request is not for it.
func (s *Server) arriving(c *fiber.Ctx) *arriving {
	a := &arriving{body: strings.NewReader(""), length: int64(c.Request().Header.ContentLength())}
	if c.Request().IsBodyStream() {
		a.body = c.Request().BodyStream()
	} else if body := c.Request().Body(); len(body) > 0 {
		a.body = strings.NewReader(string(body))
	}
	conn := c.Context().Conn()
	_ = c.Context().SetReadDeadline(time.Time{}) // where there is no connection there is no deadline
	closing := func() {
		if conn != nil {
			_ = conn.Close()
		}
	}
	a.patience = s.patience
	a.watchdog = time.AfterFunc(a.patience, closing)
	a.Chunk = datasets.Chunk{Reader: a, Stop: closing}
	return a
}

func (a *arriving) done() { a.watchdog.Stop() }

// Read implements io.Reader. A body that ends before its length is cut off.
func (a *arriving) Read(p []byte) (int, error) {
	n, err := a.body.Read(p)
	a.got += int64(n)
	if a.sinceArm += int64(n); a.sinceArm >= leastPiece {
		a.sinceArm = 0
		a.watchdog.Reset(a.patience)
	}
	if err != nil {
		a.watchdog.Stop() // from here on it is we who take time
	}
	if errors.Is(err, io.EOF) && a.length >= 0 && a.got < a.length {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
