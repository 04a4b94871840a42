package demo

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/marketplace"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/receipts"
)

// The sample products by their titles.
const (
	strikesProduct  = "示例：各飞行阶段鸟击次数表"
	holidaysProduct = "示例：历年放假和调休天数"
	reportProduct   = "示例：鸟击季报"
	draftProduct    = "示例：驱鸟值班提示（还没有做完）"
	quakesProduct   = "示例：五级以上地震的震中"
)

// sampleProduct is a product of the sample developer with its versions, the oldest
// first.
type sampleProduct struct {
	form     marketplace.ProductForm
	scenario bool // it is of the scenario in use, and made of what left its workspace
	rights   marketplace.RightsForm
	versions []sampleVersion
	submit   bool // it is handed on inside its developer
}

// sampleVersion is a version, and where it stands in the end.
type sampleVersion struct {
	number, method, notes string
	forms                 []marketplace.Form
	fill                  func(ctx context.Context, s *stage, m *marketplace.Service, v *marketplace.VersionView) error // nil: nothing is in it
	to                    marketplace.VersionState
	signed                bool   // by its developer too
	words                 string // why it is not to be used any more
}

// quakesDataset is the dataset whose places make a product.
const quakesDataset = "earthquakes-2018-02"

var (
	tableForms = []marketplace.Form{stamp.CSV, stamp.JSON, stamp.XLSX, stamp.Parquet}
	placeForms = []marketplace.Form{stamp.CSV, stamp.NDJSON1, stamp.GeoJSON, stamp.PDF}
)

var sampleProducts = []sampleProduct{
	{scenario: true, submit: true,
		form:   marketplace.ProductForm{Kind: marketplace.Dataset, Title: strikesProduct, TitleEN: "Sample: bird strikes by phase of flight", Summary: "示例：飞行的每个阶段有多少次鸟击。由开发空间里两个人审核放出的结果做成。", SummaryEN: "Sample: how many bird strikes there were in each phase of flight. Made of a result that two people let out of a workspace.", Sold: true},
		rights: marketplace.RightsForm{Process: "示例：场景授权和场景协议", Operate: "示例：自行开发，场景协议约定由开发主体经营"},
		versions: []sampleVersion{
			{number: "1.0.0", method: "示例：按飞行阶段分组计数。", forms: tableForms, fill: released, to: marketplace.Deprecated, words: "示例：说明没有写明未填阶段的记录怎样计，请用 1.1.0。"},
			{number: "1.1.0", method: "示例：按飞行阶段分组计数；没有填阶段的记录单独成一行。", notes: "示例：数据没有变，方法写得更清楚。", forms: tableForms, fill: released, to: marketplace.Published},
			{number: "1.2.0", method: "示例：按飞行阶段分组计数，没有填阶段的记录单独成一行；只发布 CSV。", forms: []marketplace.Form{stamp.CSV}, fill: released, to: marketplace.Checked},
		}},
	{submit: true, form: marketplace.ProductForm{Kind: marketplace.Dataset, Title: holidaysProduct, TitleEN: "Sample: days off and make-up days of each year", Summary: "示例：每年安排放假多少天，调休上班多少天。由公开的节假日安排在外部做成。", SummaryEN: "Sample: how many days off and make-up working days each year has. Made outside from the published arrangements.", Sold: true},
		rights: marketplace.RightsForm{Process: "示例：开放数据的许可", Operate: "示例：自行开发"},
		versions: []sampleVersion{
			{number: "1.0.0", method: "示例：按年度数放假的天数。", forms: tableForms, fill: counted("放假"), to: marketplace.Recalled, words: "示例：漏了调休放假的日子，照它排班会少算休息日；请用 1.1.0。"},
			{number: "1.1.0", method: "示例：按年度分别数放假、调休放假和调休上班的天数。", forms: tableForms, fill: counted("放假", "放假（调休）", "调休上班"), to: marketplace.Published, signed: true},
		}},
	{submit: true, form: marketplace.ProductForm{Kind: marketplace.Report, Title: reportProduct, TitleEN: "Sample: quarterly report on bird strikes", Summary: "示例：一份报告，用了各飞行阶段鸟击次数表，也用了机场自己的驱鸟记录。", SummaryEN: "Sample: a report that uses the table of bird strikes and what an airport recorded itself."},
		rights:   marketplace.RightsForm{Own: "示例：驱鸟记录由机场提供，合同约定可以使用", Process: "示例：承接所用产品的授权", Operate: "示例：自行撰写"},
		versions: []sampleVersion{{number: "1.0.0", method: "示例：据次数表和驱鸟记录撰写。", fill: written, to: marketplace.Sealed}}},
	{form: marketplace.ProductForm{Kind: marketplace.API, Title: draftProduct, TitleEN: "Sample: when to drive birds away (not finished)", Summary: "示例：按阶段和时段提示驱鸟。还没有内容，也没有来源。", SummaryEN: "Sample: when to drive birds away. It has neither contents nor sources yet."}, scenario: true,
		versions: []sampleVersion{{number: "0.1.0", method: "示例：还没有定。", to: marketplace.Building}}},
	{submit: true, form: marketplace.ProductForm{Kind: marketplace.Dataset, Title: quakesProduct, TitleEN: "Sample: epicentres of earthquakes of magnitude 5 and more", Summary: "示例：一周内五级以上地震的时刻、震级和位置，可以画在地图上。由公开的地震目录在外部做成。", SummaryEN: "Sample: when, how strong and where the earthquakes of magnitude 5 and more of one week were, to be drawn on a map. Made outside from the published catalogue."},
		rights:   marketplace.RightsForm{Process: "示例：开放数据的许可", Operate: "示例：自行开发"},
		versions: []sampleVersion{{number: "1.0.0", method: "示例：取震级五级以上的地震，留时刻、震级、经度、纬度四列。", forms: placeForms, fill: located(5), to: marketplace.Published}}},
}

