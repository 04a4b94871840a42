package licensing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

func selectProof(ctx context.Context, q database.Querier, number, sha256 string, now time.Time) (p Proof, err error) {
	err = q.QueryRow(ctx, `
		SELECT a.number, g.edition, greatest(g.user_at, g.provider_at), coalesce(r.state, ''), g.void_at IS NOT NULL,
			CASE WHEN r.state IN ('expired', 'revoked', 'surrendered', 'closed') THEN r.state_at WHEN r.until_at <= @now THEN r.until_at END
		FROM agreements g JOIN applications a ON a.id = g.application_id LEFT JOIN grants r ON r.agreement_id = g.id
		WHERE a.number = @number AND g.sha256 = @sha256 AND g.user_at IS NOT NULL AND g.provider_at IS NOT NULL
		ORDER BY g.edition DESC LIMIT 1`, pgx.NamedArgs{"number": number, "sha256": sha256, "now": now}).Scan(&p.Number, &p.Edition, &p.SignedAt, &p.Grant, &p.Replaced, &p.EndedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, fault.New(fault.NotFound, "没有这样一份双方签署的协议：编号和 SHA-256 要一起对上。")
	}
	if err != nil {
		return p, fmt.Errorf("proof: %w", err)
	}
	return p, nil
}
