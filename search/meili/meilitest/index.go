package meilitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// index is one index: settings and documents.
type index struct {
	s          *Server
	uid        string
	primaryKey string
	created    time.Time
	updated    time.Time
	settings   settings
	docs       map[string]*document
	order      []string // ids, oldest first
}

var (
	uidForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,512}$`)
	idForm  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,511}$`)
)

func validUID(uid string) bool { return uidForm.MatchString(uid) }

// index gives the index, made if it is not there: whoever adds to it or sets it
// up makes it.
func (s *Server) index(uid string) *index {
	if s.indexes[uid] == nil {
		s.indexes[uid] = &index{s: s, uid: uid, created: s.now, updated: s.now, settings: usual(), docs: map[string]*document{}}
	}
	return s.indexes[uid]
}

func (x *index) view() map[string]any {
	return map[string]any{"uid": x.uid, "createdAt": x.created, "updatedAt": x.updated, "primaryKey": orNull(x.primaryKey)}
}

func (x *index) stats() map[string]any {
	fields := map[string]int{}
	for _, d := range x.docs {
		for name := range d.fields {
			fields[name]++
		}
	}
	return map[string]any{"numberOfDocuments": len(x.docs), "isIndexing": false, "fieldDistribution": fields}
}

func (s *Server) createIndex(r request) response {
	var want struct {
		UID        string `json:"uid"`
		PrimaryKey string `json:"primaryKey"`
	}
	if f := r.decode(&want); f != nil {
		return refused(f)
	}
	if !validUID(want.UID) {
		return refused(invalidUID(want.UID))
	}
	if !s.scoped(want.UID) {
		return refused(badKey())
	}
	return s.enqueue("indexCreation", want.UID, func() *failure {
		if s.indexes[want.UID] != nil {
			return refuse(http.StatusConflict, "index_already_exists", "Index `%s` already exists.", want.UID)
		}
		s.index(want.UID).primaryKey = want.PrimaryKey
		return nil
	})
}

func (s *Server) listIndexes(r request) response {
	limit, f := r.number("limit", 20)
	if f != nil {
		return refused(f)
	}
	offset, f := r.number("offset", 0)
	if f != nil {
		return refused(f)
	}
	list := []map[string]any{}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(s.indexes)), func(uid string) bool { return !s.scoped(uid) })
	for _, uid := range names[min(offset, len(names)):min(offset+limit, len(names))] {
		list = append(list, s.indexes[uid].view())
	}
	return response{http.StatusOK, map[string]any{"results": list, "offset": offset, "limit": limit, "total": len(names)}}
}

func (s *Server) deleteIndex(uid string) response {
	return s.enqueue("indexDeletion", uid, func() *failure {
		if s.indexes[uid] == nil {
			return noIndex(uid)
		}
		delete(s.indexes, uid)
		return nil
	})
}

// addDocuments replaces documents of the same id, or adds their fields to them.
func (s *Server) addDocuments(r request, merge bool) response {
	uid, key := r.path[1], r.get("primaryKey")
	docs, f := readDocuments(r)
	if f != nil {
		return refused(f)
	}
	return s.enqueue("documentAdditionOrUpdate", uid, func() *failure {
		x := s.index(uid)
		if x.primaryKey == "" {
			x.primaryKey = key
		}
		if x.primaryKey == "" {
			return bad("index_primary_key_no_candidate_found", "The primary key inference failed.")
		}
		if key != "" && key != x.primaryKey {
			return bad("index_primary_key_already_exists", "Index already has a primary key: `%s`.", x.primaryKey)
		}
		ids := make([]string, len(docs))
		for i, d := range docs { // first whether all can be taken: a task is done whole or not at all
			v, ok := d[x.primaryKey]
			if !ok {
				return bad("missing_document_id", "Document doesn't have a `%s` attribute.", x.primaryKey)
			}
			id, isText := v.(string)
			if n, isNumber := v.(json.Number); isNumber {
				id, isText = n.String(), true
			}
			if !isText || !idForm.MatchString(id) {
				return bad("invalid_document_id", "Document identifier `%v` is invalid. A document identifier can be of type integer or string, only composed of alphanumeric characters (a-z A-Z 0-9), hyphens (-) and underscores (_), and can not be more than 511 bytes.", v)
			}
			ids[i] = id
		}
		for i, d := range docs {
			if old := x.docs[ids[i]]; merge && old != nil {
				all := maps.Clone(old.fields)
				maps.Copy(all, d)
				d = all
			}
			x.put(ids[i], d)
		}
		x.updated = s.now
		return nil
	})
}

