package meilitest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// document is a stored document, and its values as filters and facets see
// them.
type document struct {
	fields map[string]any
	texts  map[string][]text // by attribute, sorted by form
	nums   map[string][]float64
}

// text is a value and the form in which values are compared.
type text struct{ form, original string }

func newDocument(fields map[string]any) *document {
	d := &document{fields: fields, texts: map[string][]text{}, nums: map[string][]float64{}}
	for name, v := range fields {
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		for _, v := range list {
			switch v := v.(type) {
			case string:
				d.texts[name] = append(d.texts[name], text{form(v), v})
			case bool:
				d.texts[name] = append(d.texts[name], text{strconv.FormatBool(v), strconv.FormatBool(v)})
			case json.Number:
				if n, err := v.Float64(); err == nil {
					d.nums[name] = append(d.nums[name], n)
				}
			}
		}
		slices.SortStableFunc(d.texts[name], func(a, b text) int { return strings.Compare(a.form, b.form) })
		d.texts[name] = slices.CompactFunc(d.texts[name], func(a, b text) bool { return a.form == b.form })
	}
	return d
}

// longestForm is how much of a value the server compares.
const longestForm = 479

// form is how the server compares values: without case, width and surrounding
// blanks, and only so far.
func form(s string) string {
	s = strings.ToLower(norm.NFKD.String(strings.TrimSpace(s)))
	if len(s) > longestForm {
		end := 0
		for i := range s {
			if i > longestForm {
				break
			}
			end = i
		}
		s = s[:end]
	}
	return s
}

func (d *document) equals(attribute, v string) bool {
	f := form(v)
	_, found := slices.BinarySearchFunc(d.texts[attribute], f, func(t text, f string) int { return strings.Compare(t.form, f) })
	if found {
		return true
	}
	n, err := strconv.ParseFloat(v, 64)
	return err == nil && slices.Contains(d.nums[attribute], n)
}

func (d *document) begins(attribute, v string) bool {
	f := form(v)
	at, _ := slices.BinarySearchFunc(d.texts[attribute], f, func(t text, f string) int { return strings.Compare(t.form, f) })
	return at < len(d.texts[attribute]) && strings.HasPrefix(d.texts[attribute][at].form, f)
}

// pick is the document, or some of its fields.
func (d *document) pick(fields []string) map[string]any {
	if len(fields) == 0 || slices.Contains(fields, "*") {
		return d.fields
	}
	out := map[string]any{}
	for _, f := range fields {
		if v, ok := d.fields[f]; ok {
			out[f] = v
		}
	}
	return out
}

// query is a search as it is asked. What is read only to be known is not used
// by us.
type query struct {
	IndexUID             string          `json:"indexUid"`
	Q                    string          `json:"q"`
	Offset               *int            `json:"offset"`
	Limit                *int            `json:"limit"`
	Page                 *int            `json:"page"`
	HitsPerPage          *int            `json:"hitsPerPage"`
	AttributesToRetrieve []string        `json:"attributesToRetrieve"`
	Filter               any             `json:"filter"`
	Facets               []string        `json:"facets"`
	Sort                 []string        `json:"sort"`
	Hybrid               json.RawMessage `json:"hybrid"`
}

func (s *Server) multiSearch(r request) response {
	var all struct {
		Queries []query `json:"queries"`
	}
	if f := r.decode(&all); f != nil {
		return refused(f)
	}
	results := []any{}
	for i, q := range all.Queries {
		within := func(f *failure) response {
			f.status = http.StatusBadRequest
			f.Message = "Inside `.queries[" + strconv.Itoa(i) + "]`: " + f.Message
			return refused(f)
		}
		if q.IndexUID == "" {
			return within(bad("missing_index_uid", "Missing field `indexUid`"))
		}
		if !s.scoped(q.IndexUID) {
			return refused(badKey())
		}
		x := s.indexes[q.IndexUID]
		if x == nil {
			return within(noIndex(q.IndexUID))
		}
		answer, f := x.search(q)
		if f != nil {
			return within(f)
		}
		answer["indexUid"] = q.IndexUID
		results = append(results, answer)
	}
	return response{http.StatusOK, map[string]any{"results": results}}
}

