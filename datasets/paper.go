package datasets

import (
	"context"
	"os"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/fault"
)

// active are the findings of a PDF that does more than show something.
var active = map[string]bool{"script": true, "launch": true, "attachment": true, "locked": true}

// LookAtPDF reads a PDF in a limited child and returns fault.Invalid where it is
// none, or does more than show something. It is for papers that are no data: who
// wrote one, say, is nobody's business here.
func (s *Service) LookAtPDF(ctx context.Context, name string, pdf *os.File) error {
	leave, err := s.place(ctx)
	if err != nil {
		return err
	}
	defer leave()
	dir, done, err := s.workFolder()
	if err != nil {
		return err
	}
	defer done()
	report, err := ingest.Run(ctx, ingest.Input{File: pdf, Name: name}, dir, nil)
	if err != nil {
		return err
	}
	for _, f := range report.Findings {
		if active[f.Kind] {
			return fault.New(fault.Invalid, f.Note.Sentence, f.Note.Args...)
		}
	}
	return nil
}

// LookAtAttachment says in a limited child what a file handed in with a case is,
// by its bytes, and returns fault.Invalid for one that is not taken
// (ingest.Attachment).
func (s *Service) LookAtAttachment(ctx context.Context, file *os.File) (ingest.AttachmentType, error) {
	leave, err := s.place(ctx)
	if err != nil {
		return ingest.AttachmentType{}, err
	}
	defer leave()
	return ingest.Attachment(ctx, file)
}