// trade shows products: one of a released result with a newer version, one made
// outside from open data whose first version was recalled, a report that uses another
// product and something declared, and a draft. Where nothing can be sealed, a line says
// so, and the rest of the sample world stands without.
func (s *stage) trade(ctx context.Context) error {
	if s.Products == nil {
		return nil
	}
	m, err := s.Products(ctx)
	if err != nil {
		fmt.Fprintf(s.Out, "the sample products are left out: %v\n", err)
		return nil
	}
	if err := s.receive(ctx, m); err != nil {
		return err
	}
	developers, scenarios, err := m.Developers(ctx, s.as(theDeveloper))
	if err != nil {
		return err
	}
	if len(developers) == 0 {
		return nil // there was no room for what its organisation hands in
	}
	scenario := ""
	if i := slices.IndexFunc(scenarios, func(x marketplace.ScenarioChoice) bool { return x.Title == activeScenario }); i >= 0 {
		scenario = scenarios[i].Number
	}
	for _, x := range sampleProducts {
		if x.scenario {
			if x.form.Scenario = scenario; scenario == "" {
				continue // there was no room for the data
			}
		}
		if err := s.offer(ctx, m, x); err != nil {
			return fmt.Errorf("%s: %w", x.form.Title, err)
		}
	}
	return m.Tick(ctx)
}

// productTitled is the developer's product of a title; nil: there is none.
func (s *stage) productTitled(ctx context.Context, m *marketplace.Service, title string) (*marketplace.Product, error) {
	mine, err := m.Mine(ctx, s.as(theDeveloper), 0, 100)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(mine, func(p marketplace.Product) bool { return p.Title == title }); i >= 0 {
		return &mine[i], nil
	}
	return nil, nil
}

// offer makes a product and takes its versions to where they stand, from wherever an
// earlier play left them.
func (s *stage) offer(ctx context.Context, m *marketplace.Service, x sampleProduct) error {
	owner := s.as(theDeveloper)
	p, err := s.productTitled(ctx, m, x.form.Title)
	if err != nil {
		return err
	}
	if p == nil {
		if p, err = m.Make(ctx, owner, x.form); err != nil {
			return err
		}
		if p, err = m.Edit(ctx, owner, p.Number, p.Revision, x.form, x.rights); err != nil {
			return err
		}
	}
	for _, v := range x.versions {
		if there, err := s.issue(ctx, m, p.Number, v); err != nil || !there {
			return err
		}
	}
	for _, v := range x.versions { // once there is one to use instead
		if err := s.takeBack(ctx, m, p.Number, v); err != nil {
			return fmt.Errorf("%s: %w", v.number, err)
		}
	}
	view, err := m.Product(ctx, owner, p.Number)
	if err != nil || !x.submit || view.State != marketplace.Draft {
		return err
	}
	_, err = m.Move(ctx, owner, p.Number, marketplace.Step{Action: string(marketplace.Submit), Revision: view.Revision})
	return err
}

