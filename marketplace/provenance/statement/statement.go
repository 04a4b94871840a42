package statement

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Names that stand in every statement (in-toto attestation framework, v1).
const (
	Type        = "https://in-toto.io/Statement/v1"
	PayloadType = "application/vnd.in-toto+json"
	Profile     = "1"
	predicate   = "/ns/public-data-derivation/v1" // below the address of the portal
)

// Basis is why a statement can name an input.
type Basis string

// The bases, from the strongest.
const (
	Machine  Basis = "machine"  // a job in a workspace read it, and the product is what was released
	Held     Basis = "held"     // the developer built outside, from bytes whose handing over is on record
	Declared Basis = "declared" // the developer says so, with evidence

	Inherited Basis = "inherited" // it came by another product, whose own statement says how
)

// Digest is SHA-256, in lower-case hexadecimal.
type Digest struct {
	SHA256 string `json:"sha256"`
}

// Of is the digest of b.
func Of(b []byte) Digest {
	sum := sha256.Sum256(b)
	return Digest{hex.EncodeToString(sum[:])}
}

// Statement is an in-toto Statement v1 about one version of a product. Its subjects
// are what it is made of, by content: a table by its canonical form (package content),
// anything else by its bytes.
type Statement struct {
	Type          string     `json:"_type"`
	Subject       []Subject  `json:"subject"`
	PredicateType string     `json:"predicateType"`
	Predicate     Derivation `json:"predicate"`
}

// Subject is one content of a version.
type Subject struct {
	Name   string `json:"name"` // PRD-2026-000412@2.1.0/pm25
	Digest Digest `json:"digest"`
}

// Derivation is what the statement says of its subjects.
type Derivation struct {
	Product         Product          `json:"product"`
	Mandate         *Mandate         `json:"mandate,omitempty"`
	Contents        []Content        `json:"contents"` // as many as there are subjects, in their order
	Sources         []Source         `json:"sources"`
	Declared        []Evidence       `json:"declared,omitempty"`
	Products        []Used           `json:"products,omitempty"`
	Transformations []Transformation `json:"transformation"`
	BuiltAt         time.Time        `json:"builtAt"`
	SealedAt        time.Time        `json:"sealedAt"`
	Profile         string           `json:"stampProfile"`
	Verify          string           `json:"verify"` // where anybody checks it: the portal's /verify
}

// Product names the version and who answers for it.
type Product struct {
	ID          string    `json:"id"`
	Version     string    `json:"version"`
	Title       string    `json:"title"`
	TitleEN     string    `json:"titleEn,omitempty"`
	Kind        string    `json:"kind"`
	Certificate string    `json:"certificate,omitempty"`
	Developer   Developer `json:"developer"`
	Supersedes  string    `json:"supersedes,omitempty"` // the version before
}

// Developer is an organisation: a stamp names no person.
type Developer struct {
	USCC string `json:"uscc"` // 统一社会信用代码, GB 32100
	Name string `json:"name"`
}

// Mandate is the chain that the work was done under (授权经营).
type Mandate struct {
	Authorization string `json:"authorization"`
	Operator      string `json:"operator"`
	Scenario      string `json:"scenario"`
	Contract      string `json:"contract,omitempty"`
	Purpose       string `json:"purpose"`
}

// Used is a sealed version of another product in this one, directly or by a third. What
// was developed under a mandate stays under it, whatever is made of it.
type Used struct {
	ID        string   `json:"id"`
	Version   string   `json:"version"`
	Statement Digest   `json:"statement"`
	Mandate   *Mandate `json:"mandate,omitempty"`
}

// Full names the version.
func (u Used) Full() string { return u.ID + "@" + u.Version }

// Mandates are those that the product is under: its own, and those of products in it.
func (d *Derivation) Mandates() (out []Mandate) {
	if d.Mandate != nil {
		out = append(out, *d.Mandate)
	}
	for _, u := range d.Products {
		if u.Mandate != nil && !slices.ContainsFunc(out, func(m Mandate) bool { return m.Scenario == u.Mandate.Scenario }) {
			out = append(out, *u.Mandate)
		}
	}
	return out
}

