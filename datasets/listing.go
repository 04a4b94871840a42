package datasets

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/fault"
)

// with is the condition's arguments and one more.
func (c Condition) with(name string, value any) pgx.NamedArgs {
	args := maps.Clone(c.Args)
	args[name] = value
	return args
}

// where is the filter and who looks, as SQL.
func (f Filter) where(visible Condition, now time.Time) (string, pgx.NamedArgs) {
	clauses, args := []string{visible.SQL}, maps.Clone(visible.Args)
	add := func(set bool, clause, name string, value any) {
		if set {
			clauses, args[name] = append(clauses, clause), value
		}
	}
	add(f.Department != "", `d.department_id = (SELECT id FROM departments WHERE slug = @department)`, "department", keep(f.Department))
	add(f.Theme != "", `d.theme_id = (SELECT id FROM themes WHERE slug = @theme)`, "theme", keep(f.Theme))
	add(f.Open != "", `d.open_type = @open`, "open", keep(string(f.Open)))
	add(f.Late, promised+` AND d.next_due < @today`, "today", now.In(china).Format(time.DateOnly))
	if f.Order == ByDue {
		clauses = append(clauses, promised)
	}
	for facet, values := range f.Among {
		clause, ok := among[facet]
		if !ok {
			clause = `false` // nothing has what there is not
		}
		kept := make([]string, len(values))
		for i, v := range values {
			kept[i] = keep(v)
		}
		add(len(values) > 0, clause, "among_"+string(facet), kept)
	}
	return strings.Join(clauses, ` AND `), args
}

// keep is a value as the database can compare it: what it cannot hold at all
// is of nothing.
func keep(v string) string {
	if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
		return ""
	}
	return v
}

// Facet is what a listing can be narrowed by, under its name in addresses.
type Facet string

// among is how a dataset has one of several values of a facet.
var among = map[Facet]string{
	"theme":  `d.theme_id IN (SELECT id FROM themes WHERE slug = ANY(@among_theme))`,
	"org":    `d.department_id IN (SELECT id FROM departments WHERE slug = ANY(@among_org))`,
	"open":   `d.open_type = ANY(@among_open)`,
	"freq":   `d.update_frequency = ANY(@among_freq)`,
	"region": `d.region = ANY(@among_region)`,
	"tag":    `d.tags && @among_tag::text[]`,
	"format": `(EXISTS (
		SELECT FROM resources r
		JOIN LATERAL (SELECT format FROM versions WHERE resource_id = r.id ORDER BY number DESC LIMIT 1) v ON true
		WHERE r.dataset_id = d.id AND v.format = ANY(@among_format))
		OR EXISTS (SELECT FROM resources r JOIN links k ON k.resource_id = r.id WHERE r.dataset_id = d.id AND k.formats && @among_format::text[]))`,
}

// order is how a listing goes on after its last row: keyset paging, so that a
// far page costs no more than the first.
type order struct {
	name   Order
	by     string
	beyond string
	value  func(*Dataset) string
	check  func(string) bool
}

// promised is the condition that a day of the next version was promised.
const promised = `d.update_frequency <> 'never' AND d.next_due IS NOT NULL`

// scored is the share of the lines of quality that an entry keeps, in hundredths
// of a per cent; -1 for one that was not scored.
const scored = `CASE WHEN q.asked > 0 THEN q.yes * 10000 / q.asked ELSE -1 END`

func (d *Dataset) score() int {
	if d.QualityAsked == 0 {
		return -1
	}
	return d.QualityYes * 10000 / d.QualityAsked
}

const popularity = `coalesce(u.views + u.downloads * 5, 0)`

var orders = map[Order]order{
	ByUpdated: {
		by: `d.last_updated DESC, d.id DESC`, beyond: `(d.last_updated, d.id) < (@after::date, @after_id)`,
		value: func(d *Dataset) string { return d.LastUpdated.Format(time.DateOnly) },
		check: isDay,
	},
	ByTitle: {
		by: `d.title, d.id`, beyond: `(d.title, d.id) > (@after, @after_id)`,
		value: func(d *Dataset) string { return d.Title },
		check: func(s string) bool { return s != "" && !strings.ContainsRune(s, 0) },
	},
	ByPopular: {
		by: popularity + ` DESC, d.id DESC`, beyond: `(` + popularity + `, d.id) < (@after::bigint, @after_id)`,
		value: func(d *Dataset) string { return strconv.FormatInt(d.Views+d.Downloads*5, 10) },
		check: func(s string) bool { _, err := strconv.ParseInt(s, 10, 64); return err == nil },
	},
	ByQuality: {
		by: scored + ` DESC, d.id DESC`, beyond: `(` + scored + `, d.id) < (@after::int, @after_id)`,
		value: func(d *Dataset) string { return strconv.Itoa(d.score()) },
		check: func(s string) bool { _, err := strconv.Atoi(s); return err == nil },
	},
	ByDue: {
		by: `d.next_due, d.id`, beyond: `(d.next_due, d.id) > (@after::date, @after_id)`,
		value: func(d *Dataset) string { return d.NextDue.Format(time.DateOnly) },
		check: isDay,
	},
}

func isDay(s string) bool {
	t, err := time.Parse(time.DateOnly, s)
	return err == nil && t.Year() > 0
}

func (f Filter) order() (order, error) {
	name := f.Order
	if name == "" {
		name = ByUpdated
	}
	o, ok := orders[name]
	if !ok {
		return o, fault.At("sort", "没有这种排序。")
	}
	o.name = name
	return o, nil
}

type cursor struct {
	Order Order  `json:"o"`
	Value string `json:"v"`
	ID    int64  `json:"i"`
}

func (o order) cursor(last *Dataset) string {
	body, _ := json.Marshal(cursor{o.name, o.value(last), last.ID}) // strings and a number: cannot fail
	return base64.RawURLEncoding.EncodeToString(body)
}

func (o order) after(text string, args pgx.NamedArgs) error {
	var c cursor
	body, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(body, &c)
	}
	if err != nil || c.Order != o.name || !o.check(c.Value) {
		return fault.At("cursor", "这个翻页标记不是本列表给出的。")
	}
	args["after"], args["after_id"] = c.Value, c.ID
	if o.name == ByPopular || o.name == ByQuality {
		args["after"], _ = strconv.ParseInt(c.Value, 10, 64)
	}
	return nil
}

// contains is the condition that every word of text stands somewhere in what a
// list shows. At most eight words count, and of each as much as a title can
// hold.
func contains(text string) (string, pgx.NamedArgs) {
	words := strings.FieldsFunc(strings.ToValidUTF8(text, " "), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	if len(words) > 8 {
		words = words[:8]
	}
	clauses, args := []string{`true`}, pgx.NamedArgs{}
	escape := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
	for i, w := range words {
		name := "word" + strconv.Itoa(i)
		args[name] = "%" + escape.Replace(firstRunes(w, maxLine)) + "%"
		clauses = append(clauses, `(concat_ws(' ', d.title, d.title_en, d.summary, d.summary_en, array_to_string(d.tags, ' ')) ILIKE @`+name+`
			OR d.department_id IN (SELECT id FROM departments WHERE concat_ws(' ', name, array_to_string(aliases, ' ')) ILIKE @`+name+`)
			OR d.theme_id IN (SELECT id FROM themes WHERE name ILIKE @`+name+`))`)
	}
	return strings.Join(clauses, ` AND `), args
}

// firstRunes is the beginning of s, at most n characters.
func firstRunes(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}
