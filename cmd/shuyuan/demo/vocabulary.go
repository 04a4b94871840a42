package demo

import (
	"fmt"
	"slices"

	"shuyuan/datasets"
	"shuyuan/internal/account"
)

// region, licence, theme and department are the types of datasets with the
// names that world/*.yaml uses.
type (
	region struct {
		Code   string `yaml:"code"`
		Name   string `yaml:"name"`
		NameEN string `yaml:"name_en"`
		Parent string `yaml:"parent"`
	}
	licence struct {
		ID          string `yaml:"id"`
		Name        string `yaml:"name"`
		NameEN      string `yaml:"name_en"`
		URL         string `yaml:"url"`
		Attribution bool   `yaml:"attribution"`
		ShareAlike  bool   `yaml:"share_alike"`
		Terms       string `yaml:"terms"`
		TermsEN     string `yaml:"terms_en"`
	}
	theme struct {
		ID     int64  `yaml:"-"`
		Slug   string `yaml:"slug"`
		Name   string `yaml:"name"`
		NameEN string `yaml:"name_en"`
	}
	department struct {
		ID            int64    `yaml:"-"`
		Slug          string   `yaml:"slug"`
		Name          string   `yaml:"name"`
		NameEN        string   `yaml:"name_en"`
		Description   string   `yaml:"description"`
		DescriptionEN string   `yaml:"description_en"`
		Region        string   `yaml:"region"`
		Aliases       []string `yaml:"aliases"`
		Profile       string   `yaml:"profile"` // of the policy that binds it; none: empty

		Side account.Side `yaml:"side"` // regulate of a body that supervises; manage if empty

		// of every entry of it, made up and shown as such
		Contact   string `yaml:"contact"`
		Email     string `yaml:"email"`
		Approving string `yaml:"approving"`
		Duties    string `yaml:"duties"`
		System    string `yaml:"system"`
		Duty      string `yaml:"duty"`
		Business  string `yaml:"business"`
	}
)

func (d *department) public(sample bool) datasets.Department {
	return datasets.Department{
		Slug: d.Slug, Name: d.Name, NameEN: d.NameEN, Description: d.Description, DescriptionEN: d.DescriptionEN,
		Region: d.Region, Aliases: d.Aliases, Contact: d.Contact, Email: d.Email, Profile: d.Profile, Sample: sample, Side: d.Side,
	}
}

func (w *world) readVocabulary() error {
	var regions []region
	var licences []licence
	var themes []theme
	var departments []*department
	for name, into := range map[string]any{"regions.yaml": &regions, "licences.yaml": &licences, "themes.yaml": &themes, "departments.yaml": &departments} {
		if err := w.readList(name, into); err != nil {
			return err
		}
	}
	for _, r := range regions {
		w.vocabulary.Regions = append(w.vocabulary.Regions, datasets.Region(r))
	}
	for _, l := range licences {
		w.vocabulary.Licences = append(w.vocabulary.Licences, datasets.Licence(l))
	}
	for _, t := range themes {
		w.vocabulary.Themes = append(w.vocabulary.Themes, datasets.Theme(t))
	}
	for _, d := range departments {
		if slices.ContainsFunc(w.vocabulary.Departments, func(other datasets.Department) bool { return other.Slug == d.Slug }) {
			return fmt.Errorf("departments.yaml: %s stands twice", d.Slug)
		}
		w.departments[d.Slug] = d
		w.vocabulary.Departments = append(w.vocabulary.Departments, d.public(w.sample))
	}
	return nil
}
