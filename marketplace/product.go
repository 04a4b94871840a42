package marketplace

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/provenance/statement"
)

// Kind is what a product is.
type Kind string

// The kinds.
const (
	Dataset Kind = "dataset"
	API     Kind = "api"
	Report  Kind = "report"
	Model   Kind = "model"
	Tool    Kind = "tool"
)

// Kinds are all of them.
var Kinds = []Kind{Dataset, API, Report, Model, Tool}

// Product is something derived from public data that is offered to others.
type Product struct {
	ID        int64
	Number    string
	Kind      Kind
	Title     string
	TitleEN   string
	Summary   string
	SummaryEN string
	Developer Developer
	Scenario  string // number; empty: it is developed outside
	Sold      bool   // given for money; else for nothing
	State     State
	StateAt   time.Time
	Reason    string
	Sample    bool
	MadeBy    string
	MadeAt    time.Time
	Revision  int
	Rights    []Right
	Versions  []Version    // the newest first; of a single product alone
	Lapsed    *fault.Fault // why that one is no longer valid, where Find or Public looked; nil: it is
	Newest    string       // the number of the newest version that is published; empty: none

	scenario  int64
	sealed    int // how many versions are
	words     string
	side      Side
	certified bool // registration and compliance count, where that was asked
	away      bool // another organisation runs it
}

// Developer is the organisation that a product is of.
type Developer struct {
	ID   int64
	Name string
	Code string // 统一社会信用代码
}

// Path is its public page, and Desk where its developer works on it.
func (p *Product) Path() string { return "/products/" + p.Number }

// Desk is the page of its developer and of whoever supervises.
func (p *Product) Desk() string { return "/account/products/" + p.Number }

// Over is what a right is over.
type Over string

// What of the three rights (FJ-5.1) there is to say of a product.
const (
	OverPublic  Over = "public"  // the public data in it
	OverOwn     Over = "own"     // what the developer brought
	OverProduct Over = "product" // the product itself
)

// What is a right.
type What string

// The three rights.
const (
	Hold    What = "hold"    // 数据资源持有权
	Process What = "process" // 数据加工使用权
	Operate What = "operate" // 数据产品经营权
)

// Right is one of the three rights: who has it, and where from.
type Right struct {
	Over   Over
	What   What
	Holder string
	Source string

	organisation int64 // 0: the state
}

// held is how public data is held: by the state and its departments, whoever
// processes or sells it. It is the one place that says so; a check of the database
// holds it.
func held() Right {
	return Right{Over: OverPublic, What: Hold, Holder: "国家（由提供数据的部门持有）", Source: "公共数据资源归国家所有，开发不改变归属（AB-3、FJ-5.1）"}
}

// rights are those of a product of d, from what d says of their sources.
func rights(d Developer, r RightsForm) []Right {
	out := []Right{held()}
	add := func(over Over, what What, source string) {
		if source != "" {
			out = append(out, Right{Over: over, What: what, Holder: d.Name, Source: source, organisation: d.ID})
		}
	}
	add(OverOwn, Hold, r.Own)
	add(OverPublic, Process, r.Process)
	add(OverProduct, Operate, r.Operate)
	return out
}

// rightsStand reports whether all three are written down.
func (p *Product) rightsStand() bool {
	has := map[What]bool{}
	for _, r := range p.Rights {
		has[r.What] = true
	}
	return has[Hold] && has[Process] && has[Operate]
}

// RightsForm is what a developer says of the rights: where each comes from.
type RightsForm struct {
	Own     string // of what the developer brought; empty: nothing
	Process string
	Operate string
}

