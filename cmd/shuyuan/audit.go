package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"shuyuan/internal/audit"
)

// auditCommand verifies an export. It needs no installation: whoever is handed
// the file must not have to trust the machine that it came from.
func auditCommand(_ context.Context, c *call) error {
	if _, err := c.setup(nil); err != nil {
		return err
	}
	if c.flags.NArg() != 2 || c.flags.Arg(0) != "verify" || !c.onlyFlags(nil) {
		return c.usage()
	}
	var in io.Reader = os.Stdin
	if name := c.flags.Arg(1); name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	r, err := audit.VerifyExport(in)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%d entries, %d links recomputed", r.Lines, r.Links)
	if r.Gaps > 0 {
		fmt.Fprintf(c.out, ", %d gaps (the entry before is not in the file, as where it was filtered: what follows a gap is proven from there on)", r.Gaps)
	}
	if r.Unsealed > 0 {
		fmt.Fprintf(c.out, ", %d entries without a place in the chain yet", r.Unsealed)
	}
	fmt.Fprintln(c.out)
	for _, p := range r.Problems {
		fmt.Fprintf(c.out, "BROKEN: entry %d at place %d: %s\n", p.EntryID, p.Seq, p.What)
	}
	if more := r.Faults - int64(len(r.Problems)); more > 0 {
		fmt.Fprintf(c.out, "and %d more\n", more)
	}
	if r.Head.Seq > 0 {
		fmt.Fprintf(c.out, "last link: place %d, %s\ncompare it with the page of the audit trail, or with one you kept\n", r.Head.Seq, hex.EncodeToString(r.Head.Hash))
	}
	if r.Faults > 0 {
		return errFound
	}
	return nil
}
