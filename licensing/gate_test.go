package licensing_test

import (
	"slices"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.FixedZone("CST", 8*60*60))

// The open type alone decides, whoever asks, for which columns and when: there
// is no grant yet that could say more.
func TestWhatMayBeServed(t *testing.T) {
	department := datasets.Department{ID: 3}
	asking := map[string]account.Actor{
		"visitor": {}, "officer of the department": datasetstest.Officer(department), "officer of another": datasetstest.Officer(datasets.Department{ID: 4}),
		"administrator": {ID: 1, Roles: []account.Role{account.Administrator}}, "the installation": account.System("test"),
		"key of every scope": {ID: 2, Key: "sy_AAAAAAAA", Scopes: []string{"read", "publish"}},
	}
	for open, want := range map[datasets.OpenType]fault.Kind{
		datasets.Unconditional: fault.KindOf(nil),
		datasets.Conditional:   fault.Forbidden,
		datasets.Withheld:      fault.NotFound,
		"":                     fault.NotFound,
		"open":                 fault.NotFound,
		"UNCONDITIONAL":        fault.NotFound,
		"unconditional ":       fault.NotFound,
	} {
		for who, actor := range asking {
			for _, columns := range [][]string{nil, {}, {"甲"}} {
				for _, at := range []time.Time{{}, now, now.AddDate(100, 0, 0)} {
					err := licensing.Gate{}.MayServe(t.Context(), actor, &datasets.Version{Open: open}, columns, at)
					if fault.KindOf(err) != want {
						t.Errorf("%q for %s, columns %v at %s: %v", open, who, columns, at, err)
					}
				}
			}
		}
	}
}

// A refusal says what would be needed, and of what is withheld nothing at all.
func TestWhatARefusalSays(t *testing.T) {
	for open, want := range map[datasets.OpenType]string{
		datasets.Conditional: "这份数据有条件开放，须先申请并获得授权；目录信息照常公开。",
		datasets.Withheld:    "没有这份数据。",
	} {
		err := licensing.Gate{}.MayServe(t.Context(), account.Actor{}, &datasets.Version{Open: open, FileName: "机密.csv"}, nil, now)
		if f := fault.Of(err); f.Text() != want || f.Cause != nil {
			t.Errorf("%s: %v", open, err)
		}
	}
}

// On a real catalogue: the bytes leave by every road for one open type and by
// none for the others, and the entry itself stays public where it was.
func TestTheGateOfTheCatalogue(t *testing.T) {
	c := datasetstest.New(t, licensing.Gate{}, datasetstest.Asked)
	grid := c.Grid(t)
	for slug, d := range grid {
		if d.Status != datasets.Published {
			continue
		}
		v := d.Resources[0].Newest
		served := map[string]error{"preview": c.Service.Preview(t.Context(), account.Actor{}, v)}
		for _, kind := range []string{datasets.CSV, datasets.CSVBOM, datasets.JSON, "xlsx", "parquet"} {
			f, err := c.Service.Rendition(t.Context(), account.Actor{}, v, 0, kind)
			if err == nil {
				f.Object.Close()
			}
			served[kind] = err
		}
		f, err := c.Service.Original(t.Context(), account.Actor{}, v)
		if err == nil {
			f.Object.Close()
		}
		served["original"] = err
		served["rows"] = c.Service.Rows(t.Context(), account.Actor{}, v, 0, func([]string) error { return nil })
		for road, err := range served {
			if want := d.Open == datasets.Unconditional; (err == nil) != want {
				t.Errorf("%s: %s: %v", slug, road, err)
			}
		}
		_, err = c.Service.Dataset(t.Context(), account.Actor{}, slug)
		if want := slices.Contains([]datasets.OpenType{datasets.Unconditional, datasets.Conditional}, d.Open); (err == nil) != want {
			t.Errorf("%s: its page: %v", slug, err)
		}
	}
}
