package datasets_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// newUploads is a catalogue to which files can be uploaded.
func newUploads(t *testing.T, configure ...func(*datasets.UploadRules)) *datasetstest.Catalogue {
	t.Helper()
	return datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked, datasetstest.Uploading(configure...))
}

// sent is an upload of a whole file that has been read.
func sent(t *testing.T, c *datasetstest.Catalogue, who account.Actor, resource, name, content string) *datasets.Upload {
	t.Helper()
	u, err := c.Service.StartUpload(t.Context(), who, datasets.NewUpload{ResourceID: resource, FileName: name, Bytes: int64(len(content))})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Service.AppendUpload(t.Context(), who, u.ID, datasets.Chunk{Reader: strings.NewReader(content)})
	if err != nil || got != int64(len(content)) {
		t.Fatalf("%d bytes, %v", got, err)
	}
	return read(t, c, who, u.ID)
}

func read(t *testing.T, c *datasetstest.Catalogue, who account.Actor, id string) *datasets.Upload {
	t.Helper()
	if err := c.Service.ReadReceived(t.Context(), datasets.UploadReceived{ID: id}); err != nil {
		t.Fatal(err)
	}
	u, err := c.Service.Upload(t.Context(), who, id)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestAFileIsUploadedReadAndPublished(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	id, who := c.Resource(t, d), datasetstest.Officer(d.Department)
	u := sent(t, c, who, id, `C:\数据\人口.csv`, "代码,人口\n350100,842\n350200,-\n")
	if u.State != datasets.Reviewing || u.FileName != "人口.csv" || len(u.Tables) != 1 || u.Tables[0].Rows != 2 || u.Tables[0].Misfits != 1 {
		t.Fatalf("%+v", u)
	}
	if _, err := c.Service.PublishUpload(t.Context(), who, u.ID, datasets.Publication{}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("published before its review: %v", err)
	}
	c.Approve(t, who, u.ID)
	v, err := c.Service.PublishUpload(t.Context(), who, u.ID, datasets.Publication{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := content(c.Service.Original(t.Context(), account.Actor{}, v))
	if err != nil || got != "代码,人口\n350100,842\n350200,-\n" || v.Number != 1 {
		t.Errorf("%q of version %d, %v", got, v.Number, err)
	}
	if _, err := c.Service.PublishUpload(t.Context(), who, u.ID, datasets.Publication{}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("published twice: %v", err)
	}
}

// uploadRoads are the methods of the service about uploads. What they tell is not
// published: the Gate knows nothing of it, and only officers of the department
// are told. TestUploadsAreTheirDepartmentsAlone tries that.
var uploadRoads = map[string]func(context.Context, *datasets.Service, account.Actor, string, string) (any, error){
	"AppendUpload": func(ctx context.Context, s *datasets.Service, who account.Actor, _, id string) (any, error) {
		return s.AppendUpload(ctx, who, id, datasets.Chunk{Reader: strings.NewReader("")})
	},
	"Covered": func(ctx context.Context, s *datasets.Service, who account.Actor, _, id string) (any, error) {
		review, _, err := s.Covered(ctx, who, &datasets.Upload{ID: id, Department: -1})
		return review, err
	},
	"DiscardUpload": func(ctx context.Context, s *datasets.Service, who account.Actor, _, id string) (any, error) {
		return nil, s.DiscardUpload(ctx, who, id)
	},
	"Misfits": func(ctx context.Context, s *datasets.Service, who account.Actor, _, id string) (any, error) {
		return s.Misfits(ctx, who, id, 0, 0, 10)
	},
	"Objections": func(ctx context.Context, s *datasets.Service, who account.Actor, _, id string) (any, error) {
		return s.Objections(ctx, who, &datasets.Upload{ID: id, State: datasets.Reviewing, Department: -1})
	},
	"OwnUpload": func(ctx context.Context, s *datasets.Service, who account.Actor, _, id string) (any, error) {
		return s.OwnUpload(ctx, who, id)
	},
	"PublishUpload": func(ctx context.Context, s *datasets.Service, who account.Actor, _, id string) (any, error) {
		return s.PublishUpload(ctx, who, id, datasets.Publication{})
	},
	"RereadUpload": func(ctx context.Context, s *datasets.Service, who account.Actor, _, id string) (any, error) {
		return nil, s.RereadUpload(ctx, who, id, datasets.Reread{})
	},
	"StartUpload": func(ctx context.Context, s *datasets.Service, who account.Actor, resource, _ string) (any, error) {
		return s.StartUpload(ctx, who, datasets.NewUpload{ResourceID: resource, FileName: "a.csv", Bytes: 1})
	},
	"Succession": func(ctx context.Context, s *datasets.Service, who account.Actor, _, id string) (any, error) {
		return s.Succession(ctx, who, &datasets.Upload{ID: id, State: datasets.Reviewing, Department: -1})
	},
	"Upload": func(ctx context.Context, s *datasets.Service, who account.Actor, _, id string) (any, error) {
		return s.Upload(ctx, who, id)
	},
}

// others of them tell nothing, or only what is nobody's.
var uploadJobs = map[string]func(context.Context, *datasets.Service, account.Actor) (any, error){
	"Overrides": func(ctx context.Context, s *datasets.Service, who account.Actor) (any, error) {
		return s.Overrides(ctx, who, "nonesuch")
	},
	"ReadReceived": func(ctx context.Context, s *datasets.Service, _ account.Actor) (any, error) {
		return nil, s.ReadReceived(ctx, datasets.UploadReceived{ID: "none"})
	},
	"ResumeUploads": func(ctx context.Context, s *datasets.Service, _ account.Actor) (any, error) {
		return nil, s.ResumeUploads(ctx)
	},
	"SweepUploads": func(ctx context.Context, s *datasets.Service, _ account.Actor) (any, error) {
		return nil, s.SweepUploads(ctx)
	},
	"UploadRules": func(_ context.Context, s *datasets.Service, _ account.Actor) (any, error) {
		return s.UploadRules(), nil
	},
	"Uploads": func(ctx context.Context, s *datasets.Service, who account.Actor) (any, error) {
		return s.Uploads(ctx, who, 0, 10)
	},
}

func init() {
	for name, call := range uploadRoads {
		roads[name] = func(ctx context.Context, s *datasets.Service, who account.Actor, d *datasets.Dataset) (any, error) {
			return call(ctx, s, who, d.Resources[0].ID, "nonesuchnonesuchnonesuchno")
		}
	}
	for name, call := range uploadJobs {
		roads[name] = func(ctx context.Context, s *datasets.Service, who account.Actor, _ *datasets.Dataset) (any, error) {
			return call(ctx, s, who)
		}
	}
}

func TestUploadsAreTheirDepartmentsAlone(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	id, own := c.Resource(t, d), datasetstest.Officer(d.Department)
	u := sent(t, c, own, id, "a.csv", "甲\n"+sentinel+"\n")
	reader := own
	reader.Key, reader.Session, reader.Scopes = "sy_00000000", "", []string{account.ScopeRead}
	for who, actor := range map[string]account.Actor{
		"a visitor": {}, "an officer of another department": datasetstest.Officer(c.Department(t)), "a key for reading": reader,
		"an administrator": {ID: 7, Name: "周总管", Roles: []account.Role{account.Administrator}, Session: "0"},
	} {
		for name, call := range uploadRoads {
			got, err := call(t.Context(), c.Service, actor, id, u.ID)
			if kind := fault.KindOf(err); kind != fault.NotFound && kind != fault.Forbidden || strings.Contains(fmt.Sprint(got), sentinel) {
				t.Errorf("%s by %s: %v, %v", name, who, got, err)
			}
		}
		if page, err := c.Service.Uploads(t.Context(), actor, 0, 10); len(page.Items) > 0 || err == nil && who != "an officer of another department" {
			t.Errorf("%s sees the list: %v, %v", who, page, err)
		}
	}
	colleague := own
	colleague.ID++
	if _, err := c.Service.Upload(t.Context(), colleague, u.ID); err != nil {
		t.Errorf("a colleague does not see it: %v", err)
	}
	if _, err := c.Service.OwnUpload(t.Context(), colleague, u.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a colleague may send its bytes: %v", err)
	}
}
