package portal

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/fault"
	"shuyuan/templates/text"
)

const languageCookie = "lang"

// language is the one the reader chose, or else the one the browser asks for,
// or else Chinese. Addresses are the same in both.
func (s *Server) language(c *fiber.Ctx) text.Lang {
	switch c.Cookies(languageCookie) {
	case string(text.Chinese):
		return text.Chinese
	case string(text.English):
		return text.English
	}
	return preferred(c.Get(fiber.HeaderAcceptLanguage))
}

// preferred reads an Accept-Language header (RFC 9110, 12.5.4): the language
// of ours with the highest weight, Chinese where none is named.
func preferred(header string) text.Lang {
	best, most := text.Chinese, 0.0
	for part := range strings.SplitSeq(header, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		weight := 1.0
		if q, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			var err error
			if weight, err = strconv.ParseFloat(q, 64); err != nil {
				continue
			}
		}
		language := text.Lang("")
		switch primary, _, _ := strings.Cut(strings.ToLower(tag), "-"); primary {
		case "zh":
			language = text.Chinese
		case "en":
			language = text.English
		}
		if language != "" && weight > most {
			best, most = language, weight
		}
	}
	return best
}

// switchLanguage is GET /lang?to=&back=: remembers the choice for a year and
// goes back to where the reader was.
func (s *Server) switchLanguage(c *fiber.Ctx) error {
	q, err := query(c, "to", "back")
	if err != nil {
		return err
	}
	to := text.Lang(q.Get("to"))
	if to != text.Chinese && to != text.English {
		return fault.New(fault.Malformed, "没有这种语言。")
	}
	cookie := s.cookie(languageCookie, string(to), 365*24*3600)
	c.Cookie(cookie)
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Redirect(safeBack(q.Get("back")), fiber.StatusSeeOther)
}

// safeBack is back if it is a path on this portal, and the home page otherwise:
// nobody is sent to another host from here.
func safeBack(back string) string {
	if !strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") || strings.ContainsAny(back, "\\\r\n\t") || len(back) > 2000 {
		return "/"
	}
	u, err := url.Parse(back)
	if err != nil || u.Host != "" || u.Scheme != "" || strings.HasPrefix(u.Path, "//") || u.Path == "/lang" {
		return "/"
	}
	return u.EscapedPath() + func() string {
		if u.RawQuery == "" {
			return ""
		}
		return "?" + u.RawQuery
	}()
}
