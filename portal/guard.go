package portal

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
	"shuyuan/templates/text"
)

func requestID(c *fiber.Ctx) string {
	id, _ := c.Locals(keyRequest).(string)
	return id
}

// observe gives each request its name, its deadline and its one line in the
// log, and turns a panic into a failure of that request alone.
func (s *Server) observe(c *fiber.Ctx) (err error) {
	start := s.Now()
	c.Locals(keyRequest, rand.Text()[:12])
	ctx, cancel := context.WithTimeout(context.Background(), requestTime)
	defer cancel()
	c.SetUserContext(text.With(ctx, s.language(c)))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
		if err != nil {
			err = s.showError(c, err)
		}
		s.record(c, s.Now().Sub(start))
	}()
	return c.Next()
}

// record writes the request's line: what was asked for and how it went, never
// a query, a cookie or a body.
func (s *Server) record(c *fiber.Ctx, took time.Duration) {
	route, _ := c.Locals(keyRoute).(string)
	if route == "" {
		if route = c.Route().Path; route == "/" { // no more than the middleware matched
			route = "none"
		}
	}
	status := c.Response().StatusCode()
	observeRequest(c.Method(), route, status, took)
	s.Log.LogAttrs(c.UserContext(), slog.LevelInfo, "request",
		slog.String("request", requestID(c)), slog.String("method", c.Method()), slog.String("path", shorten(c.Path())), slog.String("route", route),
		slog.Int("status", status), slog.Int64("us", took.Microseconds()), slog.Int64("user", actor(c).ID))
}

func shorten(path string) string {
	path = strings.ToValidUTF8(path, "?")
	if utf8.RuneCountInString(path) > 200 {
		return string([]rune(path)[:200]) + "…"
	}
	return path
}

// contentPolicy is that of a page: no script, style or picture but our own
// files, and none in the page itself. A signed-in page adds a nonce.
const contentPolicy = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; script-src 'self'"

// protect sets the headers that every answer carries.
func (s *Server) protect(c *fiber.Ctx) {
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "strict-origin-when-cross-origin")
	c.Set(fiber.HeaderXFrameOptions, "DENY")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Set(fiber.HeaderPermissionsPolicy, "camera=(), geolocation=(), microphone=(), payment=()")
	c.Set(fiber.HeaderContentSecurityPolicy, contentPolicy)
	if s.Config.Secure {
		c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	}
}

// mayBeFramed lets other sites show the answer in a frame.
func mayBeFramed(c *fiber.Ctx) {
	c.Response().Header.Del(fiber.HeaderXFrameOptions)
	c.Set(fiber.HeaderContentSecurityPolicy, strings.Replace(contentPolicy, "frame-ancestors 'none'", "frame-ancestors *", 1))
}

// guard refuses what no browser sends and what no link of ours has.
func (s *Server) guard(c *fiber.Ctx) error {
	s.protect(c)
	if err := wellFormed(c); err != nil {
		c.Response().Header.SetConnectionClose()
		return err
	}
	if err := s.takeBody(c); err != nil {
		c.Response().Header.SetConnectionClose()
		return err
	}
	if err := s.revokeSpilledKey(c); err != nil {
		return err
	}
	if path := c.Path(); len(path) > 1 && path[len(path)-1] == '/' && (c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead) {
		return c.Redirect(strings.TrimRight(path, "/")+rawQuery(c), fiber.StatusMovedPermanently)
	}
	return c.Next()
}

// rawQuery is the query of the address with its question mark, if it has one.
func rawQuery(c *fiber.Ctx) string {
	if q := c.Request().URI().QueryString(); len(q) > 0 {
		return "?" + string(q)
	}
	return ""
}

// takeBody reads the body of a request whole, but for those whose handlers read
// it themselves: what is larger than any form of ours is refused unread.
func (s *Server) takeBody(c *fiber.Ctx) error {
	request := c.Request()
	if !request.IsBodyStream() || s.streamed(c) {
		return nil
	}
	if request.Header.ContentLength() > maxBody {
		return fiber.ErrRequestEntityTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(request.BodyStream(), maxBody+1))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fiber.ErrRequestTimeout
	case err != nil, request.Header.ContentLength() > len(body):
		return malformed("", "请求的格式不对。")
	case len(body) > maxBody:
		return fiber.ErrRequestEntityTooLarge
	}
	_ = request.CloseBodyStream() // it has been read to its end
	request.SetBodyRaw(body)
	return nil
}

// streamed reports whether the body of a request is for its handler to read.
func (s *Server) streamed(c *fiber.Ctx) bool {
	return slices.ContainsFunc(s.streams, func(r Route) bool { return r.Method == c.Method() && fiber.RoutePatternMatch(c.Path(), r.Path) })
}

// The length of an address follows from the longest expression that it may
// hold: MaxQuery is how many bytes the query may have, so that rows.MaxText
// bytes of any script, which are three times as many once escaped, stand in it
// beside 8 KiB of all else. The header lines have a limit of their own: a
// browser sends no Referer longer than 4 KiB (Referrer Policy, 8.4). maxHeader
// is what a request may have before its body, and how much is set aside to read
// it.
const (
	MaxQuery  = 3*rows.MaxText + 8<<10
	maxLines  = 16 << 10
	maxHeader = MaxQuery + maxLines
)

