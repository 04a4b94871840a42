package marketplace

import (
	"context"
	"time"

	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/statement"
)

// Reading is a page of the rows of a published version, with the stamp that it carries.
type Reading struct {
	Product *Product
	Version *Version
	Content *Content
	Stamp   stamp.Stamp
	Rows    *rows.Result
	Sample  bool  // the first rows alone, as everybody may see them
	Left    *Left // of the order that it was read under; nil: under none
}

// Left is what is left of an order after a page was read.
type Left struct {
	Order  string // number
	Limit  int64  // calls; 0: as many as one likes
	Left   int64
	Resets time.Duration // until the term ends
}

// Buyers know what a key that is bound to an order may read, and count what it reads.
type Buyers interface {
	// Bought is the version that the order of a key is of, if it is of that product and may
	// be served now.
	Bought(ctx context.Context, who account.Actor, product string) (version string, err error)
	// Counted asks once more, and counts one call that is answered with so many rows.
	Counted(ctx context.Context, who account.Actor, what string, rows int64) (*Left, error)
}

// Wish is what of a product is to be read.
type Wish struct {
	Product string // number
	Version string // empty: the newest
	Content string // name of one of its tables; empty: the first
	Limit   int    // rows of a page; 0: as many as there are by default
	Cursor  string // of the page before
}

// Read is a page of what a version holds. Everybody may have its first SampleRows rows,
// as its page shows them; whoever developed it, in person or by a key that may read, all
// of them; and a key that is bound to an order all of the version that was ordered, which
// is counted before it is given. What is no longer valid is read by nobody (fault.Gone).
func (s *Service) Read(ctx context.Context, who account.Actor, w Wish) (*Reading, error) {
	p, err := s.Public(ctx, w.Product)
	if err != nil {
		return nil, err
	}
	r := &Reading{Product: p, Sample: true}
	wanted, bought := w.Version, who.Delivery != 0 && s.Buyers != nil
	if bought {
		of, err := s.Buyers.Bought(ctx, who, w.Product)
		switch {
		case err != nil:
			return nil, err
		case wanted != "" && wanted != of:
			return nil, fault.New(fault.Forbidden, "订单约定的是第 %s 版。", of)
		}
		wanted, r.Sample = of, false
	}
	if !bought && !who.IsVisitor() && who.Grant == 0 && who.Covers(account.ScopeRead) {
		of, _, err := selectParty(ctx, s.pool, who.ID, p)
		if err != nil {
			return nil, err
		}
		r.Sample = of != string(OfDeveloper)
	}
	if wanted == "" {
		wanted = p.Newest
	}
	for i := range p.Versions {
		if p.Versions[i].Number == wanted {
			r.Version = &p.Versions[i]
		}
	}
	switch {
	case r.Version == nil:
		return nil, errNoVersion()
	case r.Version.Lapsed != nil:
		return nil, fault.New(fault.Gone, "这一版不再有效，不再给出数据。").Because(r.Version.Lapsed)
	}
	at := -1
	for i := range r.Version.Contents {
		if c := &r.Version.Contents[i]; c.Form == statement.Table && (w.Content == "" || c.Name == w.Content) && at < 0 {
			at, r.Content = i, c
		}
	}
	if at < 0 || s.Rows == nil {
		return nil, fault.New(fault.NotFound, "这一版没有这个表。")
	}
	_, raw, err := r.Version.Says()
	if err != nil {
		return nil, err
	}
	if r.Stamp, err = stamp.Read(raw, at); err != nil {
		return nil, err
	}
	q := rows.Query{Limit: w.Limit, Cursor: w.Cursor}
	if r.Sample {
		if w.Cursor != "" {
			return nil, fault.New(fault.Forbidden, "样例只有前 %d 行；全部的行要按套餐取得。", SampleRows)
		}
		q.Limit = min(max(w.Limit, 1), SampleRows)
		if w.Limit == 0 {
			q.Limit = SampleRows
		}
	}
	if r.Rows, err = s.Rows.Query(ctx, s.table(r.Content).Table, q); err != nil {
		return nil, err
	}
	if bought {
		if r.Left, err = s.Buyers.Counted(ctx, who, r.Content.Name, int64(len(r.Rows.Rows))); err != nil {
			return nil, err
		}
	}
	if r.Sample {
		r.Rows.Next, r.Rows.Prev, r.Rows.Last = "", "", ""
	}
	return r, nil
}
