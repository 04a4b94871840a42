package marketplace

import (
	"context"
	"slices"

	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/provenance/statement"
)

// Filter chooses among the products of which everybody may know.
type Filter struct {
	Kind   Kind   // empty: every kind
	Source string // slug of a department whose data is in it; empty: any
	Text   string // in name, summary, developer or number; empty: any
	Price  string // "free" or "charged": with a plan that is, of a listing for everybody; empty: any
	Plan   string // kind of such a plan; empty: any
	Before int64  // id to go on from; 0: the first page
	Limit  int
}

// MostText is how long the words may be that products are looked for by.
const MostText = 100

// Find are the products of which everybody may know, the newest first.
func (s *Service) Find(ctx context.Context, f Filter) ([]Product, error) {
	if f.Kind != "" && !slices.Contains(Kinds, f.Kind) {
		return nil, fault.At("kind", "没有这种产品类型，请从列表里选。")
	}
	if !slices.Contains([]string{"", "free", "charged"}, f.Price) {
		return nil, fault.At("price", "没有这种价格，请从列表里选。")
	}
	if !slices.Contains([]string{"", "free", "one_off", "subscription", "metered", "trial"}, f.Plan) {
		return nil, fault.At("plan", "没有这种套餐，请从列表里选。")
	}
	if len([]rune(f.Text)) > MostText {
		return nil, fault.At("q", "太长，最多 %d 个字。", MostText)
	}
	found, err := selectOffered(ctx, s.pool, f)
	for i := range found {
		a, err := s.Verify(ctx, found[i].Number)
		if err != nil {
			return nil, err
		}
		found[i].Lapsed = a.lapsed()
	}
	return found, err
}

// SourceOf is a department whose data is in products that everybody may know of.
type SourceOf struct {
	Slug, Name, NameEN string
	Products           int
}

// Sources are the departments whose data is in products, with how many.
func (s *Service) Sources(ctx context.Context) ([]SourceOf, error) {
	return selectSourceDepartments(ctx, s.pool)
}

// SampleRows is how many rows of a table everybody may see.
const SampleRows = 5

// Sample are the first rows of a table of a version, to be seen by everybody; nil of what
// is no table, or where no rows are read here.
func (s *Service) Sample(ctx context.Context, c *Content) (*rows.Result, error) {
	if s.Rows == nil || c.Form != statement.Table {
		return nil, nil
	}
	return s.Rows.Query(ctx, s.table(c).Table, rows.Query{Limit: SampleRows, Clip: 60})
}

// Says is the signed statement of a seal, with the envelope that it was signed in: by the
// platform, and by the developer where it did.
func (v *Version) Says() (payload, envelope []byte, err error) {
	envelope, err = v.Countersigned.beside(v.Seal.envelope)
	return v.Seal.payload, envelope, err
}
