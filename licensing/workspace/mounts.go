package workspace

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/workspace/disclosure"
	"shuyuan/licensing/workspace/engine"
)

// MountState is where a mount stands.
type MountState string

// The states of a mount.
const (
	MountWaits  MountState = "waiting"
	MountReady  MountState = "ready"
	MountFailed MountState = "failed"
	MountGone   MountState = "gone" // destroyed with its workspace
)

// Column is a column of a mount, as a developer knows it.
type Column struct {
	engine.Column
	Label       string               `json:",omitempty"`
	LabelEN     string               `json:",omitempty"`
	Unit        string               `json:",omitempty"`
	Description string               `json:",omitempty"`
	Codes       []datasets.Code      `json:",omitempty"`
	Sensitivity datasets.Sensitivity `json:",omitempty"`
}

// Mount is a version of a file as programs of a workspace see it.
type Mount struct {
	ID          int64
	Name        string // in SQL
	Grant       string // number
	Dataset     datasets.Dataset
	Resource    string
	FileName    string
	Number      int    // of the version
	SHA256      string // of the version
	Columns     []Column
	Where       string
	Minimum     int // of different subjects behind what is shown
	State       MountState
	Current     bool // the one that its name means
	Words       []Words
	Rows        int64 // as it was prepared
	Statistics  engine.Statistics
	Acquisition int64
	Acquired    *time.Time // when the last row was read: the acquisition date is this day
	Newer       int        // number of a newer version that can be taken; 0: there is none
	Samples     [][]any    // synthetic, made of the permitted statistics

	workspace, grant, version, position int64
	maskDigest                          string
	askedBy                             int64
	tries                               int
	prepared                            kept
}

// Day is the acquisition date, in China.
func (m *Mount) Day() string { return day(m.Acquired) }

// kept is what is kept of a prepared mount.
type kept struct {
	File       string
	Digest     string
	Bytes      int64
	Rows       int64
	Form       int // of its file; 0: of a time when none was kept
	Statistics engine.Statistics
}

// Old reports whether a mount's file is of an earlier form, so that no result of it can
// be checked. The next job has it mounted anew.
func (m *Mount) Old() bool { return m.State == MountReady && m.prepared.Form < engine.MountForm }

// errOld tells that a result cannot be checked, and what to do.
func errOld(mounts []Mount) error {
	for i := range mounts {
		if mounts[i].Old() {
			return fault.New(fault.Conflict, "结果读的挂载“%s”是以前准备的，文件里没有现在核对要用的编号，不能审核。请把同样的程序再运行一次：系统会先重新挂载，新的结果可以申请放出。", mounts[i].Name)
		}
	}
	return nil
}

// ready is the mount as the engine knows it.
func (m *Mount) ready() engine.Prepared {
	return engine.Prepared{Mount: m.engine(), File: m.prepared.File, Digest: m.prepared.Digest, Bytes: m.prepared.Bytes, Rows: m.prepared.Rows, Statistics: m.prepared.Statistics}
}

func (m *Mount) engine() engine.Mount {
	out := engine.Mount{Name: m.Name, Minimum: m.Minimum}
	for _, c := range m.Columns {
		out.Columns = append(out.Columns, c.Column)
	}
	return out
}

// sensitivities are how sensitive its columns are, for the rules about results.
func sensitivities(mounts []Mount) map[disclosure.Origin]datasets.Sensitivity {
	out := map[disclosure.Origin]datasets.Sensitivity{}
	for i := range mounts {
		for _, c := range mounts[i].Columns {
			out[disclosure.Origin{Mount: mounts[i].Name, Column: c.Name}] = c.Sensitivity
		}
	}
	return out
}

// mount asks for what a grant gives to be mounted in w: the newest version.
func (s *Service) mount(ctx context.Context, tx pgx.Tx, who account.Actor, w *Workspace, g *scenario.Granted) error {
	v, err := s.catalogue.Newest(ctx, g.Resource)
	if err != nil {
		return err
	}
	m, err := s.mountOf(ctx, v, g)
	if err != nil {
		return err
	}
	slug, err := selectSlug(ctx, tx, g.Dataset)
	if err != nil {
		return err
	}
	if m.Name, err = freeName(ctx, tx, w.ID, g.ID, sqlName(slug)); err != nil {
		return err
	}
	m.workspace, m.askedBy, m.Current = w.ID, who.ID, true
	_, err = insertMount(ctx, tx, m, s.instant())
	return err
}

