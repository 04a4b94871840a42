package licensing

import (
	"slices"
	"strconv"
	"strings"

	"shuyuan/datasets"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
)

// Form is what an applicant writes, as texts: a draft keeps whatever is not
// hostile, and a submission is checked as a whole.
type Form struct {
	Seen    bool
	Lane    string
	Area    string
	Purpose string
	Outputs string
	Months  string
	Storage string
	Items   []FormItem
}

// FormItem is one file that is wanted.
type FormItem struct {
	Resource string
	Columns  []string
	Where    string
	Why      string
}

// How long the texts of an application may be, in characters.
const (
	longest = 2000
	longRow = 1000
)

// fill writes a form into a draft of an entry. It returns fault.Invalid at the
// field for what cannot be kept at all: another entry's file, a column that the
// file does not have, a condition that does not parse, a text that is too long.
func (a *Application) fill(f Form, d *datasets.Dataset) error {
	if f.Lane != "" && !slices.Contains(Lanes, f.Lane) {
		return fault.At("lane", "请从列出的用途中选。")
	}
	area, err := datasets.CleanLine("area", f.Area)
	if err != nil {
		return err
	}
	a.Seen, a.Lane, a.Area = f.Seen, f.Lane, area
	for _, t := range []struct {
		field string
		from  string
		to    *string
	}{{"purpose", f.Purpose, &a.Purpose}, {"outputs", f.Outputs, &a.Outputs}, {"storage", f.Storage, &a.Storage}} {
		text, err := datasets.CleanProse(t.field, t.from)
		if err != nil {
			return err
		}
		if len([]rune(text)) > longest {
			return fault.At(t.field, "最多 %d 个字。", longest)
		}
		*t.to = text
	}
	if a.Kind != Change { // which ends as the grant that it changes
		a.Months = 0
	}
	if m := strings.TrimSpace(f.Months); m != "" && a.Kind != Change {
		n, err := strconv.Atoi(m)
		if err != nil || n < 1 || n > 1200 {
			return fault.At("months", "使用期限请写整数，单位是月。")
		}
		a.Months = n
	}
	a.Items = nil
	for _, i := range f.Items {
		item, err := i.check(d)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(a.Items, func(x Item) bool { return x.Resource == item.Resource }) {
			return fault.At("items", "同一个文件写了两次。")
		}
		a.Items = append(a.Items, item)
	}
	return nil
}

// check reads one wanted file of d.
func (f FormItem) check(d *datasets.Dataset) (Item, error) {
	i := slices.IndexFunc(d.Resources, func(r datasets.Resource) bool { return r.ID == f.Resource })
	if i < 0 || d.Resources[i].Newest == nil {
		return Item{}, fault.At("items", "这个数据集没有这个文件。")
	}
	r := &d.Resources[i]
	out := Item{Resource: r.ID, Name: r.Name, NameEN: r.NameEN, Version: r.Newest.Number}
	var err error
	if out.Why, err = datasets.CleanLine("why."+r.ID, f.Why); err != nil {
		return Item{}, err
	}
	all := columnsOf(r.Newest)
	if len(all) == 0 {
		if len(f.Columns) > 0 || strings.TrimSpace(f.Where) != "" {
			return Item{}, fault.At("items", "这个文件不是表格，不能按列或按行申请。")
		}
		return out, nil
	}
	out.Columns = []string{}
	for _, c := range all { // in the order of the file
		if slices.Contains(f.Columns, c) {
			out.Columns = append(out.Columns, c)
		}
	}
	for _, c := range f.Columns {
		if !slices.Contains(all, c) {
			return Item{}, fault.At("col."+r.ID, "这个文件没有“%s”这一列。", short(c))
		}
	}
	out.Where, err = condition(r.Newest, "where."+r.ID, f.Where)
	return out, err
}

// condition is a condition on the rows of v as it is kept. Whether it can be
// computed the service asks.
func condition(v *datasets.Version, field, where string) (string, error) {
	where, err := oneLined(field, where)
	switch {
	case err != nil:
		return "", err
	case where == "":
		return "", nil
	case len([]rune(where)) > longRow:
		return "", fault.At(field, "最多 %d 个字。", longRow)
	case len(v.Tables) != 1:
		return "", fault.At(field, "这个文件有几张表，不能按行限制。")
	}
	return where, nil
}

// oneLined is where as it may stand in an agreement: on one line, with nothing
// unseen in it. A condition may quote any text, which must not read as a clause.
func oneLined(field, where string) (string, error) {
	clean, err := datasets.CleanProse(field, where)
	if err == nil && strings.ContainsRune(clean, '\n') {
		err = fault.At(field, "这一项只能写一行。")
	}
	return strings.TrimSpace(where), err // as it was written: it names columns and values as the file has them
}

// columnsOf are the names of the columns of all tables of a version, each once.
func columnsOf(v *datasets.Version) []string {
	var out []string
	for _, t := range v.Tables {
		for _, f := range t.Fields {
			if !slices.Contains(out, f.Name) {
				out = append(out, f.Name)
			}
		}
	}
	return out
}

func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// problems is everything that is still missing of a, for the list above the
// form; empty: it can be submitted.
func (a *Application) problems(r Rules, most int) []error {
	var out []error
	wrong := func(field, sentence string, args ...any) { out = append(out, fault.At(field, sentence, args...)) }
	if !a.Seen {
		wrong("seen", "请看过条件，并确认做得到。")
	}
	switch {
	case a.Lane == "":
		wrong("lane", "请选用途。")
	case a.Lane == Academic && a.Organisation == 0:
		wrong("lane", "科研教育用途由高等院校、科研院所等机构申请，个人不能走这条路。")
	case a.Lane == Commercial && a.Organisation == 0:
		wrong("lane", "商业用途由机构申请，个人不能走这条路。")
	}
	if !slices.ContainsFunc(r.Areas, func(w policy.Word) bool { return w.Zh == a.Area }) {
		wrong("area", "请选用途领域。")
	}
	if len([]rune(a.Purpose)) < 10 {
		wrong("purpose", "请写清用途，至少 10 个字：做什么、给谁用。")
	}
	if a.Outputs == "" {
		wrong("outputs", "请写明会产出什么，例如“按站、按小时的超标概率表”。")
	}
	if len(a.Items) == 0 {
		wrong("items", "请至少选一个文件。")
	}
	for _, i := range a.Items {
		if i.Columns != nil && len(i.Columns) == 0 {
			wrong("col."+i.Resource, "“%s”：请至少选一列。", i.Name)
		}
	}
	switch {
	case a.Months == 0:
		wrong("months", "请写使用期限。")
	case a.Months > most && a.Kind != Change:
		wrong("months", "使用期限：%d 个月超过最长 %d 个月。", a.Months, most)
	}
	if len([]rune(a.Storage)) < 5 {
		wrong("storage", "请写明数据放在哪里、谁能接触、怎么保护。")
	}
	return out
}

// complete is what a submission needs: the first thing that is missing.
func complete(a *Application) error {
	if len(a.wrong) > 0 {
		return a.wrong[0]
	}
	return nil
}