// issue builds a version and brings it as far as it goes before it is taken back. It
// reports whether what it is made of was there.
func (s *stage) issue(ctx context.Context, m *marketplace.Service, product string, x sampleVersion) (there bool, err error) {
	owner := s.as(theDeveloper)
	v, err := m.Version(ctx, owner, product, x.number)
	if fault.KindOf(err) == fault.NotFound {
		if _, err = m.Build(ctx, owner, product, marketplace.VersionForm{Number: x.number, Method: x.method, Notes: x.notes, Forms: x.forms}); err != nil {
			return false, err
		}
		v, err = m.Version(ctx, owner, product, x.number)
	}
	if err != nil {
		return false, err
	}
	if v.State == marketplace.Building && x.fill != nil {
		if err := x.fill(ctx, s, m, v); err != nil {
			return false, fmt.Errorf("%s: %w", x.number, err)
		}
		if v, err = m.Version(ctx, owner, product, x.number); err != nil {
			return false, err
		}
		if len(v.Contents) == 0 { // nothing was computed: there is no room, or no wall
			return false, nil
		}
	}
	next := map[marketplace.VersionState]marketplace.VersionAction{marketplace.Building: marketplace.Check, marketplace.Checked: marketplace.Seal, marketplace.Sealed: marketplace.Publish}
	for v.State != x.to && next[v.State] != "" {
		if v.State == marketplace.Sealed && x.signed && v.Countersigned == nil {
			if err := s.countersign(ctx, m, v); err != nil {
				return false, fmt.Errorf("signature under %s: %w", x.number, err)
			}
		}
		a := next[v.State]
		if _, err := m.MoveVersion(ctx, owner, product, x.number, marketplace.Step{Action: string(a), Revision: v.Revision}); err != nil {
			return false, fmt.Errorf("%s of %s: %w", a, x.number, err)
		}
		if v, err = m.Version(ctx, owner, product, x.number); err != nil {
			return false, err
		}
	}
	return true, nil
}

// countersign signs a sealed version for the sample developer, with a key that is made for
// it, registered, and thrown away.
func (s *stage) countersign(ctx context.Context, m *marketplace.Service, v *marketplace.VersionView) error {
	owner := s.as(theDeveloper)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return err
	}
	sign := func(message []byte) string { return base64.StdEncoding.EncodeToString(ed25519.Sign(private, message)) }
	message, err := m.Possession(ctx, owner, v.Of.Developer.ID)
	if err != nil {
		return err
	}
	if _, err := m.RegisterKey(ctx, owner, v.Of.Developer.ID, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), sign(message)); err != nil {
		return err
	}
	if message, err = m.Unsigned(ctx, owner, v.Product, v.Number); err != nil {
		return err
	}
	return m.Countersign(ctx, owner, v.Product, v.Number, sign(message))
}

// takeBack recalls a version or advises against it, where it is to end so.
func (s *stage) takeBack(ctx context.Context, m *marketplace.Service, product string, x sampleVersion) error {
	v, err := m.Version(ctx, s.as(theDeveloper), product, x.number)
	if err != nil || v.State == x.to {
		return err
	}
	a := marketplace.Deprecate
	if x.to == marketplace.Recalled {
		a = marketplace.Recall
	}
	_, err = m.MoveVersion(ctx, s.as(theDeveloper), product, x.number, marketplace.Step{Action: string(a), Revision: v.Revision, Words: x.words})
	return err
}

// released makes a version of the newest result that left the workspace.
func released(ctx context.Context, s *stage, m *marketplace.Service, v *marketplace.VersionView) error {
	if len(v.Contents) > 0 || len(v.Releases) == 0 {
		return nil
	}
	return m.AddRelease(ctx, s.as(theDeveloper), v.Product, v.Number, v.Releases[0].Number, "phases")
}

// outside makes a version of a table that was worked out from a dataset of the catalogue,
// after the developer took its file.
func outside(dataset, form, name, file string, table func(*stage) (io.Reader, error)) func(context.Context, *stage, *marketplace.Service, *marketplace.VersionView) error {
	return func(ctx context.Context, s *stage, m *marketplace.Service, v *marketplace.VersionView) error {
		owner := s.as(theDeveloper)
		if len(v.Inputs) == 0 {
			id, err := s.taken(ctx, m, v, dataset, form)
			if fault.KindOf(err) == fault.NotFound {
				return nil // there was no room for the data
			}
			if err != nil {
				return err
			}
			if err := m.AddAcquisition(ctx, owner, v.Product, v.Number, id); err != nil {
				return err
			}
		}
		if len(v.Contents) > 0 {
			return nil
		}
		made, err := table(s)
		if err != nil {
			return err
		}
		return m.AddFile(ctx, owner, v.Product, v.Number, name, file, made)
	}
}

// counted makes a version of how many days of each kind the holidays have in each year.
func counted(kinds ...string) func(context.Context, *stage, *marketplace.Service, *marketplace.VersionView) error {
	return outside(alsoOperated, "csv", "days", "示例天数.csv", func(s *stage) (io.Reader, error) { return s.daysOff(kinds) })
}

// located makes a version of the earthquakes of a magnitude and more, with their places.
func located(magnitude float64) func(context.Context, *stage, *marketplace.Service, *marketplace.VersionView) error {
	return outside(quakesDataset, "geojson", "epicentres", "示例震中.csv", func(s *stage) (io.Reader, error) { return s.epicentres(magnitude) })
}

