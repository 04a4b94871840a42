// Package papers keeps the files that people hand in with a case: the materials
// of an application, the evidence of a dispute, the record of an award, the evidence
// of what was put right. It knows nothing of the cases themselves: a domain says
// which case a file is for and who stands where, and holds its case while one is
// added or taken away.
//
//	c := papers.Case{Kind: papers.Application, ID: a.ID, Number: a.Number, Owner: …, Slots: …}
//	p, err := s.papers.Add(ctx, who, c, papers.New{Slot: slot, Name: name}, body, hold)
//	err = papers.Freeze(ctx, tx, c.Kind, c.ID, now)  // once it is handed in
//	err = papers.Drop(ctx, tx, c.Kind, c.ID)         // what was not
//	p, raw, err := s.papers.Read(ctx, who, c, id)    // for whom the domain lets see the case
//
// A file is looked at in a limited child before it is kept, by its bytes and not
// by its name (ingest.Attachment). It lies in the store locked with the key of
// the installation, under a name that only the server makes. SHA256 is of the
// file as it was handed in: it stands in what is signed. Once frozen nothing of
// it changes, and nothing is taken away: the database refuses that. Each reading
// is in the audit trail before anybody has a byte.
//
// A table of cases whose rows can be deleted needs one trigger, so that its files
// go with them: see migration 0118.
package papers
