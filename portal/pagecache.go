package portal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/singleflight"

	"shuyuan/templates/text"
)

// Bounds of the page cache. Every change of catalogue or market empties it; the age
// bounds what moves without one: the figures of use, and the days that a page
// counts (an age never reaches into the next day in China).
const (
	cacheBytes = 192 << 20 // pages, compressed
	formBytes  = 64 << 20  // the same pages in other codings, and in none
	cacheEntry = 2 << 20
	cacheAge   = 5 * time.Minute
	cacheLook  = time.Second // how often a change is looked for
)

// pageCache keeps what visitors were shown: the same page for everybody, by
// address and language. A request with a session or a key never meets it.
//
// A page is kept in one compressed form, so that all pages of a catalogue fit;
// what is asked for in another form is kept in that form too while there is
// room.
type pageCache struct {
	now    func() time.Time
	made   singleflight.Group
	first  sync.Once
	looked atomic.Int64 // when a change was last looked for, in nanoseconds

	mu    sync.RWMutex
	pages map[string]*cachedPage
	bytes int    // of the pages
	forms int    // of their other forms
	seen  string // the change of catalogue and market that the pages show
	era   uint64 // counts the clearings: what was made before one is not kept after it
}

type cachedPage struct {
	status   int
	stored   []byte // the body by storedCoding
	plain    int    // length of the body itself
	headers  [][2]string
	etag     string
	views    []func() // what is counted each time the page is shown
	expires  time.Time
	keepable bool
	kept     bool              // in the cache: its forms are counted
	forms    map[string][]byte // coding -> body; "" is the body itself
}

// storedCoding is the coding in which pages are kept: the quickest to undo.
const storedCoding = "zstd"

func newPageCache(now func() time.Time) *pageCache {
	return &pageCache{now: now, pages: map[string]*cachedPage{}}
}

func (p *pageCache) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.empty()
}

func (p *pageCache) empty() {
	for _, page := range p.pages {
		page.kept = false
	}
	p.pages, p.bytes, p.forms = map[string]*cachedPage{}, 0, 0
	p.era++
}

// due reports, to one caller a second, that a change should be looked for.
func (p *pageCache) due() bool {
	now, last := p.now().UnixNano(), p.looked.Load()
	return now-last >= int64(cacheLook) && p.looked.CompareAndSwap(last, now)
}

