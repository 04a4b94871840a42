package demo

import (
	"context"
	"fmt"
	"io/fs"
	"slices"

	"shuyuan/datasets"
	"shuyuan/internal/account"
)

// Import loads a folder of the form of world/ into an installation that has a
// catalogue. Departments, themes, regions and licences that the folder lists
// are added or renewed; those that the installation has need not be listed.
// Entries and versions that are not there yet are added; what is there stays
// as it is. Nothing of it is a sample, and no accounts are made.
func Import(ctx context.Context, folder fs.FS, d Deps) error {
	w := &world{folder: folder, departments: map[string]*department{}, themes: map[string]int64{}}
	if err := w.knowDepartments(ctx, d.Datasets); err != nil {
		return err
	}
	if err := w.read(); err != nil {
		return err
	}
	if len(w.entries) == 0 {
		return fmt.Errorf("there is no datasets/*.yaml")
	}
	if err := w.checkCodes(ctx, d.Datasets); err != nil {
		return err
	}
	if err := w.load(ctx, d); err != nil {
		return err
	}
	fmt.Fprintf(d.Out, "imported: %d of %d datasets are new, with %d new versions of files\n", w.created.Load(), len(w.entries), w.published.Load())
	return nil
}

// knowDepartments takes in the departments that are there.
func (w *world) knowDepartments(ctx context.Context, s *datasets.Service) error {
	there, err := s.Departments(ctx, account.Actor{})
	for _, d := range there {
		w.departments[d.Item.Slug] = &department{
			Slug: d.Item.Slug, Name: d.Item.Name, Profile: d.Item.Profile, Contact: d.Item.Contact, Email: d.Item.Email,
		}
	}
	return err
}

// checkCodes names what an entry refers to and nobody knows, before anything
// is written.
func (w *world) checkCodes(ctx context.Context, s *datasets.Service) error {
	regions, err := s.Regions(ctx)
	if err != nil {
		return err
	}
	licences, err := s.Licences(ctx)
	if err != nil {
		return err
	}
	regions, licences = append(regions, w.vocabulary.Regions...), append(licences, w.vocabulary.Licences...)
	for _, e := range w.entries {
		if !slices.ContainsFunc(regions, func(r datasets.Region) bool { return r.Code == e.about.Region }) {
			return fmt.Errorf("datasets/%s.yaml: there is no region %q", e.slug, e.about.Region)
		}
		if !slices.ContainsFunc(licences, func(l datasets.Licence) bool { return l.ID == e.about.Licence }) {
			return fmt.Errorf("datasets/%s.yaml: there is no licence %q", e.slug, e.about.Licence)
		}
	}
	return nil
}