// Version is one version of a product.
type Version struct {
	ID         int64
	Product    string // number
	Title      string // of the product
	Number     string // 2.1.0
	Supersedes string // the number of the one before; empty: it is the first
	State      VersionState
	StateAt    time.Time
	Method     string
	Notes      string
	Forms      []Form
	Built      *time.Time
	MadeBy     string
	MadeAt     time.Time
	Revision   int
	Contents   []Content
	Inputs     []Input
	Seal       *Sealing
	Artefacts  []Artefact
	Flags      []Flag
	Lapsed     *fault.Fault // why it is no longer valid, where Public looked; nil: it is
	Recall     *Recalling

	Countersigned *Countersigning // by its developer; nil: it is not

	product, supersedes int64
	productState        State
	facts               string
	words               string
	side                Side
}

// Full is the version as people name it: PRD-2026-000412@2.1.0.
func (v *Version) Full() string { return v.Product + "@" + v.Number }

// Desk is where its developer works on it.
func (v *Version) Desk() string { return "/account/products/" + v.Product + "/versions/" + v.Number }

// Content is one table or file that a version is made of.
type Content struct {
	ID      int64
	Name    string // in SQL and in the statement
	Form    string // "table" or "bytes"
	Release string // number of the released result that it is; empty: it came from outside
	File    string // name of what was uploaded
	Media   string
	Rows    int64
	Bytes   int64
	Digest  string // of the content, which no form of a file changes
	At      time.Time

	release     int64
	object      string
	schema      rows.Schema
	description statement.Content
}

// Columns are those of a table.
func (c *Content) Columns() []statement.Column { return c.description.Columns }

// Input is what a version is made from besides what the jobs of its results read.
type Input struct {
	ID           int64
	Acquisition  int64  // of a version of a dataset; 0: it is none
	Dataset      string // its title, and slug
	Slug         string
	Department   string
	File         string
	Version      int
	Day          string // of the acquisition
	From         string // number of a version of a product
	FromTitle    string
	Title        string // of what is declared
	Evidence     string // SHA-256 of the file that shows it
	EvidenceName string

	from int64
}

// Sealing is the seal of a version.
type Sealing struct {
	Digest    string // of the statement
	Key       string
	Leaf      int64
	Built, At time.Time
	By        string
	Statement *statement.Statement

	payload, envelope []byte
}

// Artefact is a file of a sealed version.
type Artefact struct {
	Form   Form
	Name   string
	Media  string
	SHA256 string
	Bytes  int64
}

// Flag says that something above a sealed version is no longer what it was.
type Flag struct {
	Why   Cause
	Of    string // the data or the version of a product
	Words string
	At    time.Time
	Leaf  int64
	OfEN  string // title of the data in English; empty: it has none
}

// Recalling says who took a version back, and why.
type Recalling struct {
	Side   string // developer or platform
	By     string
	Reason string
	At     time.Time
	Leaf   int64
}

// semver is a version number of three parts (Semantic Versioning 2.0.0, without what
// may follow them).
type semver struct{ major, minor, patch int }

func parseSemver(s string) (v semver, err error) {
	wrong := fault.At("number", "版本号写成三个数，例如 1.0.0：不兼容的改变加第一个，换了输入或者方法加第二个，只改数据加第三个。")
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return v, wrong
	}
	for i, into := range []*int{&v.major, &v.minor, &v.patch} {
		n, err := strconv.Atoi(parts[i])
		if err != nil || n < 0 || n > 999_999 || strconv.Itoa(n) != parts[i] {
			return v, wrong
		}
		*into = n
	}
	if v == (semver{}) {
		return v, wrong
	}
	return v, nil
}

func (v semver) String() string { return fmt.Sprintf("%d.%d.%d", v.major, v.minor, v.patch) }

// after reports whether v comes after o.
func (v semver) after(o semver) bool {
	if v.major != o.major {
		return v.major > o.major
	}
	if v.minor != o.minor {
		return v.minor > o.minor
	}
	return v.patch > o.patch
}

// onlyPatch reports whether v differs from o in the last number alone.
func (v semver) onlyPatch(o semver) bool { return v.major == o.major && v.minor == o.minor }
