package licensing

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
)

// fetching keeps what an account fetches of a file under a grant, and reports
// whether this delivery counts: the whole always does, a part where none was
// counted within the time, or where more was asked for since than goes on with
// it. Whoever comes at the same moment waits for the row, so of many parts at once
// one counts.
func fetching(ctx context.Context, tx pgx.Tx, grant int64, t datasets.Taking, parts Parts, now time.Time) (counts bool, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO grant_fetches AS f (grant_id, user_id, version_id, content, began_at, asked, counts)
		VALUES (@grant, @user, @version, @content, @now, @bytes, true)
		ON CONFLICT (grant_id, user_id, version_id, content) DO UPDATE SET
			counts = NOT (@part AND f.began_at > @since AND f.asked + @bytes <= @most),
			began_at = CASE WHEN @part AND f.began_at > @since AND f.asked + @bytes <= @most THEN f.began_at ELSE @now END,
			asked = CASE WHEN @part AND f.began_at > @since AND f.asked + @bytes <= @most THEN f.asked + @bytes ELSE @bytes END
		RETURNING counts`,
		pgx.NamedArgs{"grant": grant, "user": t.User, "version": t.Version, "content": t.Content, "now": now, "bytes": t.Bytes, "part": t.Part, "since": now.Add(-parts.Within), "most": int64(parts.Times) * t.Size}).Scan(&counts)
	if err != nil {
		return false, fmt.Errorf("parts of a file: %w", err)
	}
	return counts, nil
}

// grantStands reports whether a grant lets data pass now.
func grantStands(ctx context.Context, tx pgx.Tx, grant int64, now time.Time) (stands bool, err error) {
	err = tx.QueryRow(ctx, `SELECT g.state = 'active' AND g.until_at > $2 AND NOT `+holderSuspended+` FROM grants g WHERE g.id = $1`, grant, now).Scan(&stands)
	return stands, err
}
