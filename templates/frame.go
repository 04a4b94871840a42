package templates

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"shuyuan/internal/account"
	"shuyuan/templates/text"
)

// Frame is what every page needs around its content.
type Frame struct {
	Lang        text.Lang
	Path        string // path and query of this page, where the language switch comes back to
	Title       string // of the page alone, in the language of the reader; the portal's name is added
	Description string
	Canonical   string // absolute address, empty for pages that should not be indexed
	Base        string // absolute address of the portal without a slash at the end, for social cards
	NoIndex     bool   // asks search engines to leave the page out
	Actor       account.Actor
	CSRF        string
	Nonce       string // only on private pages
	JSONLD      []byte // schema.org description, valid JSON
	Feeds       []Link // Atom feeds of this page
	Alternate   []Link // the same thing in other formats, each with its media type
	Now         time.Time
	Wide        bool          // tables and inboxes: the content may use the full width
	Refresh     int           // seconds after which the page comes anew where no script runs; 0 for never
	Follow      *FollowButton // of what the page shows; nil where it cannot be followed
	Unread      int           // notices that who has signed in has not read
	Sample      bool          // the sample world is loaded: the foot says so
}

// Link is an address with its words.
type Link struct {
	Href  string
	Title string
	Type  string // media type, for alternates
}

// section reports whether the page lies under path, for the mark in the navigation.
func (f Frame) section(path string) bool {
	p, _, _ := strings.Cut(f.Path, "?")
	return p == path || strings.HasPrefix(p, path+"/")
}

// exactly reports whether the page is the one at path.
func (f Frame) exactly(path string) bool {
	p, _, _ := strings.Cut(f.Path, "?")
	return p == path
}

// langURL switches to the other language and comes back to this page.
func (f Frame) langURL() string {
	to := "en"
	if f.Lang == text.English {
		to = "zh-CN"
	}
	back := f.Path
	if back == "" {
		back = "/"
	}
	return "/lang?" + url.Values{"to": {to}, "back": {back}}.Encode()
}

// signInURL signs in and comes back to this page.
func (f Frame) signInURL() string {
	if f.Path == "" || f.Path == "/" || f.section("/sign-in") {
		return "/sign-in"
	}
	return "/sign-in?" + url.Values{"back": {f.Path}}.Encode()
}

func (f Frame) jsonLD() json.RawMessage { return json.RawMessage(f.JSONLD) }
