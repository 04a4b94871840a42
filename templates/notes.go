package templates

import (
	"context"
	"strconv"

	"shuyuan/datasets"
	"shuyuan/datasets/notes"
	"shuyuan/internal/account"
	"shuyuan/templates/text"
)

// NotesPage is every version of the notes on an entry.
type NotesPage struct {
	Frame
	Dataset *datasets.Dataset
	Items   []notes.Version
}

// DeskNotesPage is the notes of a department.
type DeskNotesPage struct {
	Frame
	Items []notes.Note
	Done  string
}

// DeskNotePage is one note, to be written or decided about.
type DeskNotePage struct {
	Frame
	Note    *notes.Note
	Writes  bool // who reads the page may write on
	Submits bool
	Decides bool
	Reason  string
	Done    string
	Mistake Mistake
}

// action is where the form of the text goes.
func (p DeskNotePage) action() string {
	if p.Note.ID == 0 {
		return "/desk/notes/new"
	}
	return "/desk/notes/" + strconv.FormatInt(p.Note.ID, 10)
}

var noteStates = map[notes.State]string{notes.Draft: "草稿", notes.Submitted: "等负责人批准", notes.Returned: "退回了", notes.Approved: "已批准，已公开"}

// noteBody is what a note says in the language of the reader, or in Chinese.
func noteBody(ctx context.Context, t notes.Text) (title, body string, inChinese bool) {
	if text.Of(ctx) != text.English {
		return t.Title, t.Body, false
	}
	return text.Pick(ctx, t.Title, t.TitleEN), text.Pick(ctx, t.Body, t.BodyEN), t.BodyEN == ""
}

// orUntitled is the title of a note, which a draft may not have yet.
func orUntitled(ctx context.Context, title string) string {
	if title == "" {
		return text.T(ctx, "还没有标题")
	}
	return title
}

// explains reports whether who reads an entry's page may write a note on it.
func (p DatasetPage) explains() bool {
	return p.Explains && p.Actor.Session != "" && p.Actor.Is(account.Officer) && p.Actor.Department == p.Dataset.Department.ID
}