func (x *index) search(q query) (map[string]any, *failure) {
	if q.Q != "" {
		return nil, refuse(http.StatusNotImplemented, "stand_in", "the stand-in does not search by words")
	}
	for name, n := range map[string]*int{"offset": q.Offset, "limit": q.Limit, "page": q.Page, "hits_per_page": q.HitsPerPage} {
		if n != nil && *n < 0 {
			return nil, bad("invalid_search_"+name, "Invalid value type: expected a positive integer, but found a negative integer: `%d`", *n)
		}
	}
	match, f := x.filter(q.Filter)
	if f != nil {
		f.Message = "Index `" + x.uid + "`: " + f.Message
		return nil, f
	}
	var found []*document
	for _, d := range x.all() {
		if match(d) {
			found = append(found, d)
		}
	}
	if f := x.sort(found, q.Sort); f != nil {
		return nil, f
	}
	answer := map[string]any{"query": q.Q, "processingTimeMs": 0}
	total := min(len(found), x.settings.MaxTotal)
	offset, limit := or(q.Offset, 0), or(q.Limit, 20)
	if q.Page != nil || q.HitsPerPage != nil {
		page, size := or(q.Page, 1), or(q.HitsPerPage, 20)
		offset, limit = (max(page, 1)-1)*size, size
		if page == 0 {
			limit = 0
		}
		pages := 0
		if size > 0 {
			pages = (total + size - 1) / size
		}
		answer["hitsPerPage"], answer["page"], answer["totalPages"], answer["totalHits"] = size, page, pages, total
	} else {
		answer["offset"], answer["limit"], answer["estimatedTotalHits"] = offset, limit, total
	}
	hits := []map[string]any{}
	for _, d := range found[min(offset, total):min(offset+limit, total)] {
		hits = append(hits, d.pick(q.AttributesToRetrieve))
	}
	answer["hits"] = hits
	if q.Facets != nil {
		distribution, f := x.facets(found, q.Facets)
		if f != nil {
			return nil, f
		}
		answer["facetDistribution"], answer["facetStats"] = distribution, map[string]any{}
	}
	return answer, nil
}

func or(n *int, usual int) int {
	if n == nil {
		return usual
	}
	return *n
}

// sort orders by attributes: numbers before texts, documents without the
// attribute last. Only attributes set up for it, and only if the ranking rules
// have sort.
func (x *index) sort(docs []*document, by []string) *failure {
	type order struct {
		attribute string
		down      bool
	}
	var orders []order
	for _, s := range by {
		attribute, direction, _ := strings.Cut(s, ":")
		if direction != "asc" && direction != "desc" {
			return bad("invalid_search_sort", "Invalid syntax for the sort parameter: expected expression ending by `:asc` or `:desc`, found `%s`.", s)
		}
		if !slices.Contains(x.settings.Sortable, attribute) {
			return bad("invalid_search_sort", "Index `%s`: Attribute `%s` is not sortable.", x.uid, attribute)
		}
		orders = append(orders, order{attribute, direction == "desc"})
	}
	if len(orders) > 0 && !slices.Contains(x.settings.RankingRules, "sort") {
		return bad("invalid_search_sort", "You must specify where `sort` is listed in the rankingRules setting to use the sort parameter at search time.")
	}
	slices.SortStableFunc(docs, func(a, b *document) int {
		for _, o := range orders {
			na, nb := a.nums[o.attribute], b.nums[o.attribute]
			ta, tb := a.texts[o.attribute], b.texts[o.attribute]
			c := 0
			switch {
			case len(na) > 0 && len(nb) > 0:
				c = cmp.Compare(na[0], nb[0])
			case len(ta) > 0 && len(tb) > 0:
				c = strings.Compare(ta[0].form, tb[0].form)
			default: // what has none stands last, whatever the direction
				if c = cmp.Compare(len(nb)+len(tb), len(na)+len(ta)); c != 0 {
					return c
				}
			}
			if o.down {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	return nil
}

func (x *index) facets(docs []*document, attributes []string) (map[string]map[string]int, *failure) {
	out := map[string]map[string]int{}
	for _, a := range attributes {
		if _, ok := x.settings.ruleOf(a); !ok {
			return nil, bad("invalid_search_facets", "Invalid facet distribution: Pattern `%s` is not filterable.", a)
		}
		type value struct {
			text
			n int
		}
		counts := map[string]*value{}
		for _, d := range docs {
			for _, t := range d.texts[a] {
				if counts[t.form] == nil {
					counts[t.form] = &value{text: t}
				}
				counts[t.form].n++
			}
		}
		var list []*value
		for _, v := range counts {
			list = append(list, v)
		}
		slices.SortFunc(list, func(v, w *value) int {
			if x.settings.ByCount && v.n != w.n {
				return cmp.Compare(w.n, v.n)
			}
			return strings.Compare(v.form, w.form)
		})
		out[a] = map[string]int{}
		for _, v := range list[:min(len(list), x.settings.MaxValues)] {
			out[a][v.original] = v.n
		}
	}
	return out, nil
}