// traps are spellings of a path that two programs read in two ways: a proxy
// that decodes them would guard another path than the one we serve.
var traps = []string{`\`, "%5c", "%00", "%2f", "%2e", "//", "/./", "/../", "..;"}

// wellFormed refuses requests that proxies and servers could read in two ways.
func wellFormed(c *fiber.Ctx) error {
	h := &c.Request().Header
	if len(h.RawHeaders()) > maxLines {
		return fiber.ErrRequestHeaderFieldsTooLarge
	}
	if !oneReading(h.RawHeaders()) || !knownVersion(h.Protocol()) || !sameHost(h) {
		return malformed("", "请求的格式不对。")
	}
	for _, name := range []string{"X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"} {
		if len(h.Peek(name)) > 0 {
			return malformed(name, "请求的方法不能改写。")
		}
	}
	path := c.Path()
	lower := strings.ToLower(path)
	for _, trap := range traps {
		if strings.Contains(lower, trap) {
			return malformed("", "地址的写法不对。")
		}
	}
	raw := string(c.Request().URI().QueryString())
	if len(raw) > MaxQuery {
		return malformed("", "地址太长，问号之后最多 %d 个字节；一个汉字占 9 个。请把条件写短一些。", MaxQuery)
	}
	if _, err := url.ParseQuery(raw); err != nil {
		return malformed("", "地址的写法不对。")
	}
	if !strings.HasPrefix(path, "/") || strings.HasSuffix(path, "/..") || strings.HasSuffix(path, "/.") || !utf8.Valid(c.Request().URI().Path()) {
		return malformed("", "地址的写法不对。")
	}
	return nil
}

// oneReading reports whether the header lines, as they came, can be read in one
// way only: each ends in CRLF, none goes on in the next, and the length of the
// body is told once (RFC 9112, 2.2, 5.2 and 6.1). fasthttp lets more through.
func oneReading(lines []byte) bool {
	length, coding := false, false
	for line := range bytes.Lines(lines) {
		line, ok := bytes.CutSuffix(line, []byte("\r\n"))
		if !ok || len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
			return false
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.EqualFold(name, []byte(fiber.HeaderContentLength)):
			length = true
		case bytes.EqualFold(name, []byte(fiber.HeaderTransferEncoding)):
			if coding = true; !bytes.EqualFold(bytes.TrimSpace(value), []byte("chunked")) {
				return false
			}
		}
	}
	return !length || !coding
}

func knownVersion(protocol []byte) bool {
	return string(protocol) == "HTTP/1.1" || string(protocol) == "HTTP/1.0"
}

// sameHost reports whether a request names one host, by no more than a name and
// a port, also where its first line holds a whole address.
func sameHost(h *fasthttp.RequestHeader) bool {
	host := string(h.Host())
	if strings.ContainsAny(host, "@/\\?#, \t") {
		return false
	}
	if target := string(h.RequestURI()); !strings.HasPrefix(target, "/") {
		whole, err := url.Parse(target)
		return err == nil && whole.User == nil && strings.EqualFold(whole.Host, host)
	}
	return true
}

// keyInQuery is how an API key looks. See account.CreateKey.
var keyInQuery = regexp.MustCompile(`sy_[0-9A-Za-z]{46}`)

// revokeSpilledKey ends an API key that stands in an address: it is in the
// history of a browser and in the logs of proxies by now.
func (s *Server) revokeSpilledKey(c *fiber.Ctx) error {
	if !strings.Contains(string(c.Request().URI().QueryString()), "sy_") {
		return nil
	}
	keys := keyInQuery.FindAllString(string(c.Request().URI().QueryString()), 10)
	if len(keys) == 0 {
		return nil
	}
	for _, key := range keys {
		if err := s.Accounts.RevokeKeyOf(c.UserContext(), key, "found in an address"); err != nil {
			return err
		}
	}
	return fault.New(fault.Unauthenticated, "密钥不能写在地址里，它会留在历史和日志中；这个密钥已被停用，请换一个，放在 Authorization 头里。")
}

// clientIP is the address that limits count by: the peer's, or the one that a
// trusted proxy says is behind it (the last one not itself a proxy).
func (s *Server) clientIP(c *fiber.Ctx) string {
	peer, err := netip.ParseAddr(c.Context().RemoteIP().String())
	if err != nil {
		return c.Context().RemoteIP().String()
	}
	if !s.isProxy(peer) {
		return peer.String()
	}
	lines := c.Request().Header.PeekAll(fiber.HeaderXForwardedFor)
	hops := strings.Split(string(bytes.Join(lines, []byte(","))), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		if !s.isProxy(hop) {
			return hop.String()
		}
	}
	return peer.String()
}

func (s *Server) isProxy(a netip.Addr) bool {
	for _, p := range s.Config.Proxies {
		if p.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}
