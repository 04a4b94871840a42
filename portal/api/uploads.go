package api

import (
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/ingest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/portal"
	"shuyuan/templates/text"
)

// Uploads are the only thing that the API lets anybody change: by key, never by
// session. The bytes go the way of the tus protocol (portal.UploadRoutes); what
// is read of them and the publishing are JSON.

// uploadRoutes are the routes of uploads.
func uploadRoutes() []portal.Route {
	officers := []account.Role{account.Officer}
	return append(portal.UploadRoutes(Base+"/uploads"),
		portal.Route{Method: "GET", Path: Base + "/uploads/:id", By: officers, Scope: account.ScopePublish, Handle: showUpload},
		portal.Route{Method: "POST", Path: Base + "/uploads/:id/publish", By: officers, Scope: account.ScopePublish, Handle: publishUpload},
	)
}

// handleUploads registers them, and what OPTIONS answers: to a browser of
// another origin, and to a client of the protocol.
func (a *api) handleUploads() {
	known := map[string]bool{}
	for _, r := range uploadRoutes() {
		a.Handle(r)
		if !known[r.Path] {
			a.App().Options(r.Path, a.uploadPreflight)
		}
		known[r.Path] = true
	}
}

func (a *api) uploadPreflight(c *fiber.Ctx) error {
	a.TusHeaders(c)
	c.Set(fiber.HeaderAccessControlAllowMethods, "GET, HEAD, POST, PATCH, DELETE")
	return portal.Preflight(c, "Authorization, Accept, Accept-Language, Content-Type, Tus-Resumable, Upload-Length, Upload-Metadata, Upload-Offset, Upload-Checksum")
}

// upload is an upload as the API tells it.
type upload struct {
	ID         string        `json:"id"`
	Resource   string        `json:"resource"`
	Dataset    string        `json:"dataset"`
	FileName   string        `json:"file_name"`
	Bytes      int64         `json:"bytes"`
	Received   int64         `json:"received"`
	State      string        `json:"state"`
	SHA256     string        `json:"sha256,omitempty"`
	Progress   *progress     `json:"progress,omitempty"`
	Reason     string        `json:"reason,omitempty"`
	Format     string        `json:"format,omitempty"`
	Encoding   string        `json:"encoding,omitempty"`
	Notes      []string      `json:"notes,omitempty"`
	Objections []objection   `json:"objections,omitempty"`
	Tables     []uploadTable `json:"tables,omitempty"`
	Version    int           `json:"version,omitempty"`
	Created    time.Time     `json:"created"`
	Expires    *time.Time    `json:"expires,omitempty"`
}

type progress struct {
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
	Of    int64  `json:"of"`
	Stage string `json:"stage"` // reading, and then scanning: its rows are looked through for personal data
	Share int    `json:"share"` // of the stage, in per cent
}

type objection struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
	Lift bool   `json:"lifted_by_review"`
}

type uploadTable struct {
	Name    string         `json:"name"`
	Rows    int64          `json:"rows"`
	Misfits int64          `json:"misfits"`
	Notes   []string       `json:"notes,omitempty"`
	Columns []uploadColumn `json:"columns"`
}

type uploadColumn struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"`
	Proposed string   `json:"proposed,omitempty"`
	Unit     string   `json:"unit,omitempty"`
	Empty    int64    `json:"empty"`
	Misfits  int64    `json:"misfits"`
	Evidence []string `json:"evidence,omitempty"`
}

// showUpload is GET /uploads/{id}.
func showUpload(s *portal.Server, c *fiber.Ctx) error {
	if _, err := portal.Query(c); err != nil {
		return inQuery(err)
	}
	ctx := c.UserContext()
	u, err := s.Datasets.Upload(ctx, s.Actor(c), c.Params("id"))
	if err != nil {
		return err
	}
	out, err := uploadOf(s, c, u)
	if err != nil {
		return err
	}
	return answerJSON(c, fiber.StatusOK, out)
}

