package portal

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/papers"
	"shuyuan/marketplace"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// who looks at the products of others, and who may stop them
var (
	productDesk     = []account.Role{account.Operator, account.ExchangeStaff, account.Authority, account.Regulator}
	productStoppers = []account.Role{account.Operator, account.ExchangeStaff, account.Regulator}
)

// showOwnProducts is GET /account/products, and GET /desk/products.
func (s *Server) showOwnProducts(c *fiber.Ctx) error {
	q, err := query(c, "before")
	if err != nil {
		return err
	}
	before, err := after(q.Get("before"))
	if err != nil {
		return err
	}
	return s.ownProductsPage(c, before, templates.ProductsPage{Form: marketplace.ProductForm{Kind: marketplace.Dataset, Sold: true}})
}

func (s *Server) ownProductsPage(c *fiber.Ctx, before int64, p templates.ProductsPage) (err error) {
	ctx, who := c.UserContext(), actor(c)
	p.Frame, p.Own = s.quietFrame(c, text.T(ctx, "数据产品")), true
	if p.Items, err = s.Products.Mine(ctx, who, before, listed+1); err != nil {
		return err
	}
	p.Items, p.Next = pageOf(p.Items, func(x marketplace.Product) int64 { return x.ID }, "/account/products?before=")
	if p.Developers, p.Scenarios, err = s.Products.Developers(ctx, who); err != nil {
		return err
	}
	return s.page(c, templates.Products(p))
}

// productForm is what a form says of a product.
func productForm(f url.Values) marketplace.ProductForm {
	return marketplace.ProductForm{Kind: marketplace.Kind(f.Get("kind")), Title: f.Get("title"), TitleEN: f.Get("title_en"), Summary: f.Get("summary"), SummaryEN: f.Get("summary_en"), Scenario: f.Get("scenario"), Sold: f.Get("sold") != ""}
}