// at empties the cache if catalogue or market have gone on to another change.
func (p *pageCache) at(seen string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if seen != p.seen {
		p.seen = seen
		p.empty()
	}
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
	if !page.keepable || page.plain > cacheEntry {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.era != era {
		return
	}
	if old := p.pages[key]; old != nil {
		p.remove(key, old)
	}
	p.pages[key], page.kept = page, true
	p.bytes += page.size(key)
	for other, old := range p.pages { // any: what is asked for often is soon back
		if p.bytes <= cacheBytes {
			return
		}
		if other != key {
			p.remove(other, old)
		}
	}
}

func (p *pageCache) remove(key string, page *cachedPage) {
	delete(p.pages, key)
	p.bytes -= page.size(key)
	p.drop(page)
	page.kept = false
}

func (p *pageCache) drop(page *cachedPage) {
	for _, form := range page.forms {
		p.forms -= len(form)
	}
	page.forms = nil
}

// size is what a page costs.
func (p *cachedPage) size(key string) int { return len(p.stored) + len(key) + 512 }

// body is the page in a coding, "" for none.
func (p *pageCache) body(page *cachedPage, coding string) ([]byte, error) {
	if coding == storedCoding {
		return page.stored, nil
	}
	p.mu.RLock()
	form, ok := page.forms[coding]
	p.mu.RUnlock()
	if ok {
		return form, nil
	}
	form, err := unpack(page.stored, page.plain)
	if err != nil {
		return nil, err
	}
	if coding != "" {
		form = compress(coding, form)
	}
	p.keep(page, coding, form)
	return form, nil
}

// keep notes a form of a page, and lets go of other pages' forms where there
// is no room.
func (p *pageCache) keep(page *cachedPage, coding string, form []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, twice := page.forms[coding]; twice || !page.kept {
		return
	}
	if page.forms == nil {
		page.forms = map[string][]byte{}
	}
	page.forms[coding] = form
	p.forms += len(form)
	for _, other := range p.pages {
		if p.forms <= formBytes {
			return
		}
		if other != page {
			p.drop(other)
		}
	}
}

var unpacker = sync.OnceValues(func() (*zstd.Decoder, error) { return zstd.NewReader(nil) })

func unpack(stored []byte, length int) ([]byte, error) {
	d, err := unpacker()
	if err != nil {
		return nil, err
	}
	return d.DecodeAll(stored, make([]byte, 0, length))
}

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
	s.look(c.UserContext())
	if r.Keep != nil && !r.Keep(c) {
		return s.uncached(c, r)
	}
	key := string(text.Of(c.UserContext())) + " " + localPath(c)
	page, era := s.cache.get(key)
	if page == nil {
		if err := s.admitVisit(c, r.Visit); err != nil {
			return err
		}
		cacheUse.WithLabelValues("made").Inc()
		made, err, _ := s.cache.made.Do(key+" "+strconv.FormatUint(era, 10), func() (any, error) {
			if kept, _ := s.cache.get(key); kept != nil { // made while we were being let in
				return kept, nil
			}
			if err := r.Handle(s, c); err != nil {
				return nil, err
			}
			page := capture(c, s.cacheUntil())
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
	return s.send(c, page)
}

// uncached makes a page for who asks for it alone; nobody waits for it with
// them, so it is given up when they leave.
func (s *Server) uncached(c *fiber.Ctx, r Route) error {
	if err := s.admitVisit(c, r.Visit); err != nil {
		return err
	}
	cacheUse.WithLabelValues("passed").Inc()
	ctx, done := s.WhileConnected(c)
	c.SetUserContext(ctx)
	err := r.Handle(s, c)
	done()
	if err != nil {
		return err
	}
	page := capture(c, s.cacheUntil())
	for _, count := range page.views {
		count()
	}
	return s.send(c, page)
}

// look empties the cache if catalogue or market have changed, whether or not anybody
// told us. It asks the database once a second at most; while that does not
// answer, what was shown before stays. Nothing is shown from it before it was asked once.
func (s *Server) look(ctx context.Context) {
	s.cache.first.Do(func() {
		s.cache.due()
		s.see(ctx)
	})
	if s.cache.due() {
		s.see(ctx)
	}
}

// see finds where catalogue and market stand now.
func (s *Server) see(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, cacheLook)
	defer cancel()
	seq, err := s.Datasets.LastChange(ctx)
	if err != nil {
		return
	}
	seen := strconv.FormatInt(seq, 10)
	if s.Products != nil {
		moves, err := s.Products.Moves(ctx)
		if err != nil {
			return
		}
		seen += " " + moves
	}
	s.cache.at(seen)
}

// cacheUntil is how long a page made now may be shown.
func (s *Server) cacheUntil() time.Time {
	now := s.Now()
	y, m, d := now.In(china).Date()
	tomorrow := time.Date(y, m, d+1, 0, 0, 0, 0, china)
	if until := now.Add(cacheAge); until.Before(tomorrow) {
		return until
	}
	return tomorrow
}

var china = time.FixedZone("Asia/Shanghai", 8*60*60)

// capture takes the answer out of c before anything has been sent.
func capture(c *fiber.Ctx, expires time.Time) *cachedPage {
	response := c.Response()
	page := &cachedPage{status: response.StatusCode(), stored: compress(storedCoding, response.Body()), plain: len(response.Body()), expires: expires}
	page.views, _ = c.Locals(keyViews).([]func())
	page.keepable = page.status == fiber.StatusOK && len(response.Header.Peek(fiber.HeaderSetCookie)) == 0 &&
		string(response.Header.Peek(fiber.HeaderCacheControl)) != "no-store"
	for _, name := range []string{fiber.HeaderContentType, fiber.HeaderContentLanguage, fiber.HeaderLocation, fiber.HeaderLink, fiber.HeaderCacheControl, "X-Robots-Tag"} {
		if v := response.Header.Peek(name); len(v) > 0 {
			page.headers = append(page.headers, [2]string{name, string(v)})
		}
	}
	sum := sha256.Sum256(response.Body())
	page.etag = hex.EncodeToString(sum[:12])
	return page
}

// send answers with the page: 304 if the reader has it, compressed if the
// reader can. The ETag is strong and differs by coding.
func (s *Server) send(c *fiber.Ctx, p *cachedPage) error {
	c.Status(p.status)
	for _, h := range p.headers {
		c.Set(h[0], h[1])
	}
	if len(c.Response().Header.Peek(fiber.HeaderCacheControl)) == 0 {
		c.Set(fiber.HeaderCacheControl, "no-cache")
	}
	c.Set(fiber.HeaderVary, "Accept-Encoding, Accept-Language, Cookie")
	coding := chooseCoding(c.Get(fiber.HeaderAcceptEncoding), pageCodings)
	if p.plain < leastPacked {
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
	body, err := s.cache.body(p, coding)
	if err != nil {
		return err
	}
	if coding != "" {
		c.Set(fiber.HeaderContentEncoding, coding)
	}
	c.Response().SetBodyRaw(body)
	return nil
}

// leastPacked is how many bytes an answer must have to be worth compressing.
const leastPacked = 1024

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
