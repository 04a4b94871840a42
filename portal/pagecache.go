package portal

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/sync/singleflight"

	"shuyuan/templates/text"
)

// Bounds of the page cache. Every change of the catalogue empties it; the age
// is for the case that news of a change is late.
const (
	cacheBytes = 64 << 20
	cacheEntry = 2 << 20
	cacheAge   = 3 * time.Second
)

// pageCache keeps what visitors were shown: the same page for everybody, by
// address and language. A request with a session or a key never meets it.
type pageCache struct {
	now  func() time.Time
	made singleflight.Group

	mu    sync.RWMutex
	pages map[string]*cachedPage
	bytes int
	era   uint64 // counts the clearings: what was made before one is not kept after it
}

type cachedPage struct {
	status   int
	body     []byte
	headers  [][2]string
	etag     string
	views    []func() // what is counted each time the page is shown
	expires  time.Time
	packed   sync.Map // content coding -> []byte, made when first asked for
	keepable bool
}

func newPageCache(now func() time.Time) *pageCache {
	return &pageCache{now: now, pages: map[string]*cachedPage{}}
}

func (p *pageCache) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pages, p.bytes = map[string]*cachedPage{}, 0
	p.era++
}

func (p *pageCache) get(key string) (*cachedPage, uint64) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if page := p.pages[key]; page != nil && p.now().Before(page.expires) {
		return page, p.era
	}
	return nil, p.era
}

func (p *pageCache) put(key string, page *cachedPage, era uint64) {
	if !page.keepable || len(page.body) > cacheEntry {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.era != era {
		return
	}
	if old := p.pages[key]; old != nil {
		p.bytes -= old.size(key)
	}
	p.pages[key] = page
	p.bytes += page.size(key)
	for other, old := range p.pages { // any: what is asked for often is soon back
		if p.bytes <= cacheBytes {
			return
		}
		if other != key {
			delete(p.pages, other)
			p.bytes -= old.size(other)
		}
	}
}

// size is what a page costs with its three compressed forms, which are
// together smaller than itself.
func (p *cachedPage) size(key string) int { return 2*len(p.body) + len(key) + 512 }

const keyViews = "views"

// onView counts each showing of the page of a public route, also when it comes
// from the cache. What never meets the cache is shown once.
func (s *Server) onView(c *fiber.Ctx, count func()) {
	if !actor(c).IsVisitor() || s.carriesSession(c) {
		count()
		return
	}
	views, _ := c.Locals(keyViews).([]func())
	c.Locals(keyViews, append(views, count))
}

// cached answers a visitor's GET of a public route from the cache, or makes
// the page once for all who ask at the same time. The key is everything the
// page depends on: a header that is not in it cannot show in the page, since
// handlers of public routes read nothing else.
func (s *Server) cached(c *fiber.Ctx, r Route) error {
	key := string(text.Of(c.UserContext())) + " " + localPath(c)
	page, era := s.cache.get(key)
	if page == nil {
		cacheUse.WithLabelValues("made").Inc()
		made, err, _ := s.cache.made.Do(key+" "+strconv.FormatUint(era, 10), func() (any, error) {
			if err := r.Handle(s, c); err != nil {
				return nil, err
			}
			page := capture(c, s.Now().Add(cacheAge))
			s.cache.put(key, page, era)
			return page, nil
		})
		if err != nil {
			return err
		}
		page = made.(*cachedPage)
	} else {
		cacheUse.WithLabelValues("kept").Inc()
	}
	for _, count := range page.views {
		count()
	}
	return page.send(c)
}

// capture takes the answer out of c before anything has been sent.
func capture(c *fiber.Ctx, expires time.Time) *cachedPage {
	response := c.Response()
	page := &cachedPage{status: response.StatusCode(), body: append([]byte(nil), response.Body()...), expires: expires}
	page.views, _ = c.Locals(keyViews).([]func())
	page.keepable = page.status == fiber.StatusOK && len(response.Header.Peek(fiber.HeaderSetCookie)) == 0
	for _, name := range []string{fiber.HeaderContentType, fiber.HeaderContentLanguage, fiber.HeaderLocation, fiber.HeaderLink, fiber.HeaderCacheControl} {
		if v := response.Header.Peek(name); len(v) > 0 {
			page.headers = append(page.headers, [2]string{name, string(v)})
		}
	}
	sum := sha256.Sum256(page.body)
	page.etag = hex.EncodeToString(sum[:12])
	return page
}

// send answers with the page: 304 if the reader has it, compressed if the
// reader can. The ETag is strong and differs by coding.
func (p *cachedPage) send(c *fiber.Ctx) error {
	c.Status(p.status)
	for _, h := range p.headers {
		c.Set(h[0], h[1])
	}
	if len(c.Response().Header.Peek(fiber.HeaderCacheControl)) == 0 {
		c.Set(fiber.HeaderCacheControl, "no-cache")
	}
	c.Set(fiber.HeaderVary, "Accept-Encoding, Accept-Language, Cookie")
	coding := chooseCoding(c.Get(fiber.HeaderAcceptEncoding))
	if len(p.body) < 1024 {
		coding = ""
	}
	etag := `"` + p.etag + `"`
	if coding != "" {
		etag = `"` + p.etag + "-" + coding + `"`
	}
	if p.status == fiber.StatusOK {
		c.Set(fiber.HeaderETag, etag)
		if matches(c.Get(fiber.HeaderIfNoneMatch), etag) {
			c.Response().ResetBody()
			return c.SendStatus(fiber.StatusNotModified)
		}
	}
	body := p.body
	if coding != "" {
		body = p.pack(coding)
		c.Set(fiber.HeaderContentEncoding, coding)
	}
	c.Response().SetBodyRaw(body)
	return nil
}

func (p *cachedPage) pack(coding string) []byte {
	if b, ok := p.packed.Load(coding); ok {
		return b.([]byte)
	}
	b := compress(coding, p.body)
	p.packed.Store(coding, b)
	return b
}

// matches reports whether an If-None-Match names etag; the comparison is weak
// (RFC 9110, 13.1.2).
func matches(header, etag string) bool {
	if strings.TrimSpace(header) == "*" {
		return true
	}
	for part := range strings.SplitSeq(header, ",") {
		if strings.TrimPrefix(strings.TrimSpace(part), "W/") == strings.TrimPrefix(etag, "W/") && etag != "" {
			return true
		}
	}
	return false
}
