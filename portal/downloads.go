package portal

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
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
	if r.Link != nil { // nobody is sent elsewhere without being told
		return fault.New(fault.NotFound, "这个资源是一个地址，不是文件，请看它的页面。")
	}
	if r.Newest == nil {
		return fault.New(fault.NotFound, "这个文件还没有发布任何版本。")
	}
	c.Set(fiber.HeaderCacheControl, "no-cache")
	c.Set(fiber.HeaderAccessControlAllowOrigin, "*")
	base := s.Config.FilesURL
	if r.Newest.Open != datasets.Unconditional { // where no cookie goes nobody has a grant
		base = ""
	}
	return c.Redirect(base+fmt.Sprintf("/d/%s/%d/%s", r.ID, r.Newest.Number, url.PathEscape(r.Newest.FileName)), fiber.StatusFound)
}

// download is GET /d/{resource}/{version}/{filename}: the bytes of one
// version, for ever the same. data.csv, data.json and so on are the same rows
// in another format, and package.zip is a data package of them.
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
	if fault.KindOf(err) == fault.NotFound {
		return s.notThere(c, err)
	}
	if err != nil {
		return err
	}
	if p, err := s.Datasets.Permit(ctx, actor(c), v); err == nil && p.Limited {
		kind, position, err := s.wanted(c, v, q.Get("bom"), q.Get("table"))
		if err != nil {
			return err
		}
		if kind == "" || kind == string(rows.Package) {
			return p.Covers(nil)
		}
		return s.downloadPart(c, v, strings.TrimSuffix(kind, "-bom"), position, kind == datasets.CSVBOM)
	}
	f, err := s.open(ctx, c, v, q.Get("bom"), q.Get("table"))
	if err != nil {
		return err
	}
	if v.Open == datasets.Unconditional && !s.carriesSession(c) {
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	} else { // a draft, perhaps: no cache on the way may keep it for others
		c.Set(fiber.HeaderCacheControl, "private, no-store")
	}
	return s.sendFile(c, f, v)
}

// filesPreflight answers a browser that asks before a page of another site
// reads a part of a file, or only what has changed. It says nothing of the
// file: not even whether there is one.
func (s *Server) filesPreflight(c *fiber.Ctx) error {
	c.Set("Cross-Origin-Resource-Policy", "cross-origin")
	return Preflight(c, "Authorization, Range, If-Range, If-Match, If-None-Match, If-Modified-Since")
}

// Preflight answers OPTIONS: other origins may read, with these headers of
// their own.
func Preflight(c *fiber.Ctx, headers string) error {
	return PreflightOf(c, "GET, HEAD", headers)
}

// PreflightOf is Preflight where more can be done than reading.
func PreflightOf(c *fiber.Ctx, methods, headers string) error {
	methods += ", OPTIONS"
	c.Set(fiber.HeaderAllow, methods)
	c.Set(fiber.HeaderAccessControlAllowOrigin, "*")
	c.Set(fiber.HeaderAccessControlAllowMethods, methods)
	c.Set(fiber.HeaderAccessControlAllowHeaders, headers)
	c.Set(fiber.HeaderAccessControlMaxAge, "86400")
	c.Set(fiber.HeaderCacheControl, "public, max-age=86400")
	return c.SendStatus(fiber.StatusNoContent)
}

// notThere is why a version is not there: its dataset was withdrawn, which is
// said with the reason, or else err.
func (s *Server) notThere(c *fiber.Ctx, err error) error {
	if _, _, why := s.Datasets.Resource(c.UserContext(), actor(c), c.Params("resource")); fault.KindOf(why) == fault.Gone {
		return why
	}
	return err
}

// wanted is what the file name asks for: a kind of rendition of a table, or the
// original, whose kind is empty.
func (s *Server) wanted(c *fiber.Ctx, v *datasets.Version, bom, table string) (kind string, position int, err error) {
	name, err := url.PathUnescape(c.Params("filename"))
	if err != nil {
		return "", 0, fault.New(fault.NotFound, "没有这个文件。")
	}
	if name == v.FileName {
		if bom != "" || table != "" {
			return "", 0, malformed("bom", "原始文件没有这个选项。")
		}
		return "", 0, nil
	}
	if table != "" {
		if position, err = strconv.Atoi(table); err != nil || position < 1 || position > len(v.Tables) {
			return "", 0, malformed("table", "这个文件有 %d 张表，请给出 1 到 %d 的序号。", len(v.Tables), len(v.Tables))
		}
		position--
	}
	if bom != "" && (bom != "1" || name != "data.csv") {
		return "", 0, malformed("bom", "bom 只能是 1，且只用于 CSV。")
	}
	if name == "package.zip" {
		return string(rows.Package), position, nil
	}
	kind, ok := strings.CutPrefix(name, "data.")
	if !ok || kind == string(rows.Package) || !slices.Contains(rows.Formats(), rows.Format(kind)) {
		return "", 0, fault.New(fault.NotFound, "没有这种格式，现有 %s、package.zip 和原始文件。", formatNames())
	}
	if bom == "1" {
		kind = datasets.CSVBOM
	}
	return kind, position, nil
}

