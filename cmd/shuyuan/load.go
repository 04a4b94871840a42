package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"time"

	"shuyuan/cmd/shuyuan/demo"
	"shuyuan/datasets"
	"shuyuan/datasets/deidentify"
	"shuyuan/datasets/notes"
	"shuyuan/datasets/opening"
	"shuyuan/datasets/questions"
	"shuyuan/internal/policy"
	"shuyuan/internal/sandbox"
	"shuyuan/licensing"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/sharing"
	"shuyuan/licensing/supervision"
	"shuyuan/licensing/tender"
	"shuyuan/licensing/use"
	"shuyuan/licensing/workspace"
	"shuyuan/licensing/workspace/engine"
	"shuyuan/marketplace"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/payment"
	"shuyuan/marketplace/registration"
)

func loadDemo(ctx context.Context, c *call) error {
	var passwords *bool
	own := func(f *flag.FlagSet) { passwords = f.Bool("passwords", false, "give the demo accounts new passwords") }
	return c.with(ctx, own, func(in *installation) error {
		if err := c.noArguments(); err != nil {
			return err
		}
		uploads, err := in.uploads()
		if err != nil {
			return err
		}
		asked, err := in.openRows()
		if err != nil {
			return err
		}
		defer asked.Close()
		s, err := in.services(ctx, uploads, datasets.Rows(asked))
		if err != nil {
			return err
		}
		book, err := policy.Load(policy.Files)
		if err != nil {
			return err
		}
		follows, err := in.following(s, nil)
		if err != nil {
			return err
		}
		now := s.clock.Now
		d := demo.Deps{
			Datasets: s.datasets, Catalogue: s.catalogue, Accounts: s.accounts, Kept: in.path("demo-accounts"), Out: c.out,
			Opening: opening.New(in.pool, s.datasets, book, s.clocks, now), Deidentify: deidentify.New(in.pool, s.datasets, s.catalogue, book, now),
			Notes: notes.New(in.pool, s.datasets, now), Following: follows, Now: now,
			Demands: s.demands, Sharing: sharing.New(in.pool, s.datasets, book, s.clocks, now),
			Questions: func(now func() time.Time) *questions.Service {
				return questions.New(in.pool, s.datasets, s.clocks, s.accounts, now)
			},
			Corrections: s.correctionsAt,
			Use: func(l *licensing.Service, now func() time.Time) (*use.Service, error) {
				return use.New(use.Config{Pool: in.pool, Catalogue: s.datasets, Licensing: l, Accounts: demo.Known(s.accounts), Book: book, Clocks: s.clocks, Now: now})
			},
			Licensing: func(now func() time.Time) (*licensing.Service, error) {
				l, err := licensing.New(in.pool, s.datasets, book, s.clocks, demo.Known(s.accounts), now)
				if err == nil {
					l.KeepPapers(s.papersAt(now))
				}
				return l, err
			},
		}
		d.Tenders = func(now func() time.Time) (*tender.Service, error) {
			return s.tendersAt(demo.Known(s.accounts), now)
		}
		d.Supervision = func(now func() time.Time) (*supervision.Service, error) {
			l, err := d.Licensing(now)
			return supervision.New(supervision.Config{
				Pool: in.pool, Catalogue: s.datasets, Licensing: l, Sharing: d.Sharing.At(now), Book: book, Clocks: s.clocks, Accounts: demo.Known(s.accounts), Now: now,
			}), err
		}
		d.Operation = func(now func() time.Time) (*operation.Service, error) {
			return operation.New(operation.Config{Pool: in.pool, Catalogue: s.datasets, Papers: s.papersAt(now), Book: book, Clocks: s.clocks, Accounts: demo.Known(s.accounts), Now: now})
		}
		d.Scenarios = func(now func() time.Time) (*scenario.Service, error) {
			x, err := scenario.New(scenario.Config{Pool: in.pool, Catalogue: s.datasets, Book: book, Clocks: s.clocks, Accounts: demo.Known(s.accounts), Now: now})
			if err == nil {
				x.KeepPapers(s.papersAt(now))
				x.CountReleased(workspace.ReleasedOf)
			}
			return x, err
		}
		d.Workspaces = func(ctx context.Context) (*workspace.Service, func(), error) {
			return in.sampleWorkspaces(ctx, s, book)
		}
		d.Products = func(ctx context.Context) (*marketplace.Service, error) {
			if in.guest() {
				return nil, errors.New("a server runs, and only the server signs: load the sample world before it starts")
			}
			if err := s.public.keys.Publish(ctx); err != nil {
				return nil, err
			}
			return in.products(s, demo.Known(s.accounts), book, asked, in.reachedAt())
		}
		d.Registrations = func(m *marketplace.Service, now func() time.Time) *registration.Service {
			return in.registrations(s, demo.Registering(s.accounts), m, in.reachedAt(), now)
		}
		d.Bank = func() *payment.Bank {
			return &payment.Bank{Pool: in.pool, Book: ledger.New(now), Now: now, Layouts: payment.Layouts}
		}
		d.Listings = func(m *marketplace.Service) (*offering.Service, error) {
			return offering.New(offering.Config{Pool: in.pool, Products: m, Book: book, Clocks: s.clocks, Now: now})
		}
		if *passwords {
			return demo.Passwords(ctx, d)
		}
		_, err = demo.Load(ctx, d)
		return err
	})
}

// sampleWorkspaces are the workspaces of the sample world. Their programs run here,
// or in the server that runs already. An error says why they can run nowhere.
func (in *installation) sampleWorkspaces(ctx context.Context, s services, book *policy.Book) (*workspace.Service, func(), error) {
	if err := sandbox.Check(ctx); err != nil {
		return nil, nil, err
	}
	parts, err := licensing.PartsOf(book)
	if err != nil {
		return nil, nil, err
	}
	e, err := in.openWorkspaces()
	if errors.Is(err, engine.ErrUsed) { // by a server, which works what is waited for
		return s.workspaces, func() {}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	spaces, err := in.workspaces(s, book, parts, e)
	if err != nil {
		e.Close()
		return nil, nil, err
	}
	return spaces, demo.Running(ctx, spaces, e, func(err error) {
		in.log.LogAttrs(ctx, slog.LevelWarn, "work of the sample workspace could not be done, will be tried again", slog.Any("error", err))
	}), nil
}

func importFolder(ctx context.Context, c *call) error {
	return c.with(ctx, nil, func(in *installation) error {
		if c.flags.NArg() != 1 {
			return c.usage()
		}
		folder, err := os.OpenRoot(c.flags.Arg(0)) // no link in it leads out of it
		if err != nil {
			return err
		}
		defer folder.Close()
		s, err := in.services(ctx)
		if err != nil {
			return err
		}
		return demo.Import(ctx, folder.FS(), demo.Deps{Datasets: s.datasets, Catalogue: s.catalogue, Accounts: s.accounts, Out: c.out})
	})
}
