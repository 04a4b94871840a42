package workspace

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// SaveProgram keeps a program under a name, as its next version. The same text again
// is the version that is there.
func (s *Service) SaveProgram(ctx context.Context, who account.Actor, number, name, sql, parameters string) (*Program, error) {
	sql, err := s.readSQL(sql)
	if err != nil {
		return nil, err
	}
	if name, err = readName(name); err != nil {
		return nil, err
	}
	if name == "" {
		return nil, fault.At("name", "请写程序的名称，如 monthly.sql。")
	}
	if !strings.HasSuffix(name, ".sql") {
		name += ".sql"
	}
	if _, _, err := ReadParameters(parameters); err != nil {
		return nil, err
	}
	p := &Program{Name: name, SQL: sql, SHA256: digest([]byte(sql + "\n" + parameters)), Parameters: parameters, SavedBy: who.Name, SavedAt: s.instant()}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Program, error) {
		w, party, err := s.one(ctx, tx, who, number, true)
		if err != nil {
			return nil, err
		}
		if party.Side != OfDeveloper || !party.Programs {
			return nil, fault.New(fault.Forbidden, "只有这个空间里写程序的人能保存。")
		}
		if w.Over() {
			return nil, errGone()
		}
		last, err := selectPrograms(ctx, tx, `workspace_id = @workspace AND name = @name`, pgx.NamedArgs{"workspace": w.ID, "name": name})
		if err != nil {
			return nil, err
		}
		if len(last) > 0 && last[0].SHA256 == p.SHA256 {
			return &last[0], nil
		}
		if err := insertProgram(ctx, tx, w.ID, who, p); err != nil {
			return nil, err
		}
		return p, audit.Append(ctx, tx, who, "workspace", w.Number, "save", map[string]string{"program": name, "version": strconv.Itoa(p.Version), "text": p.SHA256})
	})
}
