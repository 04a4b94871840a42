package portal

import (
	"context"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/audit"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// trailPage is how many entries of the trail are shown at once.
const trailPage = 100

// auditQuery is what the address narrows the trail to.
func auditQuery(c *fiber.Ctx, more ...string) (q templates.AuditQuery, f audit.Filter, rest func(string) string, err error) {
	v, err := query(c, append(more, "actor", "act", "subject", "id", "from", "to")...)
	if err != nil {
		return q, f, nil, err
	}
	q = templates.AuditQuery{Actor: strings.TrimSpace(v.Get("actor")), Act: v.Get("act"), Subject: v.Get("subject"), ID: strings.TrimSpace(v.Get("id")), From: v.Get("from"), To: v.Get("to")}
	f = audit.Filter{Actor: q.Actor, Subject: q.Subject, SubjectID: q.ID}
	if q.Act != "" {
		if !templates.KnownAct(q.Act) {
			return q, f, nil, malformed("act", "没有这种事。")
		}
		f.Subject, f.Act, _ = strings.Cut(q.Act, " ")
	}
	if f.From, err = chinaDay("from", q.From); err != nil {
		return q, f, nil, err
	}
	if f.To, err = chinaDay("to", q.To); err != nil {
		return q, f, nil, err
	}
	if !f.To.IsZero() {
		f.To = workdays.EndOfDay(f.To)
	}
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		return q, f, nil, malformed("to", "结束的日子早于开始的日子。")
	}
	return q, f, v.Get, nil
}

// chinaDay is the midnight with which a day begins in China, the zero time where
// none is given.
func chinaDay(field, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, s, workdays.Zone)
	if err != nil || t.Year() < 2000 || t.Year() > 2999 {
		return time.Time{}, malformed(field, "日期要写成 2026-11-25 这样。")
	}
	return t, nil
}

// showAudit is GET /desk/admin/audit: the trail, the newest first; ?before= goes
// on from an entry.
func (s *Server) showAudit(c *fiber.Ctx) error {
	ctx := c.UserContext()
	q, f, rest, err := auditQuery(c, "before")
	if err != nil {
		return err
	}
	var before int64
	if given := rest("before"); given != "" {
		if before, err = strconv.ParseInt(given, 10, 64); err != nil || before < 1 {
			return malformed("before", "没有这条审计记录。")
		}
	}
	p := templates.AuditPage{Frame: s.quietFrame(c, text.T(ctx, "审计记录")), Query: q}
	p.Wide = true
	if p.Checks, err = s.Audit.Checks(ctx, actor(c)); err != nil {
		return err
	}
	if p.State, err = s.Audit.Stand(ctx); err != nil {
		return err
	}
	if p.Items, err = s.Audit.Read(ctx, actor(c), f, before, trailPage+1); err != nil {
		return err
	}
	if p.More = len(p.Items) > trailPage; p.More {
		p.Items = p.Items[:trailPage]
	}
	return s.page(c, templates.AdminAudit(p))
}

// verifyAudit is POST /desk/admin/audit/verify: a job recomputes the whole chain.
func (s *Server) verifyAudit(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	if err := s.Audit.AskCheck(c.UserContext(), actor(c)); err != nil {
		return err
	}
	return seeOther(c, "/desk/admin/audit/checks")
}

// showAuditChecks is GET /desk/admin/audit/checks: how far the verification under
// way is, and what came of earlier ones. Of the trail itself nothing is read.
func (s *Server) showAuditChecks(c *fiber.Ctx) (err error) {
	if _, err := query(c); err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.AuditChecksPage{Frame: s.quietFrame(c, text.T(ctx, "核对审计链"))}
	if p.State, err = s.Audit.Stand(ctx); err != nil {
		return err
	}
	if p.Checks, err = s.Audit.Checks(ctx, actor(c)); err != nil {
		return err
	}
	if p.Running() {
		p.Refresh = 3
	}
	return s.page(c, templates.AdminAuditChecks(p))
}

// showAuditEntry is GET /desk/admin/audit/{id}.
func (s *Server) showAuditEntry(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.Params("id"), 10, 64)
	if err != nil || id < 1 {
		return fault.New(fault.NotFound, "没有这条审计记录。")
	}
	ctx := c.UserContext()
	p := templates.AuditEntryPage{Frame: s.quietFrame(c, text.T(ctx, "审计记录"))}
	if p.Entry, err = s.Audit.One(ctx, actor(c), id); err != nil {
		return err
	}
	return s.page(c, templates.AdminAuditEntry(p))
}

// auditCSV is GET /desk/admin/audit.csv: what the filters leave, for a
// spreadsheet, written while it is read.
func (s *Server) auditCSV(c *fiber.Ctx) error {
	head := []string{"seq", "entry", "at", "actor", "name", "roles", "department", "subject", "subject_id", "act", "act_zh", "act_en", "details", "hash"}
	who := actor(c)
	zh, en := text.With(c.UserContext(), text.Chinese), text.With(c.UserContext(), text.English)
	return s.exportAudit(c, "csv", "text/csv; charset=utf-8", func(ctx context.Context, out io.Writer, f audit.Filter) error {
		if _, err := io.WriteString(out, "\uFEFF"); err != nil {
			return err
		}
		w := csv.NewWriter(out)
		_ = w.Write(head) // Flush says what went wrong
		err := s.Audit.Export(ctx, who, f, "csv", func(r audit.Record) error {
			_ = w.Write([]string{seqOf(r), strconv.FormatInt(r.ID, 10), r.At.UTC().Format(time.RFC3339Nano), strconv.FormatInt(r.Actor, 10), harmless(r.Name),
				strings.Join(r.Roles, " "), strconv.FormatInt(r.Department, 10), r.Subject, harmless(r.SubjectID), r.Act,
				templates.ActName(zh, r.Subject, r.Act), templates.ActName(en, r.Subject, r.Act), harmless(detailLine(r)), hex.EncodeToString(r.Hash)})
			return w.Error()
		})
		w.Flush()
		if err == nil {
			err = w.Error()
		}
		return err
	})
}

func seqOf(r audit.Record) string {
	if r.Seq == nil {
		return ""
	}
	return strconv.FormatInt(*r.Seq, 10)
}

// detailLine is the details in one cell.
func detailLine(r audit.Record) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(r.Details)) {
		parts = append(parts, k+"="+r.Details[k])
	}
	return strings.Join(parts, "; ")
}

// auditNDJSON is GET /desk/admin/audit.ndjson: the same, an object a line.
func (s *Server) auditNDJSON(c *fiber.Ctx) error {
	who := actor(c)
	return s.exportAudit(c, "ndjson", "application/x-ndjson", func(ctx context.Context, out io.Writer, f audit.Filter) error {
		w := json.NewEncoder(out)
		return s.Audit.Export(ctx, who, f, "ndjson", func(r audit.Record) error {
			return w.Encode(audit.LineOf(r))
		})
	})
}

// exportAudit sends what write writes of the entries that the address asks for.
func (s *Server) exportAudit(c *fiber.Ctx, form, media string, write func(context.Context, io.Writer, audit.Filter) error) error {
	_, f, _, err := auditQuery(c)
	if err != nil {
		return err
	}
	named := func() {
		c.Set(fiber.HeaderContentType, media)
		c.Set(fiber.HeaderContentDisposition, `attachment; filename="audit.`+form+`"`)
	}
	if c.Method() == fiber.MethodHead {
		named()
		return nil
	}
	if err := s.Stream(c, func(ctx context.Context, out io.Writer) error { return write(ctx, out, f) }); err != nil {
		return err
	}
	named()
	return nil
}