// Content describes a subject so that it can be recomputed from a file.
type Content struct {
	Form    string   `json:"form"`              // "table" or "bytes"
	Media   string   `json:"media,omitempty"`   // of bytes
	Columns []Column `json:"columns,omitempty"` // of a table, in stored order
	Rows    int64    `json:"rows,omitempty"`
	Bytes   int64    `json:"bytes,omitempty"` // of a table in its canonical form

	Canonical string  `json:"canonical,omitempty"` // the form that a table's digest is over: content.Profile
	Longest   int64   `json:"longest,omitempty"`   // cell of a table, in units of UTF-16: not every format takes every one
	Places    *Places `json:"places,omitempty"`
}

// Places are the columns of a table that say where its rows lie: one of points or
// shapes, or two of numbers. In GeoJSON they are the geometry, so that what checks a
// file must know them.
type Places struct {
	Shape     string `json:"shape,omitempty"`
	Longitude string `json:"longitude,omitempty"`
	Latitude  string `json:"latitude,omitempty"`
	Exact     bool   `json:"exact"` // every shape is GeoJSON already, or there is none
}

// Column is one column of a table; Type is one of the data dictionary.
type Column struct {
	Name    string `json:"name"`
	Label   string `json:"label,omitempty"`
	LabelEN string `json:"labelEn,omitempty"`
	Type    string `json:"type"`
}

// Source is one version of public data in the product.
type Source struct {
	Dataset      string   `json:"dataset"` // its address, a URI
	Slug         string   `json:"slug"`
	Title        string   `json:"datasetTitle"`
	TitleEN      string   `json:"datasetTitleEn,omitempty"`
	File         string   `json:"file"`
	Version      int      `json:"version"`
	Digest       Digest   `json:"digest"`
	SchemaDigest Digest   `json:"schemaDigest"`
	Provider     Provider `json:"provider"`
	Licence      Licence  `json:"licence"`
	PublishedAt  string   `json:"publishedAt,omitempty"` // RFC 3339
	Acquired     Acquired `json:"acquired"`
	FieldsUsed   []string `json:"fieldsUsed,omitempty"`
	RowsRead     int64    `json:"rowsRead,omitempty"`
	Basis        Basis    `json:"basis"`
	Through      string   `json:"through,omitempty"` // the product that it came by, if it is Inherited
}

// Provider is the department that the data is of.
type Provider struct {
	Department   string `json:"department"`
	DepartmentEN string `json:"departmentEn,omitempty"`
	Code         string `json:"code"`
}

// Licence is on what ground the developer had the data.
type Licence struct {
	Kind string `json:"kind"` // "open" or "conditional"
	ID   string `json:"id,omitempty"`
}