func readDocuments(r request) ([]map[string]any, *failure) {
	var docs []map[string]any
	d := json.NewDecoder(bytes.NewReader(r.body))
	d.UseNumber()
	if strings.HasPrefix(r.kind, "application/x-ndjson") {
		for {
			var doc map[string]any
			switch err := d.Decode(&doc); err {
			case nil:
				docs = append(docs, doc)
				continue
			case io.EOF:
			default:
				return nil, bad("malformed_payload", "The `ndjson` payload provided is malformed: `%v`.", err)
			}
			break
		}
	} else if err := d.Decode(&docs); err != nil {
		return nil, bad("malformed_payload", "The `json` payload provided is malformed: `%v`.", err)
	}
	if len(r.body) == 0 {
		return nil, bad("missing_payload", "A json payload is missing.")
	}
	return docs, nil
}

func (x *index) put(id string, fields map[string]any) {
	if x.docs[id] == nil {
		x.order = append(x.order, id)
	}
	x.docs[id] = newDocument(fields)
}

func (s *Server) deleteDocuments(r request) response {
	var ids []string
	if f := r.decode(&ids); f != nil {
		return refused(f)
	}
	return s.enqueue("documentDeletion", r.path[1], func() *failure {
		x := s.indexes[r.path[1]]
		if x == nil {
			return noIndex(r.path[1])
		}
		for _, id := range ids {
			delete(x.docs, id)
		}
		x.order = slices.DeleteFunc(x.order, func(id string) bool { return x.docs[id] == nil })
		x.updated = s.now
		return nil
	})
}

// all are the documents, oldest first.
func (x *index) all() []*document {
	out := make([]*document, len(x.order))
	for i, id := range x.order {
		out[i] = x.docs[id]
	}
	return out
}

func (x *index) show(r request) response {
	d := x.docs[r.path[3]]
	if d == nil {
		return refused(refuse(http.StatusNotFound, "document_not_found", "Document `%s` not found.", r.path[3]))
	}
	var fields []string
	if list := r.get("fields"); list != "" {
		fields = strings.Split(list, ",")
	}
	return response{http.StatusOK, d.pick(fields)}
}

func (x *index) fetch(r request) response {
	var q struct {
		Offset int      `json:"offset"`
		Limit  *int     `json:"limit"`
		Fields []string `json:"fields"`
		Filter any      `json:"filter"`
	}
	if f := r.decode(&q); f != nil {
		return refused(f)
	}
	match, f := x.filter(q.Filter)
	if f != nil {
		f.Code = "invalid_document_filter"
		return refused(f)
	}
	limit := 20
	if q.Limit != nil {
		limit = *q.Limit
	}
	results, total := []map[string]any{}, 0
	for _, d := range x.all() {
		if !match(d) {
			continue
		}
		if total >= q.Offset && len(results) < limit {
			results = append(results, d.pick(q.Fields))
		}
		total++
	}
	return response{http.StatusOK, map[string]any{"results": results, "offset": q.Offset, "limit": limit, "total": total}}
}

// settings are those that our requests touch or depend on.
type settings struct {
	Searchable   []string
	Filterable   []rule
	Sortable     []string
	RankingRules []string
	MaxTotal     int
	MaxValues    int
	ByCount      bool
	rest         map[string]json.RawMessage
}

// rule says what filters may do with attributes.
type rule struct {
	Patterns   []string
	Equality   bool
	Comparison bool
}

func usual() settings {
	return settings{Searchable: []string{"*"}, RankingRules: []string{"words", "typo", "proximity", "attribute", "sort", "exactness"}, MaxTotal: 1000, MaxValues: 100,
		rest: map[string]json.RawMessage{}}
}

func (s settings) view() map[string]any {
	rules := []any{}
	for _, r := range s.Filterable {
		rules = append(rules, map[string]any{"attributePatterns": r.Patterns, "features": map[string]any{"facetSearch": false, "filter": map[string]bool{"equality": r.Equality, "comparison": r.Comparison}}})
	}
	order := "alpha"
	if s.ByCount {
		order = "count"
	}
	return map[string]any{"searchableAttributes": s.Searchable, "filterableAttributes": rules, "sortableAttributes": s.Sortable, "rankingRules": s.RankingRules,
		"pagination": map[string]int{"maxTotalHits": s.MaxTotal}, "faceting": map[string]any{"maxValuesPerFacet": s.MaxValues, "sortFacetValuesBy": map[string]string{"*": order}}}
}

