package check

import (
	"context"
	"crypto/ed25519"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/blob"
)

// The rules about products, from the tables alone. In the catalogue of invariants they
// are I-13, I-14, I-16, I-17 and I-18.

// sampled is how many files of products are read again in a check that does not read
// every file.
const sampled = 25

// closure is SQL for what every sealed version must name: what the jobs read whose
// results it has, the acquisitions that it names, and all that of the versions it was
// made from.
const closure = `
	WITH RECURSIVE up AS (SELECT version_id AS root, version_id AS at FROM product_seals UNION SELECT u.root, i.from_version FROM up u JOIN product_inputs i ON i.version_id = u.at WHERE i.from_version IS NOT NULL),
	want AS (
		SELECT u.root, i.acquisition_id AS a FROM up u JOIN product_inputs i ON i.version_id = u.at WHERE i.acquisition_id IS NOT NULL
		UNION SELECT u.root, coalesce(m.acquisition_id, 0) FROM up u JOIN product_contents c ON c.version_id = u.at JOIN releases x ON x.id = c.release_id JOIN workspace_job_mounts j ON j.job_id = x.job_id JOIN workspace_mounts m ON m.id = j.mount_id),
	said AS (SELECT x.version_id AS root, s -> 'acquired' ->> 'record' AS record FROM product_seals x, jsonb_array_elements(convert_from(x.statement, 'UTF8')::jsonb #> '{predicate,sources}') s)`

// productRules are the rules about products.
var productRules = []rule{
	{id: "P1", says: "what is sealed has an input, an acquisition of each, a review of each result, a signature and a leaf that is of its statement", query: `
		SELECT format('version %s', x.version_id) FROM product_seals x LEFT JOIN log_leaves l ON l.seq = x.leaf
		WHERE x.digest <> encode(sha256(x.statement), 'hex') OR l.seq IS NULL OR l.kind <> 'seal' OR convert_from(l.entry, 'UTF8')::jsonb #>> '{body,statement}' IS DISTINCT FROM x.digest
		   OR x.key_id = '' OR NOT EXISTS (SELECT FROM product_sources s WHERE s.version_id = x.version_id)
		   OR EXISTS (SELECT FROM product_sources s LEFT JOIN acquisition_ends e ON e.acquisition_id = s.acquisition_id AND e.whole WHERE s.version_id = x.version_id AND e.acquisition_id IS NULL)
		   OR EXISTS (SELECT FROM product_contents c JOIN releases f ON f.id = c.release_id JOIN output_reviews r ON r.id = f.review_id WHERE c.version_id = x.version_id AND (r.state <> 'released' OR r.sha256 <> f.sha256))
		UNION ALL SELECT format('version %s is %s without a seal', v.id, v.state) FROM product_versions v
		WHERE v.state NOT IN ('building', 'checked') AND NOT EXISTS (SELECT FROM product_seals x WHERE x.version_id = v.id)`},
	{id: "P2", says: "data was acquired before a product was built, that before it was sealed, and that before the log had it", query: `
		SELECT format('version %s: acquisition %s', x.version_id, s.acquisition_id) FROM product_seals x JOIN product_sources s ON s.version_id = x.version_id JOIN acquisition_ends e ON e.acquisition_id = s.acquisition_id WHERE e.ended_at > x.built_at
		UNION ALL SELECT format('version %s: sealed before it was built', x.version_id) FROM product_seals x WHERE x.sealed_at < x.built_at
		UNION ALL SELECT format('version %s: in the log before it was sealed', x.version_id) FROM product_seals x JOIN log_leaves l ON l.seq = x.leaf WHERE l.at < x.sealed_at
		UNION ALL SELECT format('acquisition %s of version %s is of no mount of its jobs', s.acquisition_id, s.version_id) FROM product_sources s
		WHERE s.basis = 'machine' AND NOT EXISTS (SELECT FROM workspace_mounts m JOIN acquisitions a ON a.id = m.acquisition_id AND a.version_id = m.version_id WHERE m.acquisition_id = s.acquisition_id)`},
	{id: "P6", says: "every key of a developer, its end and what it signed stand in the public log as in the tables, and no other", query: `
		SELECT 'key ' || coalesce(k.id, 'of leaf ' || l.seq) FROM developer_keys k FULL JOIN (SELECT * FROM log_leaves WHERE kind = 'developer-key') l ON l.seq = k.leaf
		WHERE k.id IS NULL OR l.seq IS NULL OR convert_from(l.entry, 'UTF8')::jsonb -> 'body' @> jsonb_build_object('key', k.id, 'public', encode(k.public, 'hex'), 'holder', k.code, 'signature', encode(k.possession, 'hex')) IS NOT TRUE
		UNION ALL SELECT 'end of key ' || coalesce(r.key_id, 'leaf ' || l.seq) FROM developer_key_revocations r
			FULL JOIN (SELECT * FROM log_leaves WHERE kind = 'revocation' AND convert_from(entry, 'UTF8')::jsonb #>> '{body,purpose}' = 'developer') l ON l.seq = r.leaf
		WHERE r.key_id IS NULL OR l.seq IS NULL OR convert_from(l.entry, 'UTF8')::jsonb -> 'body' @> jsonb_build_object('key', r.key_id, 'reason', r.reason) IS NOT TRUE OR (convert_from(l.entry, 'UTF8')::jsonb #>> '{body,compromised}')::timestamptz <> r.compromised_at
		UNION ALL SELECT 'signature of version ' || coalesce(c.version_id::text, 'leaf ' || l.seq) FROM product_countersignatures c FULL JOIN (SELECT * FROM log_leaves WHERE kind = 'countersign') l ON l.seq = c.leaf LEFT JOIN product_seals x ON x.version_id = c.version_id
		WHERE c.version_id IS NULL OR l.seq IS NULL OR convert_from(l.entry, 'UTF8')::jsonb -> 'body' @> jsonb_build_object('key', c.key_id, 'statement', x.digest, 'signature', encode(c.signature, 'hex')) IS NOT TRUE`},
	{id: "P6", says: "what stands as signed by a developer is its signature under that statement, before the version was published, with its own key", find: countersigned},
	{id: "P3", says: "files of products are, byte for byte, what was sealed", find: artefacts},
	{id: "P4", says: "a statement names all that its jobs and inputs lead to, and nothing else", query: closure + `
		SELECT format('version %s names %s, its inputs are %s', x.version_id, coalesce(s.all, '{}'), coalesce(w.all, '{}')) FROM product_seals x
			LEFT JOIN LATERAL (SELECT array_agg(DISTINCT record ORDER BY record) AS all FROM said WHERE said.root = x.version_id) s ON true
			LEFT JOIN LATERAL (SELECT array_agg(DISTINCT 'ACQ-' || want.a ORDER BY 'ACQ-' || want.a) AS all FROM want WHERE want.root = x.version_id) w ON true
			LEFT JOIN LATERAL (SELECT array_agg(DISTINCT 'ACQ-' || k.acquisition_id ORDER BY 'ACQ-' || k.acquisition_id) AS all FROM product_sources k WHERE k.version_id = x.version_id) k ON true
		WHERE s.all IS DISTINCT FROM w.all OR k.all IS DISTINCT FROM w.all`},
	{id: "P5", says: "every version under what was withdrawn, put right or recalled is flagged within minutes", query: `
		WITH RECURSIVE walk AS (
			SELECT s.version_id AS id, 'withdrawn' AS why, s.source_version AS source FROM product_sources s JOIN datasets d ON d.id = s.dataset_id WHERE d.status = 'withdrawn' AND d.updated_at < now() - interval '5 minutes'
			UNION SELECT s.version_id, 'corrected', s.source_version FROM product_sources s JOIN corrections c ON c.version_id = s.source_version WHERE c.outcome = 'corrected' AND c.answered_at < now() - interval '5 minutes'
			UNION SELECT i.version_id, 'recalled', NULL FROM product_recalls r JOIN product_inputs i ON i.from_version = r.version_id WHERE r.at < now() - interval '5 minutes'
			UNION SELECT i.version_id, w.why, w.source FROM walk w JOIN product_inputs i ON i.from_version = w.id)
		SELECT format('version %s: %s', w.id, w.why) FROM walk w JOIN product_seals x ON x.version_id = w.id
		WHERE NOT EXISTS (SELECT FROM product_flags f WHERE f.version_id = w.id AND f.why = w.why AND (w.source IS NULL OR f.source_version = w.source))`},
}