// makeProduct is POST /account/products.
func (s *Server) makeProduct(c *fiber.Ctx) error {
	f, err := form(c, "developer", "kind", "title", "title_en", "summary", "summary_en", "scenario", "sold", "sent")
	if err != nil {
		return err
	}
	developer, _ := strconv.ParseInt(f.Get("developer"), 10, 64) // none is the only one
	typed := productForm(f)
	typed.Developer, typed.Sent = developer, sent(c, f)
	x, err := s.Products.Make(c.UserContext(), actor(c), typed)
	if wrong, ok := s.mistake(c, err); ok {
		return s.ownProductsPage(c, 0, templates.ProductsPage{Form: typed, Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, x.Desk())
}

// showProduct is GET /account/products/{number}.
func (s *Server) showProduct(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.productPage(c, templates.ProductPage{})
}

func (s *Server) productPage(c *fiber.Ctx, p templates.ProductPage) (err error) {
	ctx, who := c.UserContext(), actor(c)
	if p.Product, err = s.Products.Product(ctx, who, c.Params("number")); err != nil {
		return err
	}
	if _, p.Scenarios, err = s.Products.Developers(ctx, who); err != nil {
		return err
	}
	p.Frame = s.quietFrame(c, text.Pick(c.UserContext(), p.Product.Title, p.Product.TitleEN))
	return s.page(c, templates.Product(p))
}

// editProduct is POST /account/products/{number}.
func (s *Server) editProduct(c *fiber.Ctx) error {
	f, err := form(c, "revision", "kind", "title", "title_en", "summary", "summary_en", "scenario", "sold", "own", "process", "operate")
	if err != nil {
		return err
	}
	revision, _ := strconv.Atoi(f.Get("revision")) // none is not the one that is there
	x, err := s.Products.Edit(c.UserContext(), actor(c), c.Params("number"), revision, productForm(f), marketplace.RightsForm{Own: f.Get("own"), Process: f.Get("process"), Operate: f.Get("operate")})
	return s.afterProduct(c, x, err, "")
}

// moveProduct is POST /account/products/{number}/move.
func (s *Server) moveProduct(c *fiber.Ctx) error {
	f, err := form(c, "revision", "action", "reason")
	if err != nil {
		return err
	}
	revision, _ := strconv.Atoi(f.Get("revision")) // none is not the one that is there
	x, err := s.Products.Move(c.UserContext(), actor(c), c.Params("number"), marketplace.Step{Action: f.Get("action"), Words: f.Get("reason"), Revision: revision})
	return s.afterProduct(c, x, err, f.Get("reason"))
}

func (s *Server) afterProduct(c *fiber.Ctx, x *marketplace.Product, err error, reason string) error {
	if wrong, ok := s.mistake(c, err); ok {
		return s.productPage(c, templates.ProductPage{Mistake: wrong, Reason: reason})
	}
	if err != nil {
		return err
	}
	return seeOther(c, x.Desk())
}

// buildVersion is POST /account/products/{number}/versions.
func (s *Server) buildVersion(c *fiber.Ctx) error {
	f, err := form(c, "number", "method", "forms*")
	if err != nil {
		return err
	}
	typed := marketplace.VersionForm{Number: f.Get("number"), Method: f.Get("method")}
	for _, one := range f["forms"] {
		typed.Forms = append(typed.Forms, marketplace.Form(one))
	}
	v, err := s.Products.Build(c.UserContext(), actor(c), c.Params("number"), typed)
	if wrong, ok := s.mistake(c, err); ok {
		return s.productPage(c, templates.ProductPage{Mistake: wrong, Next: typed})
	}
	if err != nil {
		return err
	}
	return seeOther(c, v.Desk())
}

// showProductVersion is GET /account/products/{number}/versions/{version}.
func (s *Server) showProductVersion(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.productVersionPage(c, templates.ProductVersionPage{})
}

func (s *Server) productVersionPage(c *fiber.Ctx, p templates.ProductVersionPage) (err error) {
	ctx := c.UserContext()
	if p.Version, err = s.Products.Version(ctx, actor(c), c.Params("number"), c.Params("version")); err != nil {
		return err
	}
	for _, why := range p.Version.Stops {
		p.Stops = append(p.Stops, Sentence(ctx, fault.Of(why)))
	}
	p.Frame, p.Rules = s.quietFrame(c, p.Version.Full()), s.houseRules("developer_signature")
	return s.page(c, templates.ProductVersion(p))
}

// describeVersion is POST /account/products/{number}/versions/{version}.
func (s *Server) describeVersion(c *fiber.Ctx) error {
	f, err := form(c, "method", "notes", "forms*")
	if err != nil {
		return err
	}
	typed := marketplace.VersionForm{Method: f.Get("method"), Notes: f.Get("notes")}
	for _, one := range f["forms"] {
		typed.Forms = append(typed.Forms, marketplace.Form(one))
	}
	err = s.Products.Describe(c.UserContext(), actor(c), c.Params("number"), c.Params("version"), typed)
	if wrong, ok := s.mistake(c, err); ok {
		return s.productVersionPage(c, templates.ProductVersionPage{Mistake: wrong, Form: &typed})
	}
	return s.afterVersion(c, err, "")
}

// afterVersion leads back to a version, or shows what is wrong.
func (s *Server) afterVersion(c *fiber.Ctx, err error, reason string) error {
	if wrong, ok := s.mistake(c, err); ok {
		return s.productVersionPage(c, templates.ProductVersionPage{Mistake: wrong, Reason: reason})
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/account/products/"+c.Params("number")+"/versions/"+c.Params("version"))
}

// addProductContent is POST …/contents: a released result.
func (s *Server) addProductContent(c *fiber.Ctx) error {
	f, err := form(c, "release", "name")
	if err != nil {
		return err
	}
	return s.afterVersion(c, s.Products.AddRelease(c.UserContext(), actor(c), c.Params("number"), c.Params("version"), f.Get("release"), f.Get("name")), "")
}

// addProductFile is POST …/files: a content from outside, or what shows something that
// is declared.
func (s *Server) addProductFile(c *fiber.Ctx) error {
	who, number, version := actor(c), c.Params("number"), c.Params("version")
	_, _, err := s.takePapers(c, 1, func(ctx context.Context, n papers.New, body io.Reader) error {
		if n.Slot == "content" {
			return s.Products.AddFile(ctx, who, number, version, "", n.Name, body)
		}
		return s.Products.AddDeclared(ctx, who, number, version, n.Slot, n.Name, body)
	})
	return s.afterVersion(c, err, "")
}

// addProductInput is POST …/inputs: an acquisition, or a version of another product.
func (s *Server) addProductInput(c *fiber.Ctx) error {
	f, err := form(c, "acquisition", "from")
	if err != nil {
		return err
	}
	ctx, who, number, version := c.UserContext(), actor(c), c.Params("number"), c.Params("version")
	if f.Get("from") != "" {
		return s.afterVersion(c, s.Products.AddVersion(ctx, who, number, version, f.Get("from")), "")
	}
	id, _ := strconv.ParseInt(f.Get("acquisition"), 10, 64) // none is not one of theirs
	return s.afterVersion(c, s.Products.AddAcquisition(ctx, who, number, version, id), "")
}

// removeFromVersion is POST …/remove: a content or an input.
func (s *Server) removeFromVersion(c *fiber.Ctx) error {
	f, err := form(c, "what", "id")
	if err != nil {
		return err
	}
	id, _ := strconv.ParseInt(f.Get("id"), 10, 64) // none is none of them
	ctx, who, number, version := c.UserContext(), actor(c), c.Params("number"), c.Params("version")
	switch f.Get("what") {
	case "content":
		err = s.Products.RemoveContent(ctx, who, number, version, id)
	case "input":
		err = s.Products.RemoveInput(ctx, who, number, version, id)
	default:
		err = malformed("what", "请求的格式不对。")
	}
	return s.afterVersion(c, err, "")
}

// moveProductVersion is POST …/move: check, seal, publish, recall.
func (s *Server) moveProductVersion(c *fiber.Ctx) error {
	f, err := form(c, "revision", "action", "reason")
	if err != nil {
		return err
	}
	revision, _ := strconv.Atoi(f.Get("revision")) // none is not the one that is there
	_, err = s.Products.MoveVersion(c.UserContext(), actor(c), c.Params("number"), c.Params("version"), marketplace.Step{Action: f.Get("action"), Words: f.Get("reason"), Revision: revision})
	return s.afterVersion(c, err, f.Get("reason"))
}

// downloadProduct is GET …/files/{file}: a stamped file, for its developer.
func (s *Server) downloadProduct(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	f, body, err := s.Products.Open(c.UserContext(), actor(c), c.Params("number"), c.Params("version"), c.Params("file"))
	if err != nil {
		return err
	}
	sum, err := hex.DecodeString(f.SHA256)
	if err != nil {
		return err
	}
	h := &c.Response().Header
	h.Set(fiber.HeaderContentType, f.Media)
	h.Set(fiber.HeaderContentDisposition, disposition(f.Name))
	h.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	h.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum)+":") // RFC 9530, 3
	c.Context().SetBodyStream(body, int(f.Bytes))                                // which closes it; it may be large
	return nil
}