// Acquired is when the serving path had handed this very version to the developer.
// Date is the day of Last in China (Asia/Shanghai): not that of publication, and not
// that of the build. Where the same version was acquired more than once, the record
// bound to the work counts, and Earliest and Latest are the days of all of them.
type Acquired struct {
	Record   string    `json:"record"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Date     string    `json:"date"`
	Earliest string    `json:"earliest,omitempty"`
	Latest   string    `json:"latest,omitempty"`
	Channel  string    `json:"channel"`
}

// Evidence is an input that the developer declares and nothing on record shows.
type Evidence struct {
	Title    string `json:"title"`
	Basis    Basis  `json:"basis"` // Declared
	Evidence Digest `json:"evidenceDigest"`
}

// Transformation is one job, and the review by which its result left.
type Transformation struct {
	Job          string `json:"job"`
	Code         Digest `json:"codeDigest"`
	Engine       string `json:"engine"`
	OutputReview string `json:"outputReview"`
	Release      string `json:"release"`
}

// shanghai is where days are counted. It has kept no other time since 1991, so that
// no table of zones is needed.
var shanghai = time.FixedZone("CST", 8*60*60)

// Day is the day of an acquisition that ended at last.
func Day(last time.Time) string { return last.In(shanghai).Format(time.DateOnly) }

// PredicateType is how statements of the portal at base are called.
func PredicateType(base string) string { return strings.TrimRight(base, "/") + predicate }

// Payload is the statement as it is signed. DSSE signs bytes, so that these, and no
// other way to write the same, are what is kept.
func (s *Statement) Payload() ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return json.Marshal(s)
}

// Parse reads a payload. It refuses what is no statement of ours.
func Parse(payload []byte) (*Statement, error) {
	var s Statement
	if err := json.Unmarshal(payload, &s); err != nil {
		return nil, fmt.Errorf("statement: %w", err)
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	return &s, nil
}

var errNone = errors.New("statement: not one about public data in a product")

// check holds what every statement says, whoever made it.
func (s *Statement) check() error {
	d := &s.Predicate
	if s.Type != Type || !strings.HasSuffix(s.PredicateType, predicate) || d.Profile != Profile || len(s.Subject) == 0 || len(s.Subject) != len(d.Contents) {
		return errNone
	}
	if len(d.Sources) == 0 {
		return errors.New("statement: it names no source")
	}
	for _, one := range d.Sources {
		a := one.Acquired
		switch {
		case one.Provider.Department == "" || one.Title == "" || a.Record == "":
			return errors.New("statement: a source without a department, a title or a record")
		case a.Date != Day(a.Last) || a.Last.Before(a.First):
			return errors.New("statement: a day of acquisition that is not the day of its record")
		case a.Last.After(d.BuiltAt):
			return errors.New("statement: acquired after the product was built")
		case (one.Basis == Inherited) != slices.ContainsFunc(d.Products, func(u Used) bool { return u.Full() == one.Through }):
			return errors.New("statement: a source that came by a product that is not named")
		}
	}
	if d.SealedAt.Before(d.BuiltAt) {
		return errors.New("statement: sealed before it was built")
	}
	return nil
}

// Lines are what people read: for each source the department, the data, its version
// and the day of acquisition, in Chinese or English, and where to check it. Number is
// what to type there.
func (s *Statement) Lines(english bool, number string) []string {
	d := &s.Predicate
	var out []string
	for _, one := range d.Sources {
		if english {
			out = append(out, fmt.Sprintf("Source: %s, “%s”, version %d; acquired on %s", or(one.Provider.DepartmentEN, one.Provider.Department), or(one.TitleEN, one.Title), one.Version, one.Acquired.days(" to ")))
		} else {
			out = append(out, fmt.Sprintf("数据来源：%s《%s》第 %d 版；获取日期：%s", one.Provider.Department, one.Title, one.Version, one.Acquired.days(" 至 ")))
		}
	}
	for _, one := range d.Declared {
		if english {
			out = append(out, "Declared by the developer, not on record here: "+one.Title)
		} else {
			out = append(out, "开发方自行声明、本平台没有记录："+one.Title)
		}
	}
	for _, one := range d.Products {
		if english {
			out = append(out, "Made from product: "+one.Full())
		} else {
			out = append(out, "所用产品："+one.Full())
		}
	}
	for _, m := range d.Mandates() {
		if english {
			out = append(out, "Authorisation: "+m.Authorization+"; scenario: "+m.Scenario)
		} else {
			out = append(out, "授权编号："+m.Authorization+"；场景："+m.Scenario)
		}
	}
	at := strings.TrimRight(d.Verify, "/") + "/" + number
	if english {
		return append(out, "Check it at: "+at)
	}
	return append(out, "核验："+at)
}

// days is the day of acquisition, or from the earliest to the latest.
func (a Acquired) days(to string) string {
	if a.Earliest != "" && a.Latest != "" && a.Earliest != a.Latest {
		return a.Earliest + to + a.Latest
	}
	return a.Date
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