// open finds the bytes that the file name asks for.
func (s *Server) open(ctx context.Context, c *fiber.Ctx, v *datasets.Version, bom, table string) (*datasets.File, error) {
	kind, position, err := s.wanted(c, v, bom, table)
	if err != nil {
		return nil, err
	}
	if kind == "" {
		return s.Datasets.Original(ctx, actor(c), v)
	}
	leave, err := s.Enter(c) // it may have to be made first
	if err != nil {
		return nil, err
	}
	defer leave()
	if kind == string(rows.Package) {
		return s.openPackage(ctx, actor(c), v, position)
	}
	return s.Datasets.Rendition(ctx, actor(c), v, position, kind)
}

// formatNames are the names of the files that hold rows.
func formatNames() string {
	var names []string
	for _, f := range rows.Formats() {
		if f != rows.Package {
			names = append(names, "data."+string(f))
		}
	}
	return strings.Join(names, "、")
}

// openPackage finds the data package of a table.
func (s *Server) openPackage(ctx context.Context, who account.Actor, v *datasets.Version, position int) (*datasets.File, error) {
	d, _, err := s.Datasets.Resource(ctx, who, v.ResourceID)
	if err != nil {
		return nil, err
	}
	return s.Datasets.Package(ctx, who, d, v, position, s.datasetPage(d.Slug))
}

func (s *Server) datasetPage(slug string) string { return s.Config.BaseURL + "/datasets/" + slug }

// sendFile sends an immutable file: whole or in ranges, with its digest and
// its name, as something to keep and never as a page of ours. It closes f,
// unless the server does once the last byte is sent.
func (s *Server) sendFile(c *fiber.Ctx, f *datasets.File, v *datasets.Version) error {
	h := &c.Response().Header
	h.Set(fiber.HeaderLastModified, f.Modified.UTC().Format(http.TimeFormat))
	h.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	h.Set(fiber.HeaderAccessControlAllowOrigin, "*")
	h.Set(fiber.HeaderAccessControlExposeHeaders, "ETag, Content-Length, Content-Range, Content-Disposition, Content-Digest, Repr-Digest, Accept-Ranges")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if packable(f) {
		h.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	}
	choice := variants(c, f)
	plain := choice[len(choice)-1]
	if status, as := precondition(c, f, choice); status != 0 {
		f.Object.Close()
		h.Set(fiber.HeaderETag, as.etag)
		return c.SendStatus(status)
	}
	if c.Method() == fiber.MethodGet && sameState(c.Get(fiber.HeaderIfRange), plain.etag) {
		ranges, err := byterange.Parse(c.Get(fiber.HeaderRange), f.Bytes)
		if err != nil {
			f.Object.Close()
			h.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes */%d", f.Bytes))
			h.Set(fiber.HeaderCacheControl, "no-store")
			return c.SendStatus(fiber.StatusRequestedRangeNotSatisfiable)
		}
		if len(ranges) > 0 {
			describe(h, f, plain, plainDigest(f))
			return s.sendRanges(c, f, ranges, v)
		}
	}
	return s.sendWhole(c, f, choice, v)
}

// variant is one of the ways a file is sent: plain, as it lies there, or
// compressed. Each is a representation of its own with an ETag of its own.
type variant struct{ coding, etag string }

// variants are those that the reader can take, the best one first and the plain
// one last.
func variants(c *fiber.Ctx, f *datasets.File) []variant {
	etag := `"` + string(f.Digest)[:32]
	plain := variant{"", etag + `"`}
	if coding := chooseCoding(c.Get(fiber.HeaderAcceptEncoding), fileCodings); coding != "" && packable(f) {
		return []variant{{coding, etag + "-" + coding + `"`}, plain}
	}
	return []variant{plain}
}

// precondition is the status that ends the request before anything is sent
// (RFC 9110, 13.2.2), and the variant that it is about; 0 to go on. Whoever
// has any of the variants needs no other.
func precondition(c *fiber.Ctx, f *datasets.File, choice []variant) (int, variant) {
	if match := c.Get(fiber.HeaderIfMatch); match != "" && !slices.ContainsFunc(choice, func(as variant) bool { return matchesStrong(match, as.etag) }) {
		c.Set(fiber.HeaderCacheControl, "no-store")
		return fiber.StatusPreconditionFailed, choice[0]
	}
	if none := c.Get(fiber.HeaderIfNoneMatch); none != "" {
		if i := slices.IndexFunc(choice, func(as variant) bool { return matches(none, as.etag) }); i >= 0 {
			return fiber.StatusNotModified, choice[i]
		}
		return 0, variant{}
	}
	if since, err := http.ParseTime(c.Get(fiber.HeaderIfModifiedSince)); err == nil && !f.Modified.Truncate(time.Second).After(since) {
		return fiber.StatusNotModified, choice[0]
	}
	return 0, variant{}
}

