package portal

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/portal/problem"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// mostRepeated is how much of an address a page may write back, in bytes.
const mostRepeated = 1000

// showError is what every failure looks like from outside: a page, or a
// problem document under /api. It never shows what was sent, nor what went
// wrong inside; the log has that, under the same reference.
func (s *Server) showError(c *fiber.Ctx, err error) error {
	path := c.Path()
	if requestID(c) == "" { // the request could not even be read, so no middleware has seen it
		path = beginning(c.Context().Conn())
		c.Locals(keyRequest, rand.Text()[:12])
		s.protect(c)
		c.Response().Header.SetConnectionClose()
	}
	// What went wrong may be that the time of the request is over. It still has
	// to be told.
	c.SetUserContext(context.WithoutCancel(c.UserContext()))
	f := classify(err)
	status := problem.Status(f.Kind)
	if code := httpStatus(err); code != 0 {
		status = code
	}
	reference := ""
	if status >= 500 {
		reference = requestID(c)
	}
	s.logFailure(c, status, f, err)
	if f.Kind == fault.TooMany || f.Kind == fault.Unavailable {
		if len(c.Response().Header.Peek(fiber.HeaderRetryAfter)) == 0 {
			c.Set(fiber.HeaderRetryAfter, retryAfter(f))
		}
	}
	handedOn(c, 0, false)
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Response().Header.Del(fiber.HeaderETag)
	c.Response().Header.Del(fiber.HeaderLastModified)
	c.Response().Header.Del(fiber.HeaderContentEncoding)
	ctx, program := c.UserContext(), forProgram(path)
	if status == fiber.StatusUnauthorized {
		if looks := c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead; looks && !program && c.Get(fiber.HeaderAuthorization) == "" {
			return c.Redirect("/sign-in?back="+escapeQuery(localPath(c)), fiber.StatusSeeOther)
		}
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="shuyuan"`)
	}
	if program {
		body, media := problem.Document(ctx, status, f, reference)
		c.Status(status).Set(fiber.HeaderContentType, media)
		c.Set(fiber.HeaderAccessControlAllowOrigin, "*") // also what was refused before the API saw it
		c.Set("Cross-Origin-Resource-Policy", "cross-origin")
		return c.Send(body)
	}
	c.Status(status)
	if status == fiber.StatusRequestTimeout { // to thousands at a time, should they mean harm
		c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
		return c.SendString(Sentence(ctx, f) + "\n")
	}
	title := heading(ctx, status)
	withdrawn := status == fiber.StatusGone && ofDataset(path)
	if withdrawn {
		title = text.T(ctx, "已撤下")
	}
	frame := s.quietFrame(c, title)
	if f.Kind == fault.Malformed || f.Kind == fault.TooLarge || status >= 500 || len(frame.Path) > mostRepeated {
		frame.Path = "/" // what cannot be read is not written back, and there is nothing to come back to
	}
	if withdrawn {
		return s.page(c, templates.Tombstone(templates.TombstonePage{Frame: frame, Sentence: Sentence(ctx, f)}))
	}
	return s.page(c, templates.Error(templates.ErrorPage{Frame: frame, Status: status, Heading: title, Sentence: Sentence(ctx, f), Reference: reference}))
}

// forProgram reports whether a program reads what lies at path: it is told of
// failures in problem documents.
func forProgram(path string) bool {
	return strings.HasPrefix(path, "/api/") || path == "/desk/tus" || strings.HasPrefix(path, "/desk/tus/")
}

// ofDataset reports whether a dataset or a file of one lies at path, or did: a
// link that was mailed, or an upload, can be over as well.
func ofDataset(path string) bool {
	for _, base := range []string{"/datasets/", "/r/", "/d/"} {
		if strings.HasPrefix(path, base) {
			return true
		}
	}
	return false
}

// retryAfter is when to try again, in seconds.
func retryAfter(f *fault.Fault) string {
	wait := 5 * time.Second
	if f.Retry > 0 {
		wait = f.Retry
	}
	return strconv.Itoa(int(wait/time.Second) + 1)
}

// Sentence is what f tells the person, in the language of ctx.
func Sentence(ctx context.Context, f *fault.Fault) string {
	return text.T(ctx, f.Sentence, f.Args...)
}

// classify turns what fiber and the context say into faults.
func classify(err error) *fault.Fault {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fault.New(fault.Unavailable, "服务现在太忙，请稍后再试。").Because(err)
	}
	if database.Away(err) {
		return fault.New(fault.Unavailable, "数据库暂时没有响应，请稍后再试。").Because(err)
	}
	switch httpStatus(err) {
	case fiber.StatusNotFound:
		return fault.New(fault.NotFound, "没有这一页。").Because(err)
	case fiber.StatusMethodNotAllowed:
		return fault.New(fault.Malformed, "这个地址不接受这种请求。").Because(err)
	case fiber.StatusRequestHeaderFieldsTooLarge:
		return fault.New(fault.TooLarge, "地址或请求头太长：地址里问号之后最多 %d 个字节，请求头一共最多 %d 个字节。", MaxQuery, maxLines).Because(err)
	case fiber.StatusRequestEntityTooLarge:
		return fault.New(fault.TooLarge, "请求太大。").Because(err)
	case fiber.StatusRequestTimeout:
		return fault.New(fault.Malformed, "请求没有在限时内送完。").Because(err)
	case fiber.StatusBadRequest:
		return fault.New(fault.Malformed, "请求的格式不对。").Because(err)
	}
	return fault.Of(err)
}

func httpStatus(err error) int {
	if e, ok := errors.AsType[*fiber.Error](err); ok {
		return e.Code
	}
	return 0
}

func heading(ctx context.Context, status int) string {
	switch status {
	case http.StatusGone:
		return text.T(ctx, "已失效")
	case http.StatusNotFound:
		return text.T(ctx, "没有找到")
	case http.StatusForbidden:
		return text.T(ctx, "没有权限")
	case http.StatusConflict:
		return text.T(ctx, "已被别人改过")
	case http.StatusTooManyRequests:
		return text.T(ctx, "请求太频繁")
	case http.StatusServiceUnavailable:
		return text.T(ctx, "暂时不可用")
	case http.StatusMethodNotAllowed:
		return text.T(ctx, "不接受这种请求")
	}
	if status >= 500 {
		return text.T(ctx, "系统出错了")
	}
	return text.T(ctx, "请求有误")
}

func (s *Server) logFailure(c *fiber.Ctx, status int, f *fault.Fault, err error) {
	level, reason := slog.LevelInfo, err.Error()
	switch code := httpStatus(err); {
	case code == fiber.StatusNotFound || code == fiber.StatusMethodNotAllowed:
		return // the request's own line says it
	case code != 0:
		reason = http.StatusText(code) // the error may hold the request, cookies and keys included
	case status == fiber.StatusServiceUnavailable:
		level = slog.LevelWarn
	case status >= 500:
		level = slog.LevelError
	case f.Cause == nil && slices.Contains([]fault.Kind{fault.NotFound, fault.Gone, fault.Invalid, fault.Malformed}, f.Kind):
		return
	}
	s.Log.LogAttrs(c.UserContext(), level, "request failed", slog.String("request", requestID(c)), slog.Int("status", status), slog.String("error", reason))
}
