package datasets

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/outbound"
	"shuyuan/internal/policy"
)

// LinkKind is what lies at an address.
type LinkKind string

// The kinds of addresses.
const (
	LinkAPI  LinkKind = "api"  // a service that programs ask
	LinkFile LinkKind = "file" // a file that another site keeps
	LinkPage LinkKind = "page" // a page where the data is shown or fetched by hand
)

// Link is a resource that is an address instead of files.
type Link struct {
	Kind    LinkKind
	URL     string // of the web; one that begins with / is of the portal itself
	Format  string // what is promised to lie there; html of every page, empty where a service has none
	Example string // a request that a service answers with data
	Docs    string // address of its documentation
	Usage   string // how to use it
	UsageEN string
	Notes   string // coordinates, and what is peculiar about the format
	NotesEN string

	Withheld bool      // the Gate does not let the viewer have the addresses and the usage: they are left out
	State    LinkState // how the last check went
}

// Formats are what an entry with this link is found under: a service under api
// besides its format.
func (l *Link) Formats() []string {
	var out []string
	if l.Kind == LinkAPI {
		out = append(out, "api")
	}
	if l.Format != "" {
		out = append(out, l.Format)
	}
	return out
}

// Checked is the address that is checked: an example shows more of a service
// than its bare address, which often answers nothing.
func (l *Link) Checked() string {
	if l.Example != "" {
		return l.Example
	}
	return l.URL
}

// Formats are what an entry with this resource is found under.
func (r *Resource) Formats() []string {
	switch {
	case r.Newest != nil:
		return []string{r.Newest.Format}
	case r.Link != nil:
		return r.Link.Formats()
	}
	return nil
}

// Format is the one format of a resource, empty where it has none yet.
func (r *Resource) Format() string {
	switch {
	case r.Newest != nil:
		return r.Newest.Format
	case r.Link != nil:
		return r.Link.Format
	}
	return ""
}

// LinkFormats are the formats that can be promised of an address, by its kind.
var LinkFormats = map[LinkKind][]string{
	LinkAPI:  {"", "json", "geojson", "ndjson", "xml", "csv", "wms", "wmts", "wfs"},
	LinkFile: {"csv", "tsv", "txt", "json", "ndjson", "xml", "xlsx", "geojson", "shp", "parquet", "pdf", "docx", "zip"},
	LinkPage: {"html"},
}

// normalise cleans what a person wrote about an address, and refuses what no
// check could ever reach.
func (l *Link) normalise(gate *outbound.Gate) error {
	formats, known := LinkFormats[l.Kind]
	if !known {
		return fault.At("kind", "没有这种地址。")
	}
	if l.Kind == LinkPage {
		l.Format = "html"
	}
	if !slices.Contains(formats, l.Format) {
		return fault.At("format", "这种地址不能是这个格式。")
	}
	for _, t := range []struct {
		field string
		text  *string
		most  int
	}{
		{"url", &l.URL, maxURL}, {"example", &l.Example, maxURL}, {"docs", &l.Docs, maxURL},
		{"usage", &l.Usage, maxText}, {"usage_en", &l.UsageEN, maxText}, {"notes", &l.Notes, maxText}, {"notes_en", &l.NotesEN, maxText},
	} {
		clean, err := cleanText(t.field, *t.text, t.most)
		if err != nil {
			return err
		}
		*t.text = clean
	}
	if l.URL == "" {
		return fault.At("url", "请填写地址。")
	}
	for field, address := range map[string]string{"url": l.URL, "example": l.Example, "docs": l.Docs} {
		if err := checkLink(gate, field, address); err != nil {
			return err
		}
	}
	return nil
}

// checkLink refuses an address that is none of the web, or that the gate would
// never ask. One of the portal itself is a path.
func checkLink(gate *outbound.Gate, field, address string) error {
	if path, own := strings.CutPrefix(address, "/"); own {
		u, err := url.Parse(address)
		if err != nil || u.Host != "" || path == "" || path[0] == '/' || strings.ContainsAny(address, "\\ \t") {
			return fault.At(field, "本站的地址须以单个斜杠开头。")
		}
		return nil
	}
	if err := checkURL(field, address); err != nil || address == "" || gate == nil {
		return err
	}
	switch outbound.ProblemOf(gate.Check(address)) {
	case "":
		return nil
	case outbound.PortRefused:
		return fault.At(field, "这个端口不是网页服务的端口，平台不能访问。")
	case outbound.NotPublic:
		return fault.At(field, "这是内部网络的地址，公众和平台都到不了。")
	}
	return fault.At(field, "网址须以 http:// 或 https:// 开头，且不含账号。")
}

