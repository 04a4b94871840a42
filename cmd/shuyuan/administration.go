package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"shuyuan/cmd/shuyuan/check"
	"shuyuan/internal/backup"
	"shuyuan/internal/database"
	"shuyuan/internal/transparency"
	"shuyuan/licensing/workspace/engine"
)

// with opens the installation for one command and closes it again.
func (c *call) with(ctx context.Context, own func(*flag.FlagSet), f func(*installation) error) error {
	cfg, err := c.setup(own)
	if err != nil {
		return err
	}
	in, err := open(ctx, cfg, c.command.name, c.log())
	if err != nil {
		return err
	}
	return errors.Join(f(in), in.Close())
}

func migrate(ctx context.Context, c *call) error {
	return c.with(ctx, nil, func(in *installation) error {
		if err := c.noArguments(); err != nil {
			return err
		}
		if err := database.Migrate(ctx, in.pool); err != nil {
			return err
		}
		fmt.Fprintln(c.out, "the database is up to date")
		return nil
	})
}

func checkAll(ctx context.Context, c *call) error {
	var deep *bool
	own := func(f *flag.FlagSet) { deep = f.Bool("deep", false, "read every file whole") }
	return c.with(ctx, own, func(in *installation) error {
		if err := c.noArguments(); err != nil {
			return err
		}
		if err := in.migrate(ctx); err != nil {
			return err
		}
		index, closeIndex, err := in.checkedIndex(ctx)
		if err != nil {
			return err
		}
		options := []check.Option{check.Staged(in.path("uploads")), check.Kept(filepath.Join(in.path("log"), transparency.Kept)), check.Workspaces(in.path("workspaces"), engine.Scratch(in.path("workspaces")))}
		if *deep {
			options = append(options, check.Deep, check.Tables(in.reread))
		}
		found, err := check.Run(ctx, in.pool, in.store, index, c.out, options...)
		if err := errors.Join(err, closeIndex()); err != nil {
			return err
		}
		if found > 0 {
			return errFound
		}
		return nil
	})
}

func backUp(ctx context.Context, c *call) error {
	var to, passphrase, newKey *string
	cfg, err := c.setup(func(f *flag.FlagSet) {
		to = f.String("to", "", "public key to lock with (SHUYUAN_BACKUP_RECIPIENT)")
		passphrase = f.String("passphrase", "", "file whose first line is the passphrase to lock with")
		newKey = f.String("new-key", "", "make a key: its secret half goes into this file, its public half is printed")
	})
	if err != nil {
		return err
	}
	if *newKey != "" {
		public, err := backup.NewKey(*newKey)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "%s\n", public)
		fmt.Fprintf(c.err, "%s opens every backup locked with this key: keep it elsewhere than the backups\n", *newKey)
		return nil
	}
	if c.flags.NArg() != 1 {
		return c.usage()
	}
	if *to == "" {
		*to = cfg.BackupRecipient
	}
	lock, err := recipient(*to, *passphrase)
	if err != nil {
		return err
	}
	in, err := open(ctx, cfg, c.command.name, c.log())
	if err != nil {
		return err
	}
	defer in.Close()
	if err := in.migrate(ctx); err != nil {
		return err
	}
	sum, err := backup.WriteFile(ctx, c.flags.Arg(0), backup.Source{
		Pool: in.pool, Store: in.store, Folders: in.folders(), Recipient: lock, Now: time.Now(),
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "backed up: %s\n", inWords(sum))
	return nil
}

func recipient(public, passphrase string) (age.Recipient, error) {
	switch {
	case passphrase != "":
		return backup.Passphrase(passphrase)
	case public != "":
		return backup.Recipient(public)
	}
	return nil, errors.New("a backup is always locked: make a key with `shuyuan backup --new-key FILE` and give its public half with --to or SHUYUAN_BACKUP_RECIPIENT, or give --passphrase FILE")
}

func inWords(s backup.Summary) string {
	return fmt.Sprintf("%d rows, %d files, %d objects, %d bytes, made %s", s.Rows, s.Files, s.Objects, s.Bytes, s.Made.Format(time.RFC3339))
}

func restore(ctx context.Context, c *call) error {
	var key *string
	cfg, err := c.setup(func(f *flag.FlagSet) {
		key = f.String("key", "", "file with the secret key, or with the passphrase")
	})
	if err != nil {
		return err
	}
	if c.flags.NArg() != 1 || *key == "" {
		return c.usage()
	}
	identity, err := backup.Identity(*key)
	if err != nil {
		return err
	}
	file, err := os.Open(c.flags.Arg(0))
	if err != nil {
		return err
	}
	defer file.Close()
	in, err := open(ctx, cfg, c.command.name, c.log())
	if err != nil {
		return err
	}
	defer in.Close()
	if in.guest() {
		return fmt.Errorf("a server runs on %s: stop it first", cfg.Data)
	}
	sum, err := backup.Restore(ctx, file, backup.Target{
		Pool: in.pool, Store: in.store, Folders: in.folders(), Identity: identity,
		Check: func(ctx context.Context) error {
			found, err := check.Run(ctx, in.pool, in.store, nil, io.Discard)
			if err == nil && found > 0 {
				err = fmt.Errorf("restored, but the checker finds %d faults: run `shuyuan check`", found)
			}
			return err
		},
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "restored: %s\n", inWords(sum))
	fmt.Fprintln(c.out, "the public log goes on from the moment of the backup: if more of it was published since, the signer (where log/ was kept) or a witness refuses to sign; then bring back a newer backup instead")
	return nil
}
