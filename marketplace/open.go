package marketplace

import (
	"context"

	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/provenance/content"
)

// OpenDigest is the digest of a table that is open to everybody, by the types that
// columns of a product give to its columns: what a product calls its data does not make
// it another.
func (s *Service) OpenDigest(ctx context.Context, resource string, number, position int, columns []content.Column) (string, error) {
	v, err := s.Catalogue.Version(ctx, account.Actor{}, resource, number)
	if err != nil {
		return "", err
	}
	e, err := s.Catalogue.Export(ctx, account.Actor{}, v, position, rows.Query{}, rows.ExportOptions{Format: rows.CSV, Finite: true})
	if err != nil {
		return "", err
	}
	h, err := content.New(columns)
	if err != nil {
		return "", err
	}
	cells := make([]content.Cell, len(columns))
	if err := e.Each(ctx, func(row []rows.Value) error {
		if len(row) != len(cells) {
			return content.ErrWidth
		}
		for i, v := range row {
			cells[i] = content.Cell(v)
		}
		return h.Row(cells)
	}); err != nil {
		return "", err
	}
	return h.Sum(), nil
}

// NoLongerValid is why a sealed version is no longer valid; nil: it is. It asks the
// records, and keeps no answer.
func (s *Service) NoLongerValid(ctx context.Context, q database.Querier, version int64) (*fault.Fault, error) {
	return s.noLongerValid(ctx, q, &Version{ID: version})
}
