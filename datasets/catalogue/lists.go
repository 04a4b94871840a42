package catalogue

import (
	"context"
	"maps"
	"slices"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/policy"
)

// List is one of the lists of the catalogue that a text asks for: the catalogues
// of the three classes of databases (AS-11.5), and what is open to everybody and
// what on conditions (AS-25, AS-9(3), AB-33.2, TJ-10.2). It lists what everybody
// may see and never what is withheld: no text asks for that by name.
type List struct {
	Key   string // of its address
	Name  policy.Text
	Class datasets.DBClass  // of the three catalogues
	Open  datasets.OpenType // of the two lists
	asked map[string]string // provision by the code of the text that asks for it
}

// Lists are all of them.
var Lists = []List{
	{Key: "base", Name: policy.Text{Zh: "基础数据资源目录", En: "Catalogue of base data"}, Class: datasets.BaseDB, asked: map[string]string{"AS": "AS-11.5", "FJ": "FJ-2.5a"}},
	{Key: "theme", Name: policy.Text{Zh: "主题数据资源目录", En: "Catalogue of theme data"}, Class: datasets.ThemeDB, asked: map[string]string{"AS": "AS-11.5", "FJ": "FJ-2.5b"}},
	{Key: "business", Name: policy.Text{Zh: "业务数据资源目录", En: "Catalogue of business data"}, Class: datasets.BusinessDB, asked: map[string]string{"AS": "AS-11.5", "FJ": "FJ-2.5c"}},
	{Key: "open-unconditional", Name: policy.Text{Zh: "无条件开放清单", En: "List of what is open to everybody"}, Open: datasets.Unconditional, asked: map[string]string{"AS": "AS-25", "AB": "AB-33.2", "TJ": "TJ-10.2"}},
	{Key: "open-conditional", Name: policy.Text{Zh: "有条件开放清单", En: "List of what is open on conditions"}, Open: datasets.Conditional, asked: map[string]string{"AS": "AS-25", "AB": "AB-33.2", "TJ": "TJ-10.2"}},
}

// ListOf is the list with this key.
func ListOf(key string) (List, bool) {
	i := slices.IndexFunc(Lists, func(l List) bool { return l.Key == key })
	if i < 0 {
		return List{}, false
	}
	return Lists[i], true
}

// Listed are the entries of a list that everybody may see, by title.
type Listed struct {
	List
	Department *datasets.Department // only of this one; nil: of all
	AsOf       time.Time            // when an entry of it changed last; zero: it has none
	Entries    []datasets.Dataset
}

// Listed returns a list, of one department if its slug is given. It returns
// fault.NotFound for a department that there is not.
func (s *Service) Listed(ctx context.Context, l List, department string) (*Listed, error) {
	out := &Listed{List: l}
	visitor := account.Actor{}
	if department != "" {
		d, err := s.entries.Department(ctx, visitor, department)
		if err != nil {
			return nil, err
		}
		out.Department = &d.Item
	}
	f := datasets.Filter{Department: department, Open: l.Open, Order: datasets.ByTitle, Limit: 200}
	for {
		page, err := s.entries.List(ctx, visitor, f)
		if err != nil {
			return nil, err
		}
		for _, d := range page.Items {
			if l.Class != "" && d.DBClass != l.Class {
				continue
			}
			if d.UpdatedAt.After(out.AsOf) {
				out.AsOf = d.UpdatedAt
			}
			out.Entries = append(out.Entries, d)
		}
		if f.After = page.Next; page.Next == "" {
			return out, nil
		}
	}
}

// Asked is the provision by which a department lists an entry, on the day that
// the service says it is; where no text in force asks, it is a rule of the
// platform.
func (s *Service) Asked(l List, profile string) Source {
	p, ok := s.book.On(profile, s.now())
	if !ok {
		return house
	}
	if id := l.asked[p.Code()]; id != "" {
		return Source{Cite: []string{id}}
	}
	return house
}

// AskedInWords is Asked for people and programs that read no numbers.
func (s *Service) AskedInWords(l List, profile string) string {
	return s.cited([]Source{s.Asked(l, profile)})
}

// Sources are the provisions that ask for the list, of all texts; elsewhere it
// is a rule of the platform.
func (l List) Sources() []Source {
	var out []Source
	for _, code := range slices.Sorted(maps.Keys(l.asked)) {
		out = append(out, Source{Cite: []string{l.asked[code]}})
	}
	return append(out, house)
}