// describe sets what every answer with bytes of f says of them.
func describe(h *fasthttp.ResponseHeader, f *datasets.File, as variant, digest string) {
	h.Set(fiber.HeaderETag, as.etag)
	h.Set(fiber.HeaderContentType, f.MediaType)
	h.Set(fiber.HeaderContentDisposition, disposition(f.Name))
	h.Set("Repr-Digest", digest)
	if as.coding == "" {
		h.Set(fiber.HeaderAcceptRanges, "bytes")
		return
	}
	h.Set(fiber.HeaderContentEncoding, as.coding)
	h.Set(fiber.HeaderAcceptRanges, "none") // ranges are cut from the plain one
}

func plainDigest(f *datasets.File) string {
	sum, _ := hex.DecodeString(string(f.Digest)) // the store opens no other digest
	return digestField(sum)
}

// sendingWhole counts a download and vouches for its bytes. HEAD has none.
func (s *Server) sendingWhole(c *fiber.Ctx, digest string, bytes, datasetID int64) {
	c.Set("Content-Digest", digest)
	s.downloaded(c, datasetID, bytes)
}

// handOver writes down that f of v is about to be sent, in a part of so many
// bytes, and watches it where it goes out under a grant. HEAD hands over nothing.
func (s *Server) handOver(c *fiber.Ctx, f *datasets.File, v *datasets.Version, part string, bytes int64) (*datasets.Handover, error) {
	if c.Method() != fiber.MethodGet {
		return &datasets.Handover{}, nil
	}
	h, err := s.deliver(c, actor(c), v, datasets.Delivery{Channel: datasets.ByFile, Form: path.Ext(f.Name)[min(1, len(path.Ext(f.Name))):], Part: part, Content: string(f.Digest), Bytes: bytes, Size: f.Bytes})
	if err != nil {
		f.Object.Close()
		return nil, err
	}
	f.Object = h.Object(f.Object, bytes)
	return h, nil
}

// downloaded counts a download, and remembers who had signed in for it. Whoever
// waits for their file does not wait for that to succeed.
func (s *Server) downloaded(c *fiber.Ctx, datasetID, bytes int64) {
	s.Datasets.CountDownload(datasetID, bytes)
	if err := s.Datasets.KnowDownload(c.UserContext(), actor(c), datasetID); err != nil {
		s.Log.LogAttrs(c.UserContext(), slog.LevelWarn, "a download was not remembered", slog.Any("error", err))
	}
}

// sendRanges sends parts of the plain variant.
func (s *Server) sendRanges(c *fiber.Ctx, f *datasets.File, ranges []byterange.Range, v *datasets.Version) error {
	if _, err := s.handOver(c, f, v, c.Get(fiber.HeaderRange), byterange.Sum(ranges)); err != nil {
		return err
	}
	c.Status(fiber.StatusPartialContent)
	if ranges[0].From == 0 { // whoever goes on after a break was counted then
		s.downloaded(c, v.DatasetID, byterange.Sum(ranges))
	}
	if len(ranges) > 1 {
		body, boundary, length := byterange.Multi(f.Object, f.MediaType, f.Bytes, ranges)
		c.Set(fiber.HeaderContentType, "multipart/byteranges; boundary="+boundary)
		c.Context().SetBodyStream(body, int(length))
		return nil
	}
	r := ranges[0]
	if _, err := f.Object.Seek(r.From, io.SeekStart); err != nil {
		f.Object.Close()
		return err
	}
	c.Set(fiber.HeaderContentRange, r.Header(f.Bytes))
	c.Context().SetBodyStream(byterange.Part(f.Object, r), int(r.Length))
	return nil
}

// sendWhole sends the best variant that the reader can take, if it is smaller than
// the plain one.
func (s *Server) sendWhole(c *fiber.Ctx, f *datasets.File, choice []variant, v *datasets.Version) error {
	h := &c.Response().Header
	handed, err := s.handOver(c, f, v, "", f.Bytes)
	if err != nil {
		return err
	}
	get := c.Method() == fiber.MethodGet
	if as := choice[0]; as.coding != "" && handed.Permit.Grant == 0 {
		small, err := s.small.get(f, as.coding)
		if err != nil {
			f.Object.Close()
			return err
		}
		if small.body != nil {
			f.Object.Close()
			describe(h, f, as, small.digest)
			if get {
				s.sendingWhole(c, small.digest, int64(len(small.body)), v.DatasetID)
			}
			c.Response().SetBodyRaw(small.body)
			return nil
		}
	}
	digest := plainDigest(f)
	describe(h, f, choice[len(choice)-1], digest)
	if get {
		s.sendingWhole(c, digest, f.Bytes, v.DatasetID)
	}
	c.Context().SetBodyStream(f.Object, int(f.Bytes))
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
	return `attachment; filename="` + plain + `"; filename*=UTF-8''` + extended(name)
}

// extended is s as an extended parameter value (RFC 8187): what is no attr-char
// goes as the bytes of its UTF-8.
func extended(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c < 0x80 && (c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