// fromPath names the setting that a path of its own changes.
var fromPath = map[string]string{
	"searchable-attributes": "searchableAttributes", "filterable-attributes": "filterableAttributes", "sortable-attributes": "sortableAttributes",
	"ranking-rules": "rankingRules", "facet-search": "facetSearch", "pagination": "pagination", "faceting": "faceting",
	"prefix-search": "prefixSearch", "typo-tolerance": "typoTolerance", "proximity-precision": "proximityPrecision",
}

func (s *Server) changeSettings(r request) response {
	changes := map[string]json.RawMessage{}
	switch {
	case len(r.path) == 3 && r.method == "PATCH":
		if f := r.decode(&changes); f != nil {
			return refused(f)
		}
	case len(r.path) == 4 && fromPath[r.path[3]] != "" && (r.method == "PUT" || r.method == "PATCH"):
		if !json.Valid(r.body) {
			return refused(bad("malformed_payload", "The json payload provided is malformed."))
		}
		changes[fromPath[r.path[3]]] = r.body
	default:
		return response{http.StatusNotFound, nil}
	}
	trial := usual()
	for name, v := range changes { // refused at once, not in the task
		if f := trial.set(name, v); f != nil {
			return refused(f)
		}
	}
	return s.enqueue("settingsUpdate", r.path[1], func() *failure {
		x := s.index(r.path[1])
		for name, v := range changes {
			if f := x.settings.set(name, v); f != nil {
				return f
			}
		}
		x.updated = s.now
		return nil
	})
}

func (s *settings) set(name string, v json.RawMessage) *failure {
	read := func(into any) *failure {
		if err := json.Unmarshal(v, into); err != nil {
			return bad("invalid_settings_"+snake(name), "Invalid value type at `.%s`: %v", name, err)
		}
		return nil
	}
	switch name {
	case "searchableAttributes":
		return read(&s.Searchable)
	case "sortableAttributes":
		return read(&s.Sortable)
	case "rankingRules":
		if f := read(&s.RankingRules); f != nil {
			return f
		}
		for _, r := range s.RankingRules {
			if !slices.Contains([]string{"words", "typo", "sort", "proximity", "attribute", "exactness"}, r) && !strings.HasSuffix(r, ":asc") && !strings.HasSuffix(r, ":desc") {
				return bad("invalid_settings_ranking_rules", "Invalid value at `.rankingRules`: `%s` ranking rule is invalid.", r)
			}
		}
		return nil
	case "pagination":
		var p struct{ MaxTotalHits int }
		f := read(&p)
		s.MaxTotal = p.MaxTotalHits
		return f
	case "faceting":
		var p struct {
			MaxValuesPerFacet int
			SortFacetValuesBy map[string]string
		}
		f := read(&p)
		s.MaxValues, s.ByCount = p.MaxValuesPerFacet, p.SortFacetValuesBy["*"] == "count"
		return f
	case "filterableAttributes":
		return s.setFilterable(v)
	case "facetSearch", "prefixSearch", "typoTolerance", "proximityPrecision": // kept, without effect on filters
		s.rest[name] = v
		return nil
	}
	return bad("bad_request", "Unknown field `%s`: expected one of `displayedAttributes`, `searchableAttributes`, `filterableAttributes`, …", name)
}

// setFilterable reads names and rules, in any mix.
func (s *settings) setFilterable(v json.RawMessage) *failure {
	var list []json.RawMessage
	if err := json.Unmarshal(v, &list); err != nil {
		return bad("invalid_settings_filterable_attributes", "Invalid value type: expected an array")
	}
	s.Filterable = nil
	for _, item := range list {
		var name string
		if json.Unmarshal(item, &name) == nil {
			s.Filterable = append(s.Filterable, rule{[]string{name}, true, true})
			continue
		}
		var r struct {
			AttributePatterns []string
			Features          struct {
				FacetSearch bool
				Filter      struct{ Equality, Comparison bool }
			}
		}
		if err := json.Unmarshal(item, &r); err != nil || len(r.AttributePatterns) == 0 {
			return bad("invalid_settings_filterable_attributes", "Invalid value: a string or a rule with `attributePatterns` is expected")
		}
		s.Filterable = append(s.Filterable, rule{r.AttributePatterns, r.Features.Filter.Equality, r.Features.Filter.Comparison})
	}
	return nil
}

// ruleOf is the first rule for an attribute.
func (s *settings) ruleOf(attribute string) (rule, bool) {
	for _, r := range s.Filterable {
		for _, p := range r.Patterns {
			if p == attribute || p == "*" || strings.HasSuffix(p, "*") && strings.HasPrefix(attribute, strings.TrimSuffix(p, "*")) {
				return r, r.Equality || r.Comparison
			}
		}
	}
	return rule{}, false
}

func snake(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		fmt.Fprintf(&b, "%c", r)
	}
	return b.String()
}
