package portal

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/opening"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// The desk's page about what belongs to an entry, its files and addresses, and
// about its way to the public.

// entryFilesPage is that page as it stands.
func (s *Server) entryFilesPage(c *fiber.Ctx) (*templates.EntryFilesPage, error) {
	ctx, who, slug := c.UserContext(), actor(c), c.Params("slug")
	e, err := s.Catalogue.Entry(ctx, who, slug)
	if err != nil {
		return nil, err
	}
	if e.Department.ID != who.Department {
		return nil, fault.New(fault.Forbidden, "只有本部门的数据专员可以改这个条目。")
	}
	p := &templates.EntryFilesPage{Frame: s.quietFrame(c, text.T(ctx, "文件与公开")), Book: s.Policy, Entry: e, Uploads: s.Datasets.UploadRules() != nil, Offers: e.Dataset.Offers(who)}
	p.Missing = slices.DeleteFunc(e.Examine(), func(f catalogue.Finding) bool { return !f.Blocks() })
	p.Review = s.reviewSource(e.Rules)
	uploads, err := s.Datasets.Uploads(ctx, who, 0, mostUploadsShown)
	if err != nil {
		return nil, err
	}
	p.Coming = map[string][]*datasets.Upload{}
	for _, u := range uploads.Items[:min(uploads.Open, len(uploads.Items))] {
		p.Coming[u.ResourceID] = append(p.Coming[u.ResourceID], u)
	}
	return p, nil
}

// reviewSource is which provisions ask for the gates of an opening review; where
// none does, the platform.
func (s *Server) reviewSource(r catalogue.Rules) catalogue.Source {
	house := catalogue.Source{Cite: []string{policy.HouseCite}, House: true}
	if r.Profile == nil {
		return house
	}
	var cites []string
	for _, g := range opening.Gates() {
		provisions, _ := g.Source(s.Policy, r.Profile.ID())
		for _, id := range provisions {
			if !slices.Contains(cites, id) {
				cites = append(cites, id)
			}
		}
	}
	if len(cites) == 0 {
		return house
	}
	return catalogue.Source{Cite: cites}
}

// mostUploadsShown bounds how many uploads are looked through for those of one
// entry; more do not fit into a department's room.
const mostUploadsShown = 500

// showEntryFiles is GET /desk/catalogue/{slug}/files.
func (s *Server) showEntryFiles(c *fiber.Ctx) error {
	q, err := query(c, "done", "edit")
	if err != nil {
		return err
	}
	p, err := s.entryFilesPage(c)
	if err != nil {
		return err
	}
	p.Done = filesDone(c.UserContext(), q.Get("done"))
	if id := q.Get("edit"); id != "" {
		r, err := resourceIn(p.Entry.Dataset, id)
		if err != nil {
			return err
		}
		p.Form = templates.EntryFileForm{ID: r.ID, Name: r.Name, NameEN: r.NameEN, Description: r.Description, DescriptionEN: r.DescriptionEN}
	}
	return s.page(c, templates.EntryFiles(*p))
}

// filesDone says what was done before the page was shown.
func filesDone(ctx context.Context, done string) string {
	switch done {
	case "added":
		return text.T(ctx, "已添加，可以上传文件了。")
	case "renamed":
		return text.T(ctx, "已改好。")
	case "removed":
		return text.T(ctx, "已删去。")
	case string(datasets.Publish):
		return text.T(ctx, "已公开，公众现在能看到这个条目。")
	case string(datasets.Withdraw):
		return text.T(ctx, "已撤下，原来的网址写明理由。")
	case string(datasets.Restore):
		return text.T(ctx, "已恢复公开。")
	}
	return ""
}

func resourceIn(d *datasets.Dataset, id string) (*datasets.Resource, error) {
	for i := range d.Resources {
		if d.Resources[i].ID == id {
			return &d.Resources[i], nil
		}
	}
	return nil, fault.New(fault.NotFound, "没有这个文件。")
}

// arrangeEntryFiles is POST /desk/catalogue/{slug}/files: a file or an address
// more, another name, or one less.
func (s *Server) arrangeEntryFiles(c *fiber.Ctx) error {
	f, err := form(c, "act", "resource", "name", "name_en", "description", "description_en", "holds", "kind", "format", "url")
	if err != nil {
		return err
	}
	p, err := s.entryFilesPage(c)
	if err != nil {
		return err
	}
	ctx, who, d := c.UserContext(), actor(c), p.Entry.Dataset
	asked := templates.EntryFileForm{
		ID: f.Get("resource"), Name: f.Get("name"), NameEN: f.Get("name_en"), Description: f.Get("description"), DescriptionEN: f.Get("description_en"),
		Holds: f.Get("holds"), Kind: f.Get("kind"), Format: f.Get("format"), URL: f.Get("url"),
	}
	done, id := "", ""
	switch f.Get("act") {
	case "add":
		done = "added"
		id, err = s.addEntryFile(ctx, who, d, asked)
	case "rename":
		done = "renamed"
		err = s.Datasets.NameResource(ctx, who, d, asked.Resource())
	case "remove":
		done = "removed"
		err = s.Datasets.RemoveResource(ctx, who, d, asked.ID)
	default:
		return malformed("act", "请求的格式不对。")
	}
	if fault.KindOf(err) == fault.NotFound {
		return err
	}
	if wrong, ok := s.mistake(c, err); ok {
		p.Mistake = wrong
		if f.Get("act") != "remove" {
			p.Form = asked
		}
		return s.page(c, templates.EntryFiles(*p))
	}
	if err != nil {
		return err
	}
	if asked.Holds == "address" && id != "" {
		return seeOther(c, "/desk/links/"+id)
	}
	return seeOther(c, templates.EntryFilesHref(d.Slug)+"?"+url.Values{"done": {done}}.Encode())
}

func (s *Server) addEntryFile(ctx context.Context, who account.Actor, d *datasets.Dataset, asked templates.EntryFileForm) (string, error) {
	r := asked.Resource()
	r.ID = ""
	switch asked.Holds {
	case "files":
	case "address":
		r.Link = &datasets.Link{Kind: datasets.LinkKind(asked.Kind), Format: asked.Format, URL: asked.URL}
	default:
		return "", fault.At("holds", "请选是文件还是地址。")
	}
	return s.Datasets.AddResource(ctx, who, d, r)
}

// moveDataset is POST /desk/catalogue/{slug}/status: publish, withdraw, restore.
func (s *Server) moveDataset(c *fiber.Ctx) error {
	f, err := form(c, "action", "reason", "revision")
	if err != nil {
		return err
	}
	revision, err := revisionOf(f)
	if err != nil {
		return err
	}
	action, slug := datasets.Action(f.Get("action")), c.Params("slug")
	err = s.Datasets.Move(c.UserContext(), actor(c), slug, action, strings.TrimSpace(f.Get("reason")), revision)
	if fault.KindOf(err) == fault.NotFound {
		return err
	}
	if wrong, ok := s.mistake(c, err); ok {
		p, failed := s.entryFilesPage(c)
		if failed != nil {
			return failed
		}
		p.Mistake, p.Reason = wrong, f.Get("reason")
		return s.page(c, templates.EntryFiles(*p))
	}
	if err != nil {
		return err
	}
	return seeOther(c, templates.EntryFilesHref(slug)+"?"+url.Values{"done": {string(action)}}.Encode())
}
