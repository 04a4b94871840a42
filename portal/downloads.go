package portal

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/internal/fault"
	"shuyuan/portal/byterange"
)

// newest is GET /r/{resource}: the address of the newest bytes, whatever
// version that is.
func (s *Server) newest(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	_, r, err := s.Datasets.Resource(c.UserContext(), actor(c), c.Params("resource"))
	if err != nil {
		return err
	}
	if r.Newest == nil {
		return fault.New(fault.NotFound, "这个文件还没有发布任何版本。")
	}
	c.Set(fiber.HeaderCacheControl, "no-cache")
	c.Set(fiber.HeaderAccessControlAllowOrigin, "*")
	return c.Redirect(s.Config.FilesURL+fmt.Sprintf("/d/%s/%d/%s", r.ID, r.Newest.Number, pathEscape(r.Newest.FileName)), fiber.StatusFound)
}

// download is GET /d/{resource}/{version}/{filename}: the bytes of one
// version, for ever the same. data.csv, data.json and so on are the same rows
// in another format.
func (s *Server) download(c *fiber.Ctx) error {
	q, err := query(c, "bom", "table")
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(c.Params("version"))
	if err != nil || number < 1 || strconv.Itoa(number) != c.Params("version") {
		return fault.New(fault.NotFound, "没有这个版本。")
	}
	ctx := c.UserContext()
	v, err := s.Datasets.Version(ctx, actor(c), c.Params("resource"), number)
	if err != nil {
		return err
	}
	f, err := s.open(ctx, c, v, q.Get("bom"), q.Get("table"))
	if err != nil {
		return err
	}
	if v.Open == datasets.Unconditional {
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	} else {
		c.Set(fiber.HeaderCacheControl, "private, no-store")
	}
	return s.sendFile(c, f, v.DatasetID)
}

// open finds the bytes that the file name asks for.
func (s *Server) open(ctx context.Context, c *fiber.Ctx, v *datasets.Version, bom, table string) (*datasets.File, error) {
	name, err := unescape(c.Params("filename"))
	if err != nil {
		return nil, fault.New(fault.NotFound, "没有这个文件。")
	}
	if name == v.FileName {
		if bom != "" || table != "" {
			return nil, malformed("bom", "原始文件没有这个选项。")
		}
		return s.Datasets.Original(ctx, actor(c), v)
	}
	base, extension := strings.TrimSuffix(name, path.Ext(name)), strings.TrimPrefix(path.Ext(name), ".")
	if base != "data" {
		return nil, fault.New(fault.NotFound, "没有这个文件。")
	}
	position := 0
	if table != "" {
		if position, err = strconv.Atoi(table); err != nil || position < 1 || position > len(v.Tables) {
			return nil, malformed("table", "这个文件有 %d 张表，请给出 1 到 %d 的序号。", len(v.Tables), len(v.Tables))
		}
		position--
	}
	switch {
	case bom != "" && (bom != "1" || extension != "csv"):
		return nil, malformed("bom", "bom 只能是 1，且只用于 CSV。")
	case extension == "csv" && bom == "1":
		return s.Datasets.Rendition(ctx, actor(c), v, position, datasets.CSVBOM)
	case extension == "csv":
		return s.Datasets.Rendition(ctx, actor(c), v, position, datasets.CSV)
	case extension == "json":
		return s.Datasets.Rendition(ctx, actor(c), v, position, datasets.JSON)
	}
	return nil, fault.New(fault.NotFound, "还没有这种格式，现有 CSV、JSON 和原始文件。")
}