// LinkRules are the rules of the platform about checking addresses.
type LinkRules struct {
	Every       time.Duration // between checks of one that answers
	Again       time.Duration // after a check that failed
	AtMost      time.Duration // between checks of one that is dead
	Failures    int           // dead after so many in a row,
	Over        time.Duration // and so long
	Kept        int           // days that the figures are kept
	Certificate time.Duration // before its end, a certificate is warned of
}

// LinkRulesOf reads them from the book of rules.
func LinkRulesOf(book *policy.Book) (LinkRules, error) {
	numbers := book.Numbers()
	const hour, day = time.Hour, 24 * time.Hour
	r := LinkRules{
		Every:       numbers.Times("link_check", "", hour),
		Again:       numbers.Times("link_check", "after_failure_hours", hour),
		AtMost:      numbers.Times("link_check", "dead_most_days", day),
		Failures:    numbers.Of("link_dead", ""),
		Over:        numbers.Times("link_dead", "over_days", day),
		Kept:        numbers.Of("link_history", ""),
		Certificate: numbers.Times("link_certificate_warning", "", day),
	}
	return r, numbers.Missing()
}

// Links lets addresses be checked, through the gate. base is the address of the
// portal itself.
func Links(gate *outbound.Gate, rules LinkRules, base string) Option {
	return func(s *Service) { s.outbound, s.linkRules, s.base = gate, rules, strings.TrimRight(base, "/") }
}

// withoutAddress leaves out of a link what leads to data that the Gate would
// not let viewer have. Whose entry it is knows it anyway.
func (s *Service) withoutAddress(ctx context.Context, viewer account.Actor, d *Dataset, r *Resource) {
	if r.Link == nil || own(viewer, d.Department.ID) || s.gate.MayServe(ctx, viewer, &Version{ResourceID: r.ID, DatasetID: d.ID, Open: d.Open}, nil, s.now()) == nil {
		return
	}
	l := r.Link
	l.URL, l.Example, l.Docs, l.Usage, l.UsageEN, l.State.MovedTo, l.Withheld = "", "", "", "", "", "", true
}

// SetLink changes the address that a resource is. It is checked anew. It
// returns fault.Conflict where the resource is files.
func (s *Service) SetLink(ctx context.Context, who account.Actor, resourceID string, l Link) error {
	if err := l.normalise(s.outbound); err != nil {
		return err
	}
	dataset, _, err := s.entryOf(ctx, who, resourceID)
	if err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if err := lockForEdit(ctx, tx, who, dataset); err != nil {
			return none, err
		}
		changed, err := updateLink(ctx, tx, resourceID, l)
		if err != nil {
			return none, err
		}
		if !changed {
			return none, fault.New(fault.Conflict, "这个资源是文件，不是地址。")
		}
		if err := audit.Append(ctx, tx, who, "resource", resourceID, "set-address", map[string]string{"url": l.URL}); err != nil {
			return none, err
		}
		return none, announce(ctx, tx, s, dataset)
	})
	return err
}

// entryOf is the entry that a resource belongs to, and its department, as far
// as viewer may know of it.
func (s *Service) entryOf(ctx context.Context, viewer account.Actor, resourceID string) (dataset, department int64, err error) {
	if !resourceForm.MatchString(resourceID) {
		return 0, 0, errNoResource()
	}
	visible := Visible(viewer)
	err = s.pool.QueryRow(ctx, `SELECT d.id, d.department_id FROM resources r JOIN datasets d ON d.id = r.dataset_id WHERE r.id = @resource AND `+visible.SQL,
		visible.with("resource", resourceID)).Scan(&dataset, &department)
	if errors.Is(err, pgx.ErrNoRows) {
		err = errNoResource()
	}
	return dataset, department, err
}
