package marketplace

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/marketplace/provenance/statement"
)

// selectAnswer finds what is asked for, by a digest or by a number, in one query; nil
// where there is nothing. Of several versions with one content it is the newest,
// recalled or not, and the others are named; of a product the newest that still counts. What
// else was recalled of that content, or later of that product, is told. Of
// what was sealed and not published only id finds anything: its digests stand in the log,
// and who reads them there is told nothing.
func (s *Service) selectAnswer(ctx context.Context, q database.Querier, digest, product, version string, id int64, now time.Time) (*Answer, error) {
	a := &Answer{}
	var payload []byte
	err := q.QueryRow(ctx, `
		WITH found AS (
			SELECT x.version_id, 'statement' AS what, '' AS form FROM product_seals x WHERE @digest <> '' AND x.digest = @digest
			UNION ALL SELECT f.version_id, 'artefact', f.form FROM product_artefacts f WHERE @digest <> '' AND f.sha256 = @digest
			UNION ALL SELECT c.version_id, 'content', '' FROM product_contents c WHERE @digest <> '' AND c.digest = @digest
			UNION ALL SELECT v.id, 'version', '' FROM product_versions v JOIN products p ON p.id = v.product_id
				WHERE @product <> '' AND p.number = @product AND (@version = '' OR v.semver = @version)
			UNION ALL SELECT v.id, 'version', '' FROM product_versions v WHERE v.id = @id)
		SELECT n.what, n.form, p.number, v.semver, v.state, p.title, p.title_en, o.name, o.credit_code, p.sample, x.statement, x.digest, x.envelope, x.key_id, x.sealed_at, x.leaf,
			coalesce(k.size, 0), coalesce(k.signed_at, '1970-01-01'),
			coalesce((SELECT a.scenario FROM `+scenariosAbove+` a WHERE NOT scenario_stands(a.scenario, @now) ORDER BY a.depth, a.scenario LIMIT 1), 0), o.id,
			EXISTS (SELECT FROM signing_revocations r JOIN log_leaves l ON l.seq = x.leaf WHERE r.key_id = x.key_id AND l.at > r.compromised_at),
			coalesce((SELECT jsonb_agg(DISTINCT jsonb_build_object('Zh', d.title, 'En', d.title_en)) FROM product_sources s JOIN datasets d ON d.id = s.dataset_id WHERE s.version_id = v.id AND d.status = 'withdrawn'), '[]'),
			coalesce((SELECT jsonb_agg(jsonb_build_object('Why', g.why, 'Of', coalesce(d.title, up.number || '@' || uv.semver), 'OfEN', coalesce(d.title_en, ''), 'At', g.at, 'Leaf', g.leaf) ORDER BY g.id) FROM product_flags g
				LEFT JOIN versions w ON w.id = g.source_version LEFT JOIN resources e ON e.id = w.resource_id LEFT JOIN datasets d ON d.id = e.dataset_id
				LEFT JOIN product_versions uv ON uv.id = g.from_version LEFT JOIN products up ON up.id = uv.product_id WHERE g.version_id = v.id), '[]'),
			ARRAY(SELECT DISTINCT op.number || '@' || ov.semver FROM found o JOIN product_versions ov ON ov.id = o.version_id JOIN products op ON op.id = ov.product_id
				WHERE n.what = 'content' AND o.version_id <> n.version_id AND ov.state `+public+` ORDER BY 1 LIMIT 20),
			(SELECT jsonb_build_object('Side', r.by_side, 'Reason', r.reason, 'At', r.at, 'Leaf', r.leaf) FROM product_recalls r WHERE r.version_id = v.id),
			(SELECT jsonb_build_object('Number', c.number, 'Cancelled', c.state = 'cancelled', 'At', CASE c.state WHEN 'cancelled' THEN c.state_at ELSE c.valid_until END) FROM product_certificates c
				WHERE c.product_id = p.id AND c.kind = 'registration' AND NOT EXISTS (SELECT FROM product_certificates n WHERE n.product_id = p.id AND n.kind = 'registration' AND n.state = 'issued' AND n.valid_until > @now)
				ORDER BY c.id DESC LIMIT 1),
			coalesce((SELECT jsonb_agg(jsonb_build_object('Of', op.number || '@' || ov.semver, 'Reason', r.reason, 'At', r.at) ORDER BY r.at) FROM product_recalls r JOIN product_versions ov ON ov.id = r.version_id JOIN products op ON op.id = ov.product_id
				WHERE ov.id <> v.id AND (n.what = 'content' AND ov.id IN (SELECT version_id FROM found) OR @product <> '' AND @version = '' AND ov.product_id = v.product_id AND (ov.major, ov.minor, ov.patch) > (v.major, v.minor, v.patch))), '[]'),
			v.id
		FROM found n JOIN product_seals x ON x.version_id = n.version_id JOIN product_versions v ON v.id = n.version_id JOIN products p ON p.id = v.product_id JOIN organisations o ON o.id = p.organisation_id
			LEFT JOIN LATERAL (SELECT c.size, c.signed_at FROM log_checkpoints c WHERE c.size > x.leaf ORDER BY c.size DESC LIMIT 1) k ON true
		WHERE v.state `+public+` OR v.id = @id
		ORDER BY n.what <> 'content' AND v.state = 'recalled', v.major DESC, v.minor DESC, v.patch DESC, x.leaf DESC LIMIT 1`,
		pgx.NamedArgs{"digest": digest, "product": product, "version": version, "id": id, "now": now}).
		Scan(&a.As, &a.Form, &a.Product, &a.Version, &a.State, &a.Title, &a.TitleEN, &a.Developer.Name, &a.Developer.Code, &a.Sample, &payload, &a.Statement, &a.Envelope, &a.Key, &a.SealedAt, &a.Leaf,
			&a.Checkpoint.Size, &a.Checkpoint.At, &a.scenario, &a.developer, &a.revoked, &a.gone, &a.flags, &a.Also, &a.recall, &a.certificate, &a.others, &a.version)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("answer about a product: %w", err)
	}
	a.Said, err = statement.Parse(payload)
	return a, err
}