func uploadOf(s *portal.Server, c *fiber.Ctx, u *datasets.Upload) (*upload, error) {
	ctx := c.UserContext()
	say := func(notes []ingest.Note) (out []string) {
		for _, n := range notes {
			out = append(out, text.T(ctx, n.Sentence, n.Args...))
		}
		return out
	}
	out := &upload{ID: u.ID, Resource: u.ResourceID, Dataset: u.DatasetSlug, FileName: u.FileName, Bytes: u.Bytes, Received: u.Got, State: string(u.State), SHA256: u.SHA256,
		Format: u.Format, Encoding: u.Found, Notes: say(u.Notes), Version: u.Number, Created: u.Created}
	if u.State == datasets.Reading {
		out.Progress = &progress{u.Progress.Rows, u.Progress.Bytes, u.Progress.Of, "reading", u.Share()}
		if u.Scan.Of > 0 {
			out.Progress.Stage, out.Progress.Share = "scanning", u.Scan.Share()
		}
	}
	if u.Refusal != nil {
		out.Reason = portal.Sentence(ctx, u.Refusal)
	}
	if !u.State.Ended() {
		out.Expires = &u.Expires
	}
	for _, t := range u.Tables {
		table := uploadTable{Name: t.Name, Rows: t.Rows, Misfits: t.Misfits, Notes: say(t.Notes)}
		for _, col := range t.Columns {
			table.Columns = append(table.Columns, uploadColumn{col.Name, string(col.Type), string(col.Proposed), col.Unit, col.Nulls, col.Misfits, say(col.Evidence)})
		}
		out.Tables = append(out.Tables, table)
	}
	against, err := s.Datasets.Objections(ctx, s.Actor(c), u)
	for _, o := range against {
		out.Objections = append(out.Objections, objection{o.Kind, say([]ingest.Note{o.Note})[0], !o.Block})
	}
	return out, err
}

// publication is what POST /uploads/{id}/publish takes.
type publication struct {
	Reason   string `json:"reason"`
	ReasonEN string `json:"reason_en"`
	Reviewed string `json:"reviewed"`
}

// published is what it answers.
type published struct {
	Resource string `json:"resource"`
	Version  int    `json:"version"`
	SHA256   string `json:"sha256"`
	Original string `json:"original"`
}

// publishUpload is POST /uploads/{id}/publish.
func publishUpload(s *portal.Server, c *fiber.Ctx) error {
	if _, err := portal.Query(c); err != nil {
		return inQuery(err)
	}
	var p publication
	if err := readJSON(c, &p); err != nil {
		return err
	}
	v, err := s.Datasets.PublishUpload(c.UserContext(), s.Actor(c), c.Params("id"), datasets.Publication{Reason: p.Reason, ReasonEN: p.ReasonEN, Reviewed: p.Reviewed})
	if err != nil {
		return err
	}
	bytes := (&api{Server: s}).filesURL() + "/d/" + v.ResourceID + "/" + strconv.Itoa(v.Number) + "/"
	return answerJSON(c, fiber.StatusOK, published{Resource: v.ResourceID, Version: v.Number, SHA256: v.SHA256, Original: bytes + url.PathEscape(v.FileName)})
}

// readJSON reads the body of a request: one object, with no field that is not
// known.
func readJSON(c *fiber.Ctx, into any) error {
	d := json.NewDecoder(strings.NewReader(string(c.Body())))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		_, err = d.Token()
	}
	if !errors.Is(err, io.EOF) || c.Get(fiber.HeaderContentType) != fiber.MIMEApplicationJSON && c.Get(fiber.HeaderContentType) != fiber.MIMEApplicationJSONCharsetUTF8 {
		return fault.New(fault.Malformed, "请求要是 application/json 的一个对象，只有说明里写的字段。").Because(err)
	}
	return nil
}

func answerJSON(c *fiber.Ctx, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	c.Status(status)
	return c.Send(body)
}
