package templates

import (
	"context"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/internal/policy"
	"shuyuan/templates/text"
)

// EntryFilesPage is what belongs to an entry, and its way to the public.
type EntryFilesPage struct {
	Frame
	Book    *policy.Book
	Entry   *catalogue.Entry
	Missing []catalogue.Finding           // what the entry lacks
	Review  catalogue.Source              // which text asks for the opening review
	Coming  map[string][]*datasets.Upload // on their way, by resource
	Uploads bool                          // files can be uploaded here
	Offers  []datasets.Action
	Form    EntryFileForm
	Mistake Mistake
	Reason  string // of a withdrawal that was refused
	Done    string
}

// EntryFileForm is what was typed about one file or address. ID is empty for a
// new one.
type EntryFileForm struct {
	ID, Name, NameEN, Description, DescriptionEN string
	Holds, Kind, Format, URL                     string
}

// Resource is what the form says.
func (f EntryFileForm) Resource() datasets.Resource {
	return datasets.Resource{ID: f.ID, Name: f.Name, NameEN: f.NameEN, Description: f.Description, DescriptionEN: f.DescriptionEN}
}

// EntryFilesHref is the desk's page about the files of an entry.
func EntryFilesHref(slug string) string { return EntryHref(slug) + "/files" }

// WayStep is one of the things that must be done before an entry is public.
type WayStep struct {
	Words string
	Done  bool
	Now   string // where it stands
	Href  string // where it is done; empty: by others, or here
	Cited catalogue.Source
}

// steps are the way of an entry to the public, in order.
func (p EntryFilesPage) steps(ctx context.Context) []WayStep {
	e := p.Entry
	written := WayStep{Words: text.T(ctx, "条目写齐"), Done: len(p.Missing) == 0, Href: EntryHref(e.Slug)}
	if !written.Done {
		written.Now = text.T(ctx, "还差 %d 项", len(p.Missing))
	}
	confirmed := WayStep{Words: text.T(ctx, "主管部门确认"), Done: e.State == catalogue.Confirmed, Now: StateName(ctx, e.State), Href: EntryHref(e.Slug), Cited: e.Rules.Confirm}
	files := WayStep{Words: text.T(ctx, "文件上传，经开放审查成为版本"), Href: "#files", Cited: p.Review}
	held := 0
	for i := range e.Resources {
		if r := &e.Resources[i]; r.Newest != nil || r.Link != nil {
			held++
		}
	}
	files.Done, files.Now = held > 0 && held == len(e.Resources), text.T(ctx, "%d 个里有 %d 个可取", len(e.Resources), held)
	public := WayStep{Words: text.T(ctx, "公开"), Done: e.Status == datasets.Published, Href: "#status"}
	if e.Status == datasets.Withdrawn {
		public.Now = publicWords(ctx, e.Status)
	}
	return []WayStep{written, confirmed, files, public}
}

// datasetActionNames are the buttons about the status of an entry.
var datasetActionNames = map[datasets.Action]string{datasets.Publish: "公开", datasets.Withdraw: "撤下", datasets.Restore: "恢复公开"}

// removable reports whether a file may be taken off its draft, as far as the
// page can know; the domain decides.
func (p EntryFilesPage) removable(r *datasets.Resource) bool {
	return p.Entry.Status == datasets.Draft && r.Newest == nil && len(p.Coming[r.ID]) == 0
}