// mountOf is what a grant gives of a version.
func (s *Service) mountOf(ctx context.Context, v *datasets.Version, g *scenario.Granted) (*Mount, error) {
	if len(v.Tables) == 0 {
		return nil, fault.New(fault.Conflict, "“%s”没有表，不能挂载。", v.FileName)
	}
	schema, err := s.catalogue.MountSchema(ctx, v, 0)
	if err != nil {
		return nil, err
	}
	m := &Mount{grant: g.ID, version: v.ID, Where: g.Where, Resource: g.Resource, FileName: v.FileName, Number: v.Number}
	for _, name := range g.Columns {
		i := slices.IndexFunc(schema, func(c rows.Column) bool { return c.Name == name })
		if i < 0 {
			return nil, fault.New(fault.Conflict, "“%s”的这一版没有授权里的列“%s”。", v.FileName, name)
		}
		c := Column{Column: engine.Column{Name: name, Type: schema[i].Type, Use: engine.Use(g.Uses[name])}}
		if c.Use == engine.Subject {
			c.Kind = strings.ToLower(name)
		}
		if k := slices.IndexFunc(v.Tables[0].Fields, func(f datasets.Field) bool { return f.Name == name }); k >= 0 {
			f := v.Tables[0].Fields[k]
			c.Label, c.LabelEN, c.Unit, c.Description, c.Sensitivity = f.Label, f.LabelEN, f.Unit, f.Description, f.Sensitivity // codes once the gate was asked
		}
		m.Columns = append(m.Columns, c)
	}
	p, err := disclosure.PolicyOf(s.book, sensitivities([]Mount{*m}), s.now())
	if err != nil {
		return nil, err
	}
	m.Minimum = p.Subjects
	text, err := json.Marshal(struct {
		Columns []engine.Column
		Where   string
		Minimum int
		Form    int
	}{m.engine().Columns, m.Where, m.Minimum, engine.MountForm})
	m.maskDigest = digest(text)
	return m, err
}

// allowed is the gate, asked of one mount: everything above stands now, and gives
// these columns for these uses and these rows.
func (s *Service) allowed(ctx context.Context, w *Workspace, m *Mount) error {
	v, err := s.catalogue.Numbered(ctx, m.Resource, m.Number)
	if err != nil {
		return err
	}
	g, err := s.gate.Mount(ctx, w.Scenario.ID, v, m.Resource, s.now())
	if err != nil {
		return err
	}
	same := g.ID == m.grant && g.Where == m.Where
	for _, c := range m.Columns {
		same = same && slices.Contains(g.Columns, c.Name) && engine.Use(g.Uses[c.Name]) == c.Use
	}
	if !same {
		return fault.New(fault.Forbidden, "“%s”的授权变了，请重新挂载。", m.Name)
	}
	return nil
}

// TakeNewer asks for the newest version of a mount: a new acquisition. What was
// mounted stays until that is ready, and for the jobs that read it.
func (s *Service) TakeNewer(ctx context.Context, who account.Actor, number string, mount int64) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		none := struct{}{}
		w, p, err := s.one(ctx, tx, who, number, true)
		if err != nil {
			return none, err
		}
		if p.Side != OfDeveloper || !p.Programs {
			return none, errNotYours()
		}
		if err := s.stopped(ctx, tx, w); err != nil {
			return none, err
		}
		found, err := s.selectMounts(ctx, tx, `x.workspace_id = @workspace AND x.id = @mount AND x.current`, pgx.NamedArgs{"workspace": w.ID, "mount": mount})
		if err != nil {
			return none, err
		}
		if len(found) == 0 {
			return none, fault.New(fault.NotFound, "没有这份挂载。")
		}
		old := &found[0]
		v, err := s.catalogue.Newest(ctx, old.Resource)
		if err != nil {
			return none, err
		}
		g, err := s.gate.Mount(ctx, w.Scenario.ID, v, old.Resource, s.now())
		if err != nil {
			return none, err
		}
		m, err := s.mountOf(ctx, v, &g)
		if err != nil {
			return none, err
		}
		m.Name, m.workspace, m.askedBy = old.Name, w.ID, who.ID
		made, err := insertMount(ctx, tx, m, s.instant())
		if err != nil {
			return none, err
		}
		if !made {
			return none, fault.New(fault.Conflict, "已经是最新的版本，或者正在准备。")
		}
		return none, audit.Append(ctx, tx, who, "workspace", w.Number, "mount", map[string]string{"mount": m.Name, "version": strconv.Itoa(m.Number)})
	})
	s.Wake()
	return err
}