// sendFile sends an immutable file: whole or in ranges, with its digest and
// its name, as something to keep and never as a page of ours.
func (s *Server) sendFile(c *fiber.Ctx, f *datasets.File, datasetID int64) error {
	sum, err := hex.DecodeString(string(f.Digest))
	if err != nil {
		f.Object.Close()
		return err
	}
	etag := `"` + string(f.Digest)[:32] + `"`
	digest := "sha-256=:" + base64.StdEncoding.EncodeToString(sum) + ":"
	h := &c.Response().Header
	h.Set(fiber.HeaderETag, etag)
	h.Set(fiber.HeaderLastModified, f.Modified.UTC().Format(http.TimeFormat))
	h.Set(fiber.HeaderAcceptRanges, "bytes")
	h.Set("Repr-Digest", digest)
	h.Set(fiber.HeaderContentDisposition, disposition(f.Name))
	h.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	h.Set(fiber.HeaderAccessControlAllowOrigin, "*")
	h.Set(fiber.HeaderAccessControlExposeHeaders, "ETag, Content-Length, Content-Range, Content-Disposition, Content-Digest, Repr-Digest, Accept-Ranges")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")

	if match := c.Get(fiber.HeaderIfMatch); match != "" && !matchesStrong(match, etag) {
		f.Object.Close()
		return c.SendStatus(fiber.StatusPreconditionFailed)
	}
	if none := c.Get(fiber.HeaderIfNoneMatch); none != "" {
		if matches(none, etag) {
			f.Object.Close()
			return c.SendStatus(fiber.StatusNotModified)
		}
	} else if since, err := http.ParseTime(c.Get(fiber.HeaderIfModifiedSince)); err == nil && !f.Modified.Truncate(time.Second).After(since) {
		f.Object.Close()
		return c.SendStatus(fiber.StatusNotModified)
	}
	wanted := c.Get(fiber.HeaderRange)
	if c.Method() != fiber.MethodGet || !sameState(c.Get("If-Range"), etag) {
		wanted = ""
	}
	ranges, err := byterange.Parse(wanted, f.Bytes)
	if err != nil {
		f.Object.Close()
		h.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes */%d", f.Bytes))
		return fiber.NewError(fiber.StatusRequestedRangeNotSatisfiable)
	}
	if len(ranges) == 0 || ranges[0].From == 0 {
		if c.Method() == fiber.MethodGet {
			s.Datasets.CountDownload(datasetID, f.Bytes)
		}
	}
	switch len(ranges) {
	case 0:
		h.Set("Content-Digest", digest)
		h.Set(fiber.HeaderContentType, f.MediaType)
		c.Context().SetBodyStream(f.Object, int(f.Bytes))
	case 1:
		r := ranges[0]
		if _, err := f.Object.Seek(r.From, io.SeekStart); err != nil {
			f.Object.Close()
			return err
		}
		c.Status(fiber.StatusPartialContent)
		h.Set(fiber.HeaderContentType, f.MediaType)
		h.Set(fiber.HeaderContentRange, r.Header(f.Bytes))
		c.Context().SetBodyStream(byterange.Part(f.Object, r), int(r.Length))
	default:
		body, boundary, length := byterange.Multi(f.Object, f.MediaType, f.Bytes, ranges)
		c.Status(fiber.StatusPartialContent)
		h.Set(fiber.HeaderContentType, "multipart/byteranges; boundary="+boundary)
		c.Context().SetBodyStream(body, int(length))
	}
	return nil
}

// sameState reports whether an If-Range allows a part to be sent: it is absent
// or names exactly this state of the file. A date is never exact enough here.
func sameState(header, etag string) bool { return header == "" || header == etag }

func matchesStrong(header, etag string) bool {
	if strings.TrimSpace(header) == "*" {
		return true
	}
	for part := range strings.SplitSeq(header, ",") {
		if strings.TrimSpace(part) == etag {
			return true
		}
	}
	return false
}

// disposition offers the bytes as a file to keep, with a name for old clients
// and the real one for all others (RFC 6266, RFC 8187).
func disposition(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || strings.ContainsRune(`"\%;`, r) {
			return '_'
		}
		return r
	}, name)
	return `attachment; filename="` + plain + `"; filename*=UTF-8''` + pathEscape(name)
}
