package bleve

import (
	"encoding/binary"
	"errors"
	"time"

	index "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"shuyuan/search"
)

// record is what the index keeps of a document beside its keys: all that is
// needed to fill the table again and to mark what was found.
type record struct {
	search.Document        // without Columns, Values and Code, which are only searched
	titleKeys       uint32 // how many keys the title has: a short title says more with each
}

// encode writes a record as lengths and bytes.
func (r *record) encode() []byte {
	b := make([]byte, 0, 512)
	text := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	for _, s := range []string{r.ID, r.Title, r.TitleEN, r.Summary, r.SummaryEN, r.Department, r.Theme, r.Open, r.Frequency, r.Region} {
		text(s)
	}
	for _, list := range [][]string{r.Departments, r.ThemeNames, r.Formats, r.Tags} {
		b = binary.AppendUvarint(b, uint64(len(list)))
		for _, s := range list {
			text(s)
		}
	}
	b = binary.AppendVarint(b, r.Updated.Unix())
	b = binary.AppendVarint(b, r.Popular)
	return binary.AppendUvarint(b, uint64(r.titleKeys))
}

var errRecord = errors.New("a record is damaged")

func decode(b []byte) (*record, error) {
	rest := string(b) // copied once; every text of the record is a part of it
	bad := false
	number := func() uint64 {
		var n uint64
		for i := 0; i < len(rest) && i < binary.MaxVarintLen64; i++ {
			c := rest[i]
			n |= uint64(c&0x7f) << (7 * i)
			if c < 0x80 {
				rest = rest[i+1:]
				return n
			}
		}
		bad = true
		return 0
	}
	signed := func() int64 {
		n := number()
		return int64(n>>1) ^ -int64(n&1)
	}
	text := func() string {
		n := number()
		if bad || n > uint64(len(rest)) {
			bad = true
			return ""
		}
		s := rest[:n]
		rest = rest[n:]
		return s
	}
	var r record
	for _, s := range []*string{&r.ID, &r.Title, &r.TitleEN, &r.Summary, &r.SummaryEN, &r.Department, &r.Theme, &r.Open, &r.Frequency, &r.Region} {
		*s = text()
	}
	for _, list := range []*[]string{&r.Departments, &r.ThemeNames, &r.Formats, &r.Tags} {
		for n := number(); n > 0 && !bad; n-- {
			*list = append(*list, text())
		}
	}
	r.Updated = time.Unix(signed(), 0).UTC()
	r.Popular = signed()
	r.titleKeys = uint32(number())
	if bad || r.ID == "" {
		return nil, errRecord
	}
	return &r, nil
}

// recordOf reads the record of a document in a segment.
func recordOf(s segment.Segment, n uint64) (*record, error) {
	var r *record
	err := s.VisitStoredFields(n, func(field string, _ byte, value []byte, _ []uint64) bool {
		if field != recordField {
			return true
		}
		r, _ = decode(value)
		return false
	})
	if err == nil && r == nil {
		err = errRecord
	}
	return r, err
}

// The fields of the index: one for each tier, and the record.
const recordField = "record"

var tierFields = [search.Tiers]string{"title", "key", "summary", "value"}

// indexer makes of documents what Bleve takes and what the table takes. It
// keeps the keys it has made, and those of names, columns and values: most
// documents share most of theirs.
type indexer struct {
	known map[string]known
	texts map[text][]known
	sizes [search.Tiers]int // keys of the document before
}

// known is a key as Bleve wants it, twice: as a string and with how often and
// where it stands. Neither is kept: the ranking does without.
type known struct {
	key  string
	freq *index.TokenFreq
}

// text is one that other documents have too.
type text struct {
	text  string
	sound bool
}

// What bounds the memory of an indexer.
const (
	mostKnown   = 200_000
	mostTexts   = 20_000
	longestText = 120 // bytes of a text that is kept
)

func newIndexer() *indexer { return &indexer{known: map[string]known{}, texts: map[text][]known{}} }

func (x *indexer) document(d *search.Document) (*document, *record) {
	r := &record{Document: *d}
	r.Columns, r.Values, r.Code, r.RegionNames = nil, nil, "", nil
	doc := &document{id: d.ID, fields: make([]*field, 0, len(tierFields)+2)}
	for t := range tierFields {
		doc.fields = append(doc.fields, &field{name: tierFields[t], keys: x.keys(d, search.Tier(t)), options: index.IndexField | index.SkipFreqNorm})
	}
	r.titleKeys = uint32(len(doc.fields[search.TitleTier].keys))
	doc.fields = append(doc.fields, &field{name: recordField, value: r.encode(), options: index.StoreField})
	return doc, r
}

// keys are the keys of one tier, each once.
func (x *indexer) keys(d *search.Document, t search.Tier) index.TokenFrequencies {
	keys := make(index.TokenFrequencies, x.sizes[t])
	shared := t == search.KeyTier || t == search.ValueTier
	d.EachText(t, func(s string, sound bool) {
		if !shared || len(s) > longestText {
			search.EachKeyOf(s, sound, func(key []byte) {
				k := x.key(key)
				keys[k.key] = k.freq
			})
			return
		}
		for _, k := range x.keysOf(text{s, sound}) {
			keys[k.key] = k.freq
		}
	})
	x.sizes[t] = len(keys)
	return keys
}

func (x *indexer) keysOf(t text) []known {
	list, ok := x.texts[t]
	if !ok {
		search.EachKeyOf(t.text, t.sound, func(key []byte) { list = append(list, x.key(key)) })
		if len(x.texts) >= mostTexts {
			clear(x.texts)
		}
		x.texts[t] = list
	}
	return list
}

func (x *indexer) key(key []byte) known {
	k, ok := x.known[string(key)]
	if !ok {
		if len(x.known) >= mostKnown {
			clear(x.known)
		}
		s := string(key)
		k = known{s, &index.TokenFreq{Term: []byte(s)}}
		x.known[s] = k
	}
	return k
}

// document is a document as Bleve wants it; its keys are ready made.
type document struct {
	id     string
	fields []*field
}

func (d *document) ID() string { return d.id }
func (d *document) Size() int  { return 0 }
func (d *document) VisitFields(visit index.FieldVisitor) {
	for _, f := range d.fields {
		visit(f)
	}
}
func (d *document) VisitComposite(index.CompositeFieldVisitor) {}
func (d *document) HasComposite() bool                         { return false }
func (d *document) NumPlainTextBytes() uint64                  { return 0 }
func (d *document) StoredFieldsBytes() uint64                  { return 0 }
func (d *document) Indexed() bool                              { return false }
func (d *document) AddIDField() {
	d.fields = append(d.fields, &field{
		name: "_id", value: []byte(d.id), options: index.IndexField | index.StoreField,
		keys: index.TokenFrequencies{d.id: &index.TokenFreq{Term: []byte(d.id)}},
	})
}

// field is one field of a document.
type field struct {
	name    string
	value   []byte
	keys    index.TokenFrequencies
	options index.FieldIndexingOptions
}

func (f *field) Name() string                                     { return f.name }
func (f *field) Value() []byte                                    { return f.value }
func (f *field) ArrayPositions() []uint64                         { return nil }
func (f *field) EncodedFieldType() byte                           { return 't' }
func (f *field) Analyze()                                         {}
func (f *field) Options() index.FieldIndexingOptions              { return f.options }
func (f *field) AnalyzedLength() int                              { return len(f.keys) }
func (f *field) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.keys }
func (f *field) NumPlainTextBytes() uint64                        { return 0 }