// fresh are mounts that a job reads, those of an earlier form mounted anew: the same
// version, by the path and under the gate of any mount, and so a new acquisition.
func (s *Service) fresh(ctx context.Context, w *Workspace, mounts []Mount) ([]Mount, error) {
	out := slices.Clone(mounts)
	for i := range out {
		if !out[i].Old() {
			continue
		}
		m, err := s.renewed(ctx, w, &out[i])
		if err != nil {
			return nil, err
		}
		out[i] = *m
	}
	return out, nil
}

// renewed is the mount that takes the place of old. Several jobs may want it: one of them
// reads it in, and the others wait.
func (s *Service) renewed(ctx context.Context, w *Workspace, old *Mount) (*Mount, error) {
	v, err := s.catalogue.Numbered(ctx, old.Resource, old.Number)
	if err != nil {
		return nil, err
	}
	g, err := s.gate.Mount(ctx, w.Scenario.ID, v, old.Resource, s.now())
	if err != nil {
		return nil, err
	}
	m, err := s.mountOf(ctx, v, &g)
	if err != nil {
		return nil, err
	}
	m.Name, m.workspace, m.askedBy = old.Name, w.ID, old.askedBy
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		made, err := insertMount(ctx, tx, m, s.instant())
		if err != nil || !made {
			return struct{}{}, err
		}
		return struct{}{}, audit.Append(ctx, tx, platform(), "workspace", w.Number, "mount", map[string]string{"mount": m.Name, "version": strconv.Itoa(m.Number)})
	})
	if err != nil {
		return nil, err
	}
	for {
		found, err := s.selectMounts(ctx, s.pool, `x.workspace_id = @workspace AND x.grant_id = @grant AND x.version_id = @version AND x.mask = @mask`, pgx.NamedArgs{"workspace": w.ID, "grant": m.grant, "version": m.version, "mask": m.maskDigest})
		if err != nil {
			return nil, err
		}
		switch {
		case len(found) == 0:
			return nil, fmt.Errorf("workspace %s: no mount %s", w.Number, m.Name)
		case found[0].State == MountReady:
			return &found[0], nil
		case found[0].State != MountWaits:
			return nil, fault.New(fault.Conflict, "挂载“%s”是以前准备的，要重新挂载，可是没有成功。请在“可用数据”里取新的版本；没有新的版本时请联系运营机构。", m.Name)
		}
		h, err := s.take(ctx, mountLock(found[0].ID))
		if err != nil {
			return nil, err
		}
		if h != nil {
			err = s.prepareMount(ctx, found[0].ID)
			h.leave()
		} else {
			select {
			case <-ctx.Done():
			case <-time.After(s.watches):
			}
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
	}
}

// mountLock is held by who reads a mount in.
func mountLock(id int64) string { return fmt.Sprintf("workspace mount %d", id) }

// prepareMount reads a waiting mount in, through the path that serves versions.
func (s *Service) prepareMount(ctx context.Context, id int64) error {
	found, err := s.selectMounts(ctx, s.pool, `x.id = @id AND x.state = 'waiting'`, pgx.NamedArgs{"id": id})
	if err != nil || len(found) == 0 {
		return err
	}
	m := &found[0]
	w, err := s.byID(ctx, s.pool, m.workspace)
	if err != nil {
		return err
	}
	prepared, acquisition, failed := s.readIn(ctx, w, m)
	if ctx.Err() != nil { // the server stops: the next one begins anew
		return ctx.Err()
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		none := struct{}{}
		if err := lockWorkspace(ctx, tx, w.Number); err != nil {
			return none, err
		}
		if failed != nil {
			if err := failMount(ctx, tx, m, wordsOf(failed)); err != nil {
				return none, err
			}
		} else {
			if err := keepMount(ctx, tx, m, acquisition, prepared, s.instant()); err != nil {
				return none, err
			}
			if err := s.meter(ctx, tx, w, fmt.Sprintf("mount-%d", m.ID), map[string]int64{MeterStorage: prepared.Bytes}, map[string]string{"mount": m.Name, "dataset": m.Dataset.Slug}); err != nil {
				return none, err
			}
		}
		return none, s.begin(ctx, tx, w.ID)
	})
	return err
}

