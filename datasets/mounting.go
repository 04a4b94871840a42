package datasets

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
)

// ByMount is the channel of a version that is read into a workspace: nobody is
// given its bytes, but programs there compute on them.
const ByMount Channel = "mount"

// Mounting is what is about to be read into a workspace, and on what ground.
type Mounting struct {
	Workspace    int64
	Grant        int64 // of a scenario
	User         int64 // who asked for it
	Organisation int64
	Terms        string // SHA-256 of the contract
	Form         string // what of it: columns and condition
	Request      string
	Stands       func(context.Context) error // the gate, asked before the first row and after the last
}

// Newest is the newest version of a resource, however its entry is open, without
// the values of its code lists. It is for who has been, or is about to go, through
// the gate of mounts.
func (s *Service) Newest(ctx context.Context, resource string) (*Version, error) {
	return s.numbered(ctx, resource, math.MaxInt32)
}

// Numbered is one version of a resource, likewise.
func (s *Service) Numbered(ctx context.Context, resource string, number int) (*Version, error) {
	v, err := s.numbered(ctx, resource, number)
	if err == nil && v.Number != number {
		err = fault.New(fault.NotFound, "没有这一版。")
	}
	return v, err
}

func (s *Service) numbered(ctx context.Context, resource string, most int) (*Version, error) {
	if !resourceForm.MatchString(resource) {
		return nil, errNoResource()
	}
	found, err := selectVersions(ctx, s.pool, `v.resource_id = @resource AND v.number <= @most`, pgx.NamedArgs{"resource": resource, "most": most}, 1)
	if err == nil && len(found) == 0 {
		err = errNoResource()
	}
	if err != nil {
		return nil, err
	}
	return found[0].valueless(), nil
}

// Mount hands a table of v to read, for a workspace, and writes down that it did:
// when it began before the first row, and when it ended after the last. That moment
// is the acquisition (AS-35, AB-35.4). read returns how many bytes it took.
func (s *Service) Mount(ctx context.Context, m Mounting, v *Version, position int, read func(rows.Table) (int64, error)) (acquisition int64, err error) {
	if v.Under != nil {
		return 0, fault.New(fault.NotFound, "没有这份数据。")
	}
	if err := m.Stands(ctx); err != nil {
		return 0, err
	}
	t, err := s.asked(ctx, v, position)
	if err != nil {
		return 0, err
	}
	err = s.pool.QueryRow(ctx, `
		INSERT INTO acquisitions (user_id, organisation_id, workspace_id, scenario_grant_id, dataset_id, version_id, sha256, channel, form, part, terms, request, began_at, counted)
		SELECT @user, @organisation, @workspace, @grant, r.dataset_id, v.id, v.sha256, @channel, 'table', left(@form, 4000), @terms, @request, @now, false
		FROM versions v JOIN resources r ON r.id = v.resource_id WHERE v.id = @version RETURNING id`,
		pgx.NamedArgs{"user": m.User, "organisation": m.Organisation, "workspace": m.Workspace, "grant": m.Grant, "version": v.ID, "channel": ByMount, "form": m.Form, "terms": m.Terms, "request": m.Request, "now": s.now()}).Scan(&acquisition)
	if err != nil {
		return 0, fmt.Errorf("mount: %w", err)
	}
	bytes, err := read(t)
	if err == nil {
		err = m.Stands(ctx)
	}
	_, noted := s.pool.Exec(context.WithoutCancel(ctx), `INSERT INTO acquisition_ends (acquisition_id, bytes, ended_at, whole) VALUES ($1, $2, $3, $4)`, acquisition, bytes, s.now(), err == nil)
	if err == nil && noted != nil {
		err = fmt.Errorf("mount: %w", noted)
	}
	return acquisition, err
}

// MountSchema is the columns of a table of v as the gate of mounts names them.
func (s *Service) MountSchema(ctx context.Context, v *Version, position int) (rows.Schema, error) {
	t, err := s.asked(ctx, v, position)
	return t.Schema, err
}

// MountCodes are the code lists of columns of a table of v, for a workspace that mounts
// them: what a value of the data means. The gate is asked first. A column that is not
// asked for, or that is sensitive (个人信息保护法 第四条、第二十八条，数据安全法 第二十一条), has none.
func (s *Service) MountCodes(ctx context.Context, stands func(context.Context) error, v *Version, position int, columns []string) (map[string][]Code, error) {
	if err := stands(ctx); err != nil {
		return nil, err
	}
	found, err := selectVersions(ctx, s.pool, `v.id = @id`, pgx.NamedArgs{"id": v.ID}, 1)
	if err != nil {
		return nil, err
	}
	out := map[string][]Code{}
	if len(found) == 0 || position < 0 || position >= len(found[0].Tables) {
		return out, nil
	}
	for _, f := range found[0].Tables[position].Fields {
		if len(f.Codes) > 0 && slices.Contains(columns, f.Name) && (f.Sensitivity == "" || f.Sensitivity == NotSensitive) {
			out[f.Name] = f.Codes
		}
	}
	return out, nil
}
