package portal

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"regexp"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/fault"
	"shuyuan/licensing/papers"
	"shuyuan/marketplace"
	"shuyuan/marketplace/provenance/verify"
	"shuyuan/marketplace/receipts"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showVerify is GET /verify: the page, or on to what was asked about.
func (s *Server) showVerify(c *fiber.Ctx) error {
	q, err := query(c, "q")
	if err != nil {
		return err
	}
	if !q.Has("q") {
		return s.verifyPage(c, templates.VerifyPage{})
	}
	what, err := marketplace.Wanted(s.Config.BaseURL, q.Get("q"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.verifyPage(c, templates.VerifyPage{Wanted: q.Get("q"), Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, verifiedAt(what))
}

// verifiedAt is the page that says what is true of what somebody asks about: a
// certificate, of a product or of download, has its own.
func verifiedAt(what string) string {
	if marketplace.OfCertificate(what) {
		return "/certificates/" + what
	}
	if marketplace.OfReceipt(what) {
		return receipts.Path(what)
	}
	return "/verify/" + what
}

// verifyPage is the page where anybody checks something.
func (s *Server) verifyPage(c *fiber.Ctx, p templates.VerifyPage) error {
	ctx := c.UserContext()
	title := text.T(ctx, "核验文件")
	if p.Found != nil {
		title = p.Found.Verdict.Words(text.Of(ctx) == text.English) + " · " + title
	}
	if p.Found != nil || p.Mistake.Sentence != "" {
		p.Frame = s.quietFrame(c, title)
	} else {
		p.Frame = s.frame(c, title, text.T(ctx, "给一个文件，看它从哪里来、哪天取得、有没有被改过。不登录，不留文件。"))
	}
	p.Most, p.Law = s.Products.Checks.Most, s.stampLaw()
	c.Set(fiber.HeaderPermissionsPolicy, "camera=(self), geolocation=(), microphone=(), payment=()") // for the code on paper
	return s.page(c, templates.Verify(p))
}

// askedAbout is what an address asks about.
func (s *Server) askedAbout(c *fiber.Ctx) (string, error) {
	raw, err := url.PathUnescape(c.Params("what"))
	if err != nil {
		return "", fault.New(fault.NotFound, "没有封存过这样的内容、文件或者版本。")
	}
	return marketplace.Wanted(s.Config.BaseURL, raw)
}

// showVerified is GET /verify/{what}: the answer about a digest or a number.
func (s *Server) showVerified(c *fiber.Ctx) error {
	q, err := query(c, "file")
	if err != nil {
		return err
	}
	what, err := s.askedAbout(c)
	if wrong, ok := s.mistake(c, err); ok {
		raw, _ := url.PathUnescape(c.Params("what")) // what cannot be read is shown as nothing
		return s.verifyPage(c, templates.VerifyPage{Wanted: raw, Mistake: wrong})
	}
	if err != nil {
		return err
	}
	if marketplace.OfCertificate(what) || marketplace.OfReceipt(what) {
		return seeOther(c, verifiedAt(what))
	}
	found, err := s.Products.Verify(c.UserContext(), what)
	if err != nil {
		return err
	}
	f := &templates.VerifyFound{Verdict: found.Verdict, Asked: what, Answer: found}
	if q.Get("file") == "1" && found.Said != nil && found.As != "artefact" {
		f.Verdict = verify.Unstamped // these bytes, and nothing with them that says where they are from
	}
	return s.verifyPage(c, templates.VerifyPage{Wanted: what, Found: f})
}

// verifyFile is POST /verify: a form with the fields csrf and file, in this order. The
// answer is the page itself: nothing is kept that another request could show.
func (s *Server) verifyFile(c *fiber.Ctx) error {
	name, found, err := s.takeChecked(c)
	if wrong, ok := s.mistake(c, err); ok && (wrong.Field == "file" || wrong.Field == "") && fault.KindOf(err) != fault.Forbidden {
		wrong.Field = "file"
		return s.verifyPage(c, templates.VerifyPage{Mistake: wrong})
	}
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return s.verifyPage(c, templates.VerifyPage{Found: &templates.VerifyFound{Verdict: found.Verdict, Asked: name, Answer: found.Answer, File: found}})
}

func (s *Server) takeChecked(c *fiber.Ctx) (name string, found *marketplace.FileAnswer, err error) {
	body := s.arriving(c)
	defer body.done()
	defer func() {
		if err != nil {
			c.Response().Header.SetConnectionClose() // the rest of the body is not read
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = fault.New(fault.Malformed, "表单没有送完，没有核验，请再试一次。").Because(err)
		}
	}()
	media, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || media != fiber.MIMEMultipartForm || params["boundary"] == "" {
		return "", nil, malformed("", "请求的格式不对。")
	}
	form := multipart.NewReader(body, params["boundary"])
	secret, err := formField(form, "csrf")
	if err != nil {
		return "", nil, err
	}
	if session := token(c); session != "" { // a visitor has no session that another site could use, and gets no cookie for this
		if err := s.Accounts.CheckCSRF(session, secret); err != nil {
			return "", nil, err
		}
	}
	part, err := form.NextRawPart()
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "", nil, err
	case err != nil || part.FormName() != "file":
		return "", nil, malformed("file", "请求的格式不对。")
	case part.FileName() == "":
		return "", nil, fault.At("file", "请选一个文件。")
	}
	if err := s.admitVisit(c, CheckVisit); err != nil {
		return "", nil, err
	}
	ctx := context.WithoutCancel(c.UserContext()) // a file on a slow line takes longer than any page
	bucket, subject := s.visitor(c, CheckVisit)
	sender := ""
	if subject != "" {
		sender = bucket + " " + subject
	}
	var took time.Duration
	found, err = s.Products.CheckFile(ctx, part, sender, func(d time.Duration) { took = d })
	more := int(took*time.Duration(s.Products.Checks.Second)/time.Second) - 1 // it was counted as one
	if failed := s.chargeVisits(ctx, bucket, subject, more); failed != nil {
		return "", nil, errors.Join(err, failed)
	}
	if err != nil {
		return "", nil, err
	}
	if _, err := form.NextRawPart(); !errors.Is(err, io.EOF) {
		return "", nil, malformed("file", "请求的格式不对。")
	}
	return papers.Name(part.FileName(), endings.FindString(part.FileName())), found, nil
}

// endings are those of names of files that are shown as they are.
var endings = regexp.MustCompile(`\.[A-Za-z0-9]{1,5}$`)

// proofJSON is GET /verify/{what}/proof.json: all that proves a version without asking
// anybody.
func (s *Server) proofJSON(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	what, err := s.askedAbout(c)
	if err != nil {
		return fault.New(fault.NotFound, "没有封存过这样的内容、文件或者版本。").Because(err)
	}
	proof, err := s.Products.Proof(c.UserContext(), what)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(proof)
	if err != nil {
		return err
	}
	return sendKept(c, fiber.MIMEApplicationJSON, what+".proof.json", raw)
}