// epicentres are time, magnitude and place of the strongest earthquakes of the catalogue.
func (s *stage) epicentres(magnitude float64) (io.Reader, error) {
	raw, err := fs.ReadFile(s.w.folder, "files/"+quakesDataset+".geojson")
	if err != nil {
		return nil, err
	}
	var all struct {
		Features []struct {
			Properties struct {
				Magnitude float64 `json:"震级"`
				At        string  `json:"发震时刻"`
			}
			Geometry struct{ Coordinates []json.Number }
		}
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintln(&b, "发震时刻,震级,经度,纬度")
	for _, f := range all.Features {
		if f.Properties.Magnitude >= magnitude {
			fmt.Fprintf(&b, "%s,%v,%s,%s\n", f.Properties.At, f.Properties.Magnitude, f.Geometry.Coordinates[0], f.Geometry.Coordinates[1])
		}
	}
	return &b, nil
}

// receive takes a certificate of download of the holidays, unless an earlier play did.
func (s *stage) receive(ctx context.Context, m *marketplace.Service) error {
	d, err := s.Datasets.Dataset(ctx, account.Actor{}, alsoOperated)
	if fault.KindOf(err) == fault.NotFound {
		return nil // there was no room for the data
	}
	if err != nil {
		return err
	}
	v := d.Resources[0].Newest
	if a, err := m.Receipts.ByDigest(ctx, v.SHA256); err != nil || a != nil && a.Receipt != nil {
		return err
	}
	_, err = m.Receipts.Issue(ctx, "demo", v.ResourceID, v.Number, receipts.Form{Kind: receipts.Original})
	return err
}

// taken is the acquisition of a dataset by the developer, who takes the file
// as it was published, unless an earlier play did.
func (s *stage) taken(ctx context.Context, m *marketplace.Service, v *marketplace.VersionView, dataset, form string) (int64, error) {
	owner := s.as(theDeveloper)
	d, err := s.Datasets.Dataset(ctx, owner, dataset)
	if err != nil {
		return 0, err
	}
	of := func(h marketplace.Holding) bool { return h.Dataset == d.Title }
	if !slices.ContainsFunc(v.Holdings, of) {
		newest := d.Resources[0].Newest
		h, err := s.Datasets.Deliver(ctx, owner, newest, datasets.Delivery{Channel: datasets.ByFile, Form: form, Request: "demo"})
		if err != nil {
			return 0, err
		}
		h.Sent(int(newest.Bytes))
		if v, err = m.Version(ctx, owner, v.Product, v.Number); err != nil {
			return 0, err
		}
	}
	i := slices.IndexFunc(v.Holdings, of)
	if i < 0 {
		return 0, fmt.Errorf("the acquisition of %s is not there", dataset)
	}
	return v.Holdings[i].ID, nil
}

// daysOff counts the days of some kinds in each year of the holidays.
func (s *stage) daysOff(kinds []string) (io.Reader, error) {
	f, err := s.w.folder.Open("files/holidays-2004-2026.csv")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	kind, year := slices.Index(rows[0], "安排"), slices.Index(rows[0], "年度")
	days, years := map[string]map[string]int{}, []string{}
	for _, row := range rows[1:] {
		if days[row[year]] == nil {
			days[row[year]], years = map[string]int{}, append(years, row[year])
		}
		days[row[year]][row[kind]]++
	}
	slices.Sort(years)
	var b bytes.Buffer
	fmt.Fprintf(&b, "年度,%s天数\n", strings.Join(kinds, "天数,"))
	for _, y := range years {
		line := []string{y}
		for _, k := range kinds {
			line = append(line, strconv.Itoa(days[y][k]))
		}
		fmt.Fprintln(&b, strings.Join(line, ","))
	}
	return &b, nil
}

// written makes a version of a report that uses the newest table of bird strikes, and
// what nothing on record shows.
func written(ctx context.Context, s *stage, m *marketplace.Service, v *marketplace.VersionView) error {
	owner := s.as(theDeveloper)
	of, err := s.productTitled(ctx, m, strikesProduct)
	if err != nil || of == nil || of.Newest == "" {
		return err // nothing was released
	}
	if len(v.Contents) == 0 {
		if err := m.AddFile(ctx, owner, v.Product, v.Number, "report", "示例季报.pdf", bytes.NewReader(paper())); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(v.Inputs, func(i marketplace.Input) bool { return i.From != "" }) {
		if err := m.AddVersion(ctx, owner, v.Product, v.Number, of.Number+"@"+of.Newest); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(v.Inputs, func(i marketplace.Input) bool { return i.Evidence != "" }) {
		return nil
	}
	return m.AddDeclared(ctx, owner, v.Product, v.Number, "示例：机场驱鸟记录", "示例使用合同.pdf", bytes.NewReader(append(paper(), "% The contract by which the records may be used.\n"...)))
}