// artefacts reads files of products again: some of them, or all in a check that reads
// every file.
func artefacts(ctx context.Context, r *run) ([]string, error) {
	most := int64(sampled)
	if r.deep {
		most = 1 << 40
	}
	rows, err := r.tx.Query(ctx, `SELECT version_id, name, sha256, bytes FROM product_artefacts ORDER BY random() LIMIT $1`, most)
	if err != nil {
		return nil, err
	}
	type file struct {
		Version int64
		Name    string
		Sha256  blob.Digest
		Bytes   int64
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[file])
	if err != nil {
		return nil, err
	}
	var found []string
	for _, f := range all {
		switch info, err := blob.Verify(ctx, r.store, f.Sha256); {
		case err != nil:
			found = append(found, fmt.Sprintf("version %d: %s: %v", f.Version, f.Name, err))
		case info.Bytes != f.Bytes:
			found = append(found, fmt.Sprintf("version %d: %s has %d bytes, not %d", f.Version, f.Name, info.Bytes, f.Bytes))
		}
	}
	return found, nil
}

// countersigned verifies every signature of a developer under what was sealed: Ed25519
// over the message of DSSE, as the envelope says it.
func countersigned(ctx context.Context, r *run) (found []string, err error) {
	rows, err := r.tx.Query(ctx, `
		SELECT c.version_id, c.signature, k.public, x.statement, k.organisation_id = p.organisation_id AND c.leaf > x.leaf AND c.leaf > k.leaf AND l.at >= k.valid_from AND l.at < k.valid_until
			AND NOT EXISTS (SELECT FROM developer_key_revocations d WHERE d.key_id = k.id AND d.leaf < c.leaf)
			AND NOT EXISTS (SELECT FROM product_events e WHERE e.version_id = c.version_id AND e.act IN ('publish', 'recall') AND e.at < c.at)
		FROM product_countersignatures c JOIN product_seals x ON x.version_id = c.version_id JOIN product_versions v ON v.id = c.version_id JOIN products p ON p.id = v.product_id
			JOIN developer_keys k ON k.id = c.key_id JOIN log_leaves l ON l.seq = c.leaf ORDER BY c.leaf`)
	if err != nil {
		return nil, err
	}
	var version int64
	var sig, public, payload []byte
	var fits bool
	_, err = pgx.ForEachRow(rows, []any{&version, &sig, &public, &payload, &fits}, func() error {
		const kind = "application/vnd.in-toto+json"
		if !fits || !ed25519.Verify(public, append(fmt.Appendf(nil, "DSSEv1 %d %s %d ", len(kind), kind, len(payload)), payload...), sig) {
			found = append(found, fmt.Sprintf("version %d", version))
		}
		return nil
	})
	return found, err
}