// readIn makes the mount. The acquisition is written by the catalogue, and ends
// when the last row was read.
func (s *Service) readIn(ctx context.Context, w *Workspace, m *Mount) (*engine.Prepared, int64, error) {
	key, err := s.key(w)
	if err != nil {
		return nil, 0, err
	}
	v, err := s.catalogue.Numbered(ctx, m.Resource, m.Number)
	if err != nil {
		return nil, 0, err
	}
	terms, err := selectTerms(ctx, s.pool, m.grant)
	if err != nil {
		return nil, 0, err
	}
	stands := func(ctx context.Context) error {
		now, err := s.byID(ctx, s.pool, w.ID)
		if err != nil {
			return err
		}
		if now.Over() || now.State == Frozen {
			return s.stopped(ctx, s.pool, now)
		}
		return s.allowed(ctx, now, m)
	}
	var names []string
	for _, c := range m.Columns {
		if c.Use != engine.Subject {
			names = append(names, c.Name)
		}
	}
	codes, err := s.catalogue.MountCodes(ctx, stands, v, 0, names)
	if err != nil {
		return nil, 0, err
	}
	for i := range m.Columns {
		m.Columns[i].Codes = codes[m.Columns[i].Name]
	}
	var prepared *engine.Prepared
	acquisition, err := s.catalogue.Mount(ctx, datasets.Mounting{
		Workspace: w.ID, Grant: m.grant, User: m.askedBy, Organisation: w.Organisation.ID, Terms: terms, Form: m.form(), Request: w.Number,
		Stands: stands,
	}, v, 0, func(t rows.Table) (int64, error) {
		var err error
		prepared, err = s.engine.Prepare(ctx, engine.Workspace{ID: w.Number, Key: key}, engine.Source{
			Mount: m.engine(), Table: t, Where: m.Where, Dataset: m.Resource, Key: keysOf(v, t.Schema),
		})
		if err != nil {
			return 0, err
		}
		return prepared.Bytes, nil
	})
	return prepared, acquisition, err
}

// keysOf are the columns that tell the rows of a version's table apart, as its
// dictionary says.
func keysOf(v *datasets.Version, s rows.Schema) []string {
	return slices.DeleteFunc(v.Tables[0].Keys(), func(name string) bool {
		_, ok := s.Find(name)
		return !ok
	})
}

// form says what of the version is read.
func (m *Mount) form() string {
	var names []string
	for _, c := range m.Columns {
		names = append(names, c.Name)
	}
	form := strings.Join(names, ",")
	if m.Where != "" {
		form += " | " + m.Where
	}
	return form
}

// begin makes a workspace ready whose mounts are.
func (s *Service) begin(ctx context.Context, tx pgx.Tx, id int64) error {
	w, err := s.byID(ctx, tx, id)
	if err != nil || w.State != Provisioning {
		return err
	}
	waiting, ready, err := countMounts(ctx, tx, id)
	if err != nil || waiting > 0 || ready == 0 {
		return err
	}
	return s.move(ctx, tx, platform(), w, Begin)
}

// Mounts are what programs of a workspace can read now, by name.
func (s *Service) mounts(ctx context.Context, q database.Querier, w *Workspace) ([]Mount, error) {
	return s.selectMounts(ctx, q, `x.workspace_id = @workspace AND (x.current OR x.state = 'waiting')`, pgx.NamedArgs{"workspace": w.ID})
}

func usable(all []Mount) []Mount {
	return slices.DeleteFunc(slices.Clone(all), func(m Mount) bool { return !m.Current || m.State != MountReady })
}
