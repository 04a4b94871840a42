package check

import "slices"

// cellByCell is the one rule that needs a reader of tables.
const cellByCell = "a table has the rows of its file, cell by cell"

// These two need the folder of staged files.
const (
	stagedBytes  = "an upload on its way has all bytes that were acknowledged"
	stagedOwners = "a staged file is of an upload on its way or younger than an upload may last"
)

// turn is SQL for a whole turn of the task that looks at versions, which began
// after since and has ended: what it has not done of what was there then, it
// does not do.
func turn(since string) string {
	return `EXISTS (SELECT FROM river_job j WHERE j.kind = 'task_due' AND j.args ->> 'task' = 'quality' AND j.finalized_at IS NOT NULL AND j.attempted_at > ` + since + `)`
}

// passed is SQL for a version v that was there for a day when such a turn began:
// what fails is tried each minute.
var passed = turn(`v.published_at + interval '1 day'`) + ` AND NOT EXISTS (SELECT FROM unread_versions u WHERE u.version_id = v.id)`

// rules are the invariants that exist so far, numbered as in the catalogue of
// invariants; L are those that a law states. A constraint in the database
// forbids most of them: the rule finds what got around it.
var rules = append([]rule{
	{id: "I7", says: "the audit trail is gapless and its hashes follow from one another", find: auditChain},
	{id: "I7", says: "every entry of the audit trail has its personal row", query: `
		SELECT 'audit entry ' || e.id FROM audit_entries e
		WHERE NOT EXISTS (SELECT FROM audit_personal p WHERE p.entry_id = e.id)`},
	{id: "I7", says: "every published or withdrawn entry was announced", query: `
		SELECT 'dataset ' || d.slug FROM datasets d
		WHERE d.status <> 'draft' AND NOT EXISTS (SELECT FROM changes c WHERE c.dataset_id = d.id)`},

	{id: "I7", says: "every version was recorded when it was published", query: `
		SELECT format('resource %s: %s versions, %s acts', v.resource_id, count(*), acts.n)
		FROM versions v CROSS JOIN LATERAL (
			SELECT count(*) AS n FROM audit_entries WHERE subject = 'resource' AND subject_id = v.resource_id AND act = 'publish-version') acts
		GROUP BY v.resource_id, acts.n HAVING count(*) <> acts.n`},

	{id: "I10", says: "every file that has a row lies in the store with that size", find: objectsOfRows},
	{id: "I10", says: "every object in the store has a row or is younger than an upload may last", find: rowsOfObjects},
	{id: "I10", says: "a version is as long as its file", query: `
		SELECT format('version %s of resource %s: %s bytes, file %s', v.number, v.resource_id, v.bytes, coalesce(b.bytes::text, 'missing'))
		FROM versions v LEFT JOIN blobs b USING (sha256)
		WHERE b.bytes IS DISTINCT FROM v.bytes`},
	{id: "I10", says: "a rendition is as long as its file", query: `
		SELECT format('rendition %s of table %s of version %s', n.kind, n.position, n.version_id)
		FROM renditions n LEFT JOIN blobs b USING (sha256)
		WHERE b.bytes IS DISTINCT FROM n.bytes`},
	{id: "I10", says: "a rendition is of a table that its version has", query: `
		SELECT format('rendition %s of table %s of version %s', n.kind, n.position, n.version_id)
		FROM renditions n
		WHERE NOT EXISTS (SELECT FROM version_tables t WHERE t.version_id = n.version_id AND t.position = n.position)`},

	{id: "I10", says: "a table's Parquet file is as long as its file", query: `
		SELECT format('Parquet file of table %s of version %s', f.position, f.version_id)
		FROM table_files f LEFT JOIN blobs b USING (sha256)
		WHERE b.bytes IS DISTINCT FROM f.bytes`},
	{id: "I10", says: "a Parquet file is of a table that its version has", query: `
		SELECT format('Parquet file of table %s of version %s', f.position, f.version_id)
		FROM table_files f
		WHERE NOT EXISTS (SELECT FROM version_tables t WHERE t.version_id = f.version_id AND t.position = f.position)`},

	{id: "I10", says: "what is said of columns later is said of the columns that the version has, in their order and of their types", query: `
		SELECT format('revision %s of table %s of version %s', x.number, x.position, x.version_id)
		FROM dictionary_revisions x JOIN version_tables t USING (version_id, position)
		WHERE jsonb_path_query_array(x.fields, '$[*].name') <> jsonb_path_query_array(t.fields, '$[*].name')
		   OR jsonb_path_query_array(x.fields, '$[*].type') <> jsonb_path_query_array(t.fields, '$[*].type')`},
	{id: "I10", says: "versions are compared with earlier ones of the same file", query: `
		SELECT format('version %s with %s', c.to_id, c.from_id)
		FROM version_changes c JOIN versions n ON n.id = c.to_id JOIN versions o ON o.id = c.from_id
		WHERE o.resource_id <> n.resource_id OR o.number >= n.number`},

	{id: "I10", says: stagedBytes, find: bytesOfUploads},
	{id: "I10", says: stagedOwners, find: uploadsOfFiles},
	{id: "I10", says: "an upload became a version of its own resource, with its own bytes", query: `
		SELECT 'upload ' || u.id FROM uploads u LEFT JOIN versions v ON v.id = u.version_id
		WHERE u.state = 'published' AND (v.resource_id, v.sha256) IS DISTINCT FROM (u.resource_id, u.sha256)`},

	{id: "I10", says: "a scan is of a version, of an upload on its way, or younger than an upload may wait", query: `
		SELECT format('scan of %s of resource %s', c.sha256, c.resource_id) FROM scans c
		WHERE NOT EXISTS (SELECT FROM versions v WHERE v.resource_id = c.resource_id AND v.sha256 = c.sha256)
		  AND NOT EXISTS (SELECT FROM uploads u WHERE u.resource_id = c.resource_id AND u.sha256 = c.sha256 AND u.state NOT IN ('published', 'discarded', 'expired'))
		  AND c.at < @now::timestamptz - @waiting::interval
		  AND NOT EXISTS (SELECT FROM findings f WHERE f.resource_id = c.resource_id AND f.sha256 = c.sha256 AND f.decided_at >= @now::timestamptz - @waiting::interval)`},
	{id: "I10", says: "a finding is of a file that was looked through", query: `
		SELECT 'finding ' || f.id FROM findings f
		WHERE NOT EXISTS (SELECT FROM scans c WHERE c.resource_id = f.resource_id AND c.sha256 = f.sha256)`},
	{id: "I10", says: "a finding in a version is of a table and a column that it has", query: `
		SELECT format('finding %s in version %s of resource %s', f.id, v.number, v.resource_id)
		FROM findings f JOIN versions v USING (resource_id, sha256)
		WHERE EXISTS (SELECT FROM version_tables t WHERE t.version_id = v.id) AND NOT EXISTS (
			SELECT FROM version_tables t WHERE t.version_id = v.id AND t.position = f.position
			AND (f.column_name = '' OR EXISTS (SELECT FROM jsonb_array_elements(t.fields) c WHERE c ->> 'name' = f.column_name)))`},
	{id: "I10", says: "a decision that was carried is that about an earlier version of the same file", query: `
		SELECT 'finding ' || f.id FROM findings f LEFT JOIN versions o ON o.id = f.carried_from
		WHERE f.carried_from IS NOT NULL AND (o.resource_id IS DISTINCT FROM f.resource_id OR f.state <> 'dismissed'
			OR o.number >= (SELECT min(v.number) FROM versions v WHERE v.resource_id = f.resource_id AND v.sha256 = f.sha256))`},
	{id: "I10", says: "a profile is of a column that its version has", query: `
		SELECT format('profile of column %s of table %s of version %s', p.field, p.position, p.version_id)
		FROM table_profiles p LEFT JOIN version_tables t USING (version_id, position)
		WHERE p.profile ->> 'column' IS DISTINCT FROM t.fields -> p.field ->> 'name'`},
	{id: "I10", says: "what a row of an import wrote stands in the history of its entry, and its undoing too", query: `
		SELECT format('row %s of import %s', r.position, r.import_id) FROM catalogue_import_rows r
		WHERE r.dataset_id IS NOT NULL AND (
			NOT EXISTS (SELECT FROM catalogue_revisions v WHERE v.dataset_id = r.dataset_id AND v.act = 'import' AND v.content = r.after)
			OR r.outcome = 'undone' AND NOT EXISTS (SELECT FROM catalogue_revisions v WHERE v.dataset_id = r.dataset_id AND v.act = 'undo-import'))`},
	{id: "I7", says: "every import of entries, and its undoing, was recorded", query: `
		SELECT 'import ' || i.id FROM catalogue_imports i
		CROSS JOIN LATERAL (
			SELECT count(*) FILTER (WHERE act = 'apply') AS made, count(*) FILTER (WHERE act = 'undo') AS undone
			FROM audit_entries WHERE subject = 'catalogue-import' AND subject_id = i.id::text) acts
		WHERE acts.made <> 1 OR acts.undone <> CASE WHEN i.undone_at IS NULL THEN 0 ELSE 1 END`},

	{id: "I11", says: "the index holds exactly what the public may see", find: indexed},

	{id: "I13", says: "no job waits or runs longer than an hour past its time", query: `
		SELECT format('job %s (%s), %s since %s', id, kind, state, coalesce(attempted_at, scheduled_at)) FROM river_job
		WHERE (state = 'running' AND attempted_at < @now::timestamptz - interval '1 hour')
		   OR (state IN ('available', 'retryable', 'scheduled', 'pending') AND scheduled_at < @now::timestamptz - interval '1 hour')`},
	{id: "I13", says: "no job was given up", query: `
		SELECT format('job %s (%s)', id, kind) FROM river_job WHERE state = 'discarded'`},
	{id: "I13", says: "no session outlives its end by more than two days", query: `
		SELECT 'session ' || id FROM sessions WHERE expires_at < @now::timestamptz - interval '2 days'`},
	{id: "I13", says: "no act waits more than an hour for its place in the audit trail", query: `
		SELECT 'audit entry ' || id FROM audit_entries WHERE seq IS NULL AND at < @now::timestamptz - interval '1 hour'`},
	{id: "I13", says: "the clock is not ahead of time", query: `
		SELECT 'clock at ' || high FROM clock WHERE high > @now::timestamptz + interval '1 minute'`},

	{id: "I13", says: "every version with tables was looked through, or waits for its turn", query: `
		SELECT format('version %s of resource %s', v.number, v.resource_id) FROM versions v
		WHERE EXISTS (SELECT FROM version_tables t WHERE t.version_id = v.id) AND ` + passed + `
		  AND NOT EXISTS (SELECT FROM scans c WHERE c.resource_id = v.resource_id AND c.sha256 = v.sha256)`},
	{id: "I13", says: "every column of a version has its profile, or waits for its turn", query: `
		SELECT format('table %s of version %s of resource %s', t.position, v.number, v.resource_id)
		FROM version_tables t JOIN versions v ON v.id = t.version_id
		WHERE ` + passed + `
		  AND (SELECT count(*) FROM table_profiles p WHERE p.version_id = t.version_id AND p.position = t.position) < jsonb_array_length(t.fields)`},
	{id: "I13", says: "every version with tables was held against the rules of quality, or waits for its turn", query: `
		SELECT format('version %s of resource %s', v.number, v.resource_id) FROM versions v
		WHERE EXISTS (SELECT FROM version_tables t WHERE t.version_id = v.id) AND ` + passed + `
		  AND NOT EXISTS (SELECT FROM version_checks c WHERE c.version_id = v.id)`},
	{id: "I13", says: "whoever must decide about something in a public file was told of it, or the next letter tells", query: `
		SELECT format('finding %s in version %s of resource %s', f.id, v.number, v.resource_id)
		FROM findings f
		JOIN versions v USING (resource_id, sha256)
		JOIN resources r ON r.id = v.resource_id
		JOIN datasets d ON d.id = r.dataset_id
		WHERE f.severity = 'block' AND f.state = 'open' AND d.status = 'published' AND d.open_type <> 'withheld'
		  AND ` + turn(`greatest(f.at, v.published_at, d.updated_at)`) + `
		  AND NOT EXISTS (SELECT FROM finding_letters l WHERE l.version_id = v.id AND l.kind = f.kind)`},

	{id: "I14", says: "usage is counted in figures that can be", query: `
		SELECT format('usage of dataset %s on %s', dataset_id, day) FROM usage_days
		WHERE views < 0 OR downloads < 0 OR bytes < 0 OR (downloads = 0 AND bytes > 0) OR day > (@now::timestamptz AT TIME ZONE 'Asia/Shanghai')::date + 1`},
	{id: "I14", says: "the use of an entry is that of all its days", query: `
		SELECT 'usage of dataset ' || dataset_id
		FROM (SELECT dataset_id, sum(views) AS views, sum(downloads) AS downloads FROM usage_days GROUP BY dataset_id) d
		FULL JOIN usage_totals t USING (dataset_id)
		WHERE (d.views, d.downloads) IS DISTINCT FROM (t.views::numeric, t.downloads::numeric)`},
	{id: "I14", says: "only what was once published was used", query: `
		SELECT format('usage of dataset %s on %s', u.dataset_id, u.day) FROM usage_days u JOIN datasets d ON d.id = u.dataset_id
		WHERE d.published_at IS NULL`},

	{id: "I16", says: "no secret lies in clear in any table", find: secrets},
	{id: "I16", says: "passwords, sessions and keys are kept as hashes", query: `
		SELECT 'password of user ' || id FROM users WHERE password <> '' AND password !~ '^\$argon2id\$v=19\$m=[0-9]+,t=[0-9]+,p=[0-9]+\$[A-Za-z0-9+/]{16,}\$[A-Za-z0-9+/]{40,}$'
		UNION ALL SELECT 'session ' || id FROM sessions WHERE length(token_hash) <> 32
		UNION ALL SELECT 'key ' || prefix FROM api_keys WHERE length(hash) <> 32 OR prefix !~ '^sy_[0-9A-Za-z]{8}$'`},

	{id: "I18", says: "versions are numbered from 1 without a gap", query: `
		SELECT format('resource %s: %s versions, the last is number %s', resource_id, count(*), max(number)) FROM versions
		GROUP BY resource_id HAVING count(*) <> max(number) OR min(number) <> 1 OR count(DISTINCT number) <> count(*)`},
	{id: "I18", says: "a version is not older than the one before", query: `
		SELECT format('version %s of resource %s', number, resource_id) FROM (
			SELECT *, lag(published_at) OVER (PARTITION BY resource_id ORDER BY number) AS before FROM versions) v
		WHERE published_at < before`},
	{id: "I18", says: "what guards published versions and the audit trail is in force", find: guards},

	{id: "I18", says: "a resource is files or an address, never both", query: `
		SELECT DISTINCT 'resource ' || l.resource_id FROM links l JOIN versions v USING (resource_id)`},

	{id: "I19", says: "every reference leads to something", find: references},
	{id: "I19", says: "who acts for a public body acts for the one that the account belongs to", query: `
		SELECT format('user %s', r.user_id) FROM user_roles r JOIN users u ON u.id = r.user_id JOIN roles p USING (role)
		WHERE r.department_id IS DISTINCT FROM CASE WHEN p.body THEN u.department_id END OR p.body AND u.department_id IS NULL`},

	{id: "I23", says: "a preview is the beginning of its table", query: `
		SELECT format('table %s of version %s', position, version_id) FROM version_tables
		WHERE jsonb_typeof(preview) <> 'array' OR jsonb_typeof(fields) <> 'array'
		   OR jsonb_array_length(preview) > rows
		   OR EXISTS (SELECT FROM jsonb_array_elements(preview) AS row
		              WHERE jsonb_typeof(row) <> 'array' OR jsonb_array_length(row) <> jsonb_array_length(fields))`},
	{id: "I23", says: "tables of a version are numbered without a gap", query: `
		SELECT 'version ' || version_id FROM version_tables
		GROUP BY version_id HAVING max(position) - min(position) + 1 <> count(*)`},
	{id: "I23", says: "a CSV rendition has as many rows as its table", find: renditionRows},

	{id: "I23", says: "a Parquet file has the columns of its table, with its misfits", query: `
		SELECT format('table %s of version %s', position, version_id)
		FROM table_files f JOIN version_tables t USING (version_id, position)
		WHERE (SELECT array_agg(c ->> 'name' ORDER BY i) FROM jsonb_array_elements(f.columns) WITH ORDINALITY AS e (c, i))
		      IS DISTINCT FROM (SELECT array_agg(c ->> 'name' ORDER BY i) FROM jsonb_array_elements(t.fields) WITH ORDINALITY AS e (c, i))
		   OR f.misfits <> (SELECT coalesce(sum((c ->> 'misfits')::bigint), 0) FROM jsonb_array_elements(f.columns) c)`},
	{id: "I23", says: cellByCell, find: tableRows},

	{id: "I24", says: "nobody holds two roles that exclude each other", query: `
		SELECT format('user %s is %s', r.user_id, r.role) FROM user_roles r JOIN users u ON u.id = r.user_id LEFT JOIN roles p USING (role)
		WHERE p.side IS DISTINCT FROM u.side OR r.side <> u.side`},

	{id: "L1", says: "nothing is held back without its legal basis, no condition without its terms", query: `
		SELECT 'dataset ' || slug FROM datasets
		WHERE status <> 'draft' -- of which much may not be said yet
		  AND (open_type <> 'unconditional' AND (cardinality(open_basis) = 0 OR '' = ANY (open_basis))
		   OR open_type = 'conditional' AND '' IN (open_method, use_requirements, safeguards)
		   OR share_type <> 'unconditional' AND cardinality(share_basis) = 0)`},
	{id: "L2", says: "what was withdrawn says why, what is public since when", query: `
		SELECT 'dataset ' || slug FROM datasets
		WHERE status = 'withdrawn' AND withdrawn_reason = '' OR status <> 'draft' AND published_at IS NULL`},

	{id: "L3", says: "what people can have was let through by a review of its very bytes, a standing approval or an emergency", query: `
		SELECT format('version %s of resource %s', v.number, v.resource_id)
		FROM versions v JOIN resources r ON r.id = v.resource_id JOIN datasets d ON d.id = r.dataset_id
		WHERE d.status = 'published' AND d.open_type <> 'withheld' AND NOT EXISTS (
			SELECT FROM opening_reviews o
			WHERE o.state IN ('approved', 'approved_conditional', 'published_provisional', 'confirmed') AND o.resource_id = v.resource_id
			  AND (o.sha256 = v.sha256 OR EXISTS (SELECT FROM version_approvals a WHERE a.version_id = v.id AND a.review_id = o.id AND a.standing)))`},
	{id: "L3", says: "a review that lets through was decided at three gates by three people who had not asked", query: `
		SELECT 'review ' || o.id FROM opening_reviews o LEFT JOIN opening_checks c ON c.review_id = o.id
		WHERE o.kind <> 'imported' AND o.state IN ('approved', 'approved_conditional', 'confirmed')
		GROUP BY o.id HAVING count(DISTINCT c.gate) <> 3 OR count(DISTINCT c.reviewer_id) <> 3 OR bool_or(c.reviewer_id = o.proposed_by) OR bool_or(c.sha256 <> o.sha256)`},
	{id: "L3", says: "what was opened before its review is under a declared event and has the clock of the review after", query: `
		SELECT 'review ' || id FROM opening_reviews
		WHERE state = 'published_provisional' AND (event_id IS NULL OR clock_path = '' OR clock_from IS NULL)`},
	{id: "L3", says: "data that was made of withheld data says of which and how", query: `
		SELECT format('version %s of resource %s', v.number, v.resource_id)
		FROM versions v JOIN resources r ON r.id = v.resource_id
		WHERE EXISTS (SELECT FROM lineages l WHERE l.dataset_id = r.dataset_id AND l.source_dataset_id <> l.dataset_id)
		  AND NOT EXISTS (SELECT FROM lineages l WHERE l.dataset_id = r.dataset_id AND l.sha256 = v.sha256)`},
	{id: "L3", says: "what was withdrawn at once came back through new reviews only", query: `
		SELECT format('version %s of resource %s after incident %s', v.number, v.resource_id, i.id)
		FROM opening_incidents i JOIN resources r ON r.dataset_id = i.dataset_id JOIN versions v ON v.resource_id = r.id
		WHERE i.restored_at IS NOT NULL AND v.published_at < i.withdrawn_at AND NOT EXISTS (
			SELECT FROM opening_reviews o WHERE o.resource_id = v.resource_id AND o.sha256 = v.sha256 AND o.proposed_at >= i.withdrawn_at
			AND o.state IN ('approved', 'approved_conditional', 'published_provisional', 'confirmed'))`},
	{id: "L4", says: "a data item of an entry is collected by the department that its case names, and by no other", query: `
		SELECT format('item %s of dataset %s', o.item, o.dataset_id)
		FROM item_sources o JOIN source_cases c ON c.id = o.case_id JOIN datasets d ON d.id = o.dataset_id
		WHERE c.state <> 'decided' OR c.kind <> 'duplicate' OR c.source_id IS DISTINCT FROM o.source_id OR d.department_id <> o.department_id OR o.collects <> (o.department_id = o.source_id)`},
	{id: "L4", says: "a case names one of the departments concerned, and says why", query: `
		SELECT format('case %s', c.id) FROM source_cases c
		WHERE c.state IN ('decided', 'settled') AND NOT EXISTS (SELECT FROM source_case_entries x JOIN datasets d ON d.id = x.dataset_id WHERE x.case_id = c.id AND d.department_id = c.source_id)
		   OR c.state IN ('decided', 'closed') AND c.reason = ''
		   OR (SELECT count(DISTINCT d.department_id) FROM source_case_entries x JOIN datasets d ON d.id = x.dataset_id WHERE x.case_id = c.id) < 2`},

	{id: "L7", says: "a request for data has as many votes as accounts second it, each once, and none once it is merged", query: `
		SELECT format('demand %s: %s votes, %s accounts', w.id, w.votes, x.n) FROM demands w CROSS JOIN LATERAL (
			SELECT count(DISTINCT v.user_id) AS n FROM demand_votes v JOIN demands m ON m.id = v.demand_id
			WHERE coalesce(m.root_id, m.id) = w.id AND v.user_id IS DISTINCT FROM w.user_id) x
		WHERE w.votes <> x.n`},
	{id: "L7", says: "a merged request for data points to where the one that it was merged into does", query: `
		SELECT format('demand %s', w.id) FROM demands w JOIN demands o ON o.id = w.merged_into
		WHERE w.root_id <> coalesce(o.root_id, o.id)`},
	{id: "L7", says: "a clock runs for whose turn a request for data is, and for nobody else", query: `
		SELECT format('demand %s (%s)', w.id, w.state) FROM demands w LEFT JOIN demand_turns t ON t.demand_id = w.id AND t.ended_at IS NULL
		WHERE (t.id IS NOT NULL) <> (w.state IN ('unassigned', 'open') AND w.root_id IS NULL AND w.hidden_at IS NULL)
		   OR t.id IS NOT NULL AND t.department_id IS DISTINCT FROM w.department_id`},
	{id: "L7", says: "a request for data stands where its steps end", query: `
		SELECT format('demand %s is %s, its steps end with %s', w.id, w.state, coalesce(x.act, 'nothing')) FROM demands w
		LEFT JOIN LATERAL (SELECT act FROM demand_steps WHERE demand_id = w.id AND act NOT IN ('merge', 'split', 'hide', 'show') ORDER BY id DESC LIMIT 1) x ON true
		WHERE coalesce(w.state <> ALL (CASE x.act WHEN 'propose' THEN ARRAY['unassigned', 'open'] WHEN 'assign' THEN ARRAY['open'] WHEN 'forward' THEN ARRAY['open'] WHEN 'return' THEN ARRAY['unassigned']
			WHEN 'plan' THEN ARRAY['planned'] WHEN 'link' THEN ARRAY['there'] WHEN 'appear' THEN ARRAY['there'] WHEN 'refuse' THEN ARRAY['refused'] WHEN 'withdraw' THEN ARRAY['withdrawn'] END), true)`},
	{id: "I7", says: "every request for data was recorded when it was proposed", query: `
		SELECT 'demand ' || w.id FROM demands w
		WHERE (SELECT count(*) FROM audit_entries WHERE subject = 'demand' AND subject_id = w.id::text AND act = 'propose') <> 1`},
	{id: "I5", says: "a grant has one cause: an application that was agreed to, by its holder, for its data and its purpose", query: `
		SELECT 'grant ' || g.number FROM grants g JOIN applications a ON a.id = g.application_id
		WHERE a.state <> 'granted' OR a.dataset_id <> g.dataset_id OR a.user_id <> g.user_id OR a.organisation_id IS DISTINCT FROM g.organisation_id OR a.purpose <> g.purpose OR a.lane <> g.lane
		UNION ALL SELECT 'application ' || a.number || ' has no grant' FROM applications a WHERE a.state = 'granted' AND NOT EXISTS (SELECT FROM grants g WHERE g.application_id = a.id)`},
	{id: "I5", says: "a renewal begins when the grant before it ends, a change takes its place, and a grant is followed once", query: `
		SELECT format('grant %s after %s', g.number, e.number) FROM grant_follows f JOIN grants g ON g.id = f.grant_id JOIN grants e ON e.id = f.earlier_id
		LEFT JOIN application_follows a ON a.application_id = g.application_id
		WHERE e.dataset_id <> g.dataset_id OR e.user_id <> g.user_id OR e.organisation_id IS DISTINCT FROM g.organisation_id OR (a.grant_id, a.kind) IS DISTINCT FROM (f.earlier_id, f.kind)
		   OR f.kind = 'renewal' AND (g.from_at < e.until_at AND e.state IN ('active', 'suspended') OR e.state = 'replaced')
		   OR f.kind = 'change' AND (e.state IN ('active', 'suspended') OR e.state = 'replaced' AND g.until_at <> e.until_at)
		UNION ALL SELECT 'grant ' || e.number || ' was replaced by none' FROM grants e
		WHERE e.state = 'replaced' AND NOT EXISTS (SELECT FROM grant_follows f WHERE f.earlier_id = e.id AND f.kind = 'change')`},
	{id: "I5", says: "a grant gives nothing that was not decided", query: `
		SELECT format('grant %s, file %s', g.number, i.resource_id) FROM grants g JOIN grant_items i ON i.grant_id = g.id
		LEFT JOIN application_items x ON x.application_id = g.application_id AND x.resource_id = i.resource_id
		WHERE (CASE x.decision
			WHEN 'granted' THEN i.columns IS NOT DISTINCT FROM x.columns AND i.rows_where = x.rows_where
			WHEN 'reduced' THEN i.columns = x.given_columns AND i.rows_where = x.given_where AND i.columns <@ x.columns END) IS NOT TRUE`},
	{id: "I6", says: "a grant stands on an agreement that both sides signed, two people, and names its hash", query: `
		SELECT 'grant ' || g.number FROM grants g JOIN agreements c ON c.id = g.agreement_id
		WHERE c.application_id <> g.application_id OR c.user_at IS NULL OR c.provider_at IS NULL OR c.user_by = c.provider_by OR c.void_at IS NOT NULL
		   OR c.sha256 <> g.terms OR c.sha256 <> encode(sha256(convert_to(c.body, 'UTF8')), 'hex')`},
	{id: "I6", says: "a file handed in with an application stands with its hash in the agreement that was signed with it", query: `
		SELECT format('paper %s of application %s', p.id, a.number) FROM case_papers p JOIN applications a ON a.id = p.case_id
		WHERE p.kind = 'application' AND p.frozen_at IS NOT NULL
		  AND NOT EXISTS (SELECT FROM agreements g WHERE g.application_id = a.id AND g.made_at >= p.uploaded_at AND position(p.sha256 IN g.body) > 0)`},
	{id: "I10", says: "a file of an application is of one that there is, and what was not handed in is of a step that can still be taken", query: `
		SELECT format('paper %s, %s of case %s', p.id, p.kind, p.case_id) FROM case_papers p LEFT JOIN applications a ON a.id = p.case_id
		WHERE p.kind IN ('application', 'dispute', 'award') AND (a.id IS NULL OR p.frozen_at IS NULL AND p.uploaded_at < @now::timestamptz - interval '1 hour' AND (
			p.kind = 'application' AND a.state NOT IN ('draft', 'returned')
			OR p.kind = 'dispute' AND a.state <> 'refused'
			OR p.kind = 'award' AND (a.state <> 'awarding' OR a.award IS NOT NULL)))`},
	{id: "I6", says: "an application that was handed in has a file for each material that was asked for", query: `
		SELECT format('application %s lacks %s', a.number, m.material) FROM applications a, jsonb_array_elements_text(nullif(a.conditions -> 'materials', 'null')) m (material)
		WHERE a.submitted_at IS NOT NULL AND a.submitted_at > (SELECT applied_at FROM migrations WHERE number = 118)
		  AND NOT EXISTS (SELECT FROM case_papers p WHERE p.kind = 'application' AND p.case_id = a.id AND p.slot = m.material AND p.frozen_at IS NOT NULL)`},
	{id: "I5", says: "what was taken under a grant was of its files, within its term", query: `
		SELECT format('delivery %s under %s', q.id, g.number) FROM acquisitions q JOIN grants g ON g.id = q.grant_id JOIN versions v ON v.id = q.version_id
		WHERE q.began_at < g.from_at OR q.began_at >= g.until_at OR q.terms <> g.terms OR q.sha256 <> v.sha256
		   OR NOT EXISTS (SELECT FROM grant_items i WHERE i.grant_id = g.id AND i.resource_id = v.resource_id)`},
	{id: "I14", says: "no grant gave more in a day than its quota, nor less than was written down", query: `
		SELECT format('grant %s on %s', g.number, d.day) FROM grant_days d JOIN grants g ON g.id = d.grant_id
		CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE q.channel IN ('file', 'export')) AS files, count(*) FILTER (WHERE q.channel IN ('rows', 'page')) AS questions
			FROM acquisitions q WHERE q.counted AND q.grant_id = g.id AND (q.began_at AT TIME ZONE 'Asia/Shanghai')::date = d.day) n
		WHERE d.files > g.files_day OR d.questions > g.rows_day OR d.files <> n.files OR d.questions <> n.questions`},
	{id: "I14", says: "what took nothing of a quota went on with a download that did, or stands beside a version that was compared", query: `
		SELECT format('delivery %s under %s', q.id, g.number) FROM acquisitions q JOIN grants g ON g.id = q.grant_id
		WHERE NOT q.counted AND NOT EXISTS (SELECT FROM acquisitions o WHERE o.counted AND o.grant_id = q.grant_id AND o.user_id = q.user_id AND o.began_at <= q.began_at
			AND (o.version_id = q.version_id AND o.channel = 'file' AND q.channel = 'file' OR o.request = q.request AND o.version_id <> q.version_id))`},
	{id: "I5", says: "no key outlives its grant, and no grant its term by more than an hour", query: `
		SELECT format('key %s of %s', k.prefix, g.number) FROM api_keys k JOIN grants g ON g.id = k.grant_id WHERE k.revoked_at IS NULL AND g.state NOT IN ('active', 'suspended')
		UNION ALL SELECT 'grant ' || g.number FROM grants g WHERE g.state IN ('active', 'suspended') AND g.until_at < @now::timestamptz - interval '1 hour'`},
	{id: "L7", says: "commercial use is granted to whoever won a competition (AB-35.3)", query: `
		SELECT 'application ' || number FROM applications WHERE state = 'granted' AND lane = 'commercial' AND NOT must_grant AND (award ->> 'won')::boolean IS NOT TRUE`},
	{id: "L7", says: "a refusal states its reason and its basis (TJ-23)", query: `
		SELECT 'application ' || number FROM applications WHERE state IN ('refused', 'disputed', 'upheld') AND (reason = '' OR jsonb_array_length(bases) = 0)`},
	{id: "L7", says: "an application was accepted before it was decided, and returned once at most", query: `
		SELECT 'application ' || number FROM applications
		WHERE completions > 1 OR decided_at < accepted_at OR accepted_at < date_trunc('day', submitted_at AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai'`},

	{id: "L7", says: "a scenario over conditional data for commercial use was authorised to whoever won a competition (AB-35.3)", query: `
		SELECT 'scenario ' || s.number FROM scenarios s
		WHERE s.use_class = 'commercial' AND s.state IN ('authorised', 'active', 'suspended', 'expired', 'terminated', 'surrendered', 'closed') AND (s.award ->> 'won')::boolean IS NOT TRUE
		  AND EXISTS (SELECT FROM scenario_items i WHERE i.scenario_id = s.id AND i.open_type = 'conditional' AND i.decision IN ('granted', 'reduced'))`},
	{id: "L9", says: "no operator decides about a scenario, and nobody screens, speaks, reviews or decides twice (FJ-III.3)", query: `
		SELECT 'scenario ' || s.number FROM scenarios s
		WHERE s.decided_at IS NOT NULL AND EXISTS (SELECT FROM users u WHERE u.id = s.decided_by AND u.side <> 'manage')
		   OR s.screened_at IS NOT NULL AND EXISTS (SELECT FROM users u WHERE u.id = s.screened_by AND u.side <> 'operate')
		   OR s.decided_by IN (s.screened_by, s.security_by, s.user_id) OR s.security_by IN (s.screened_by, s.user_id)
		   OR EXISTS (SELECT FROM scenario_items i WHERE i.scenario_id = s.id AND i.consent_id IS NULL AND i.decided_by IN (s.decided_by, s.screened_by, s.security_by, s.user_id))
		   OR s.state IN ('authorised', 'active', 'suspended', 'refused') AND s.decided_at IS NULL`},
	{id: "L9", says: "an opinion on an item of a scenario is of the department whose data it is, and only what is open to everybody has none", query: `
		SELECT format('scenario %s, file %s', s.number, i.resource_id) FROM scenario_items i JOIN scenarios s ON s.id = i.scenario_id JOIN datasets d ON d.id = i.dataset_id LEFT JOIN users u ON u.id = i.decided_by
		WHERE s.state IN ('reviewed', 'awarding', 'authorised', 'active', 'suspended') AND (i.decision = '' OR i.decision = 'open' AND i.open_type <> 'unconditional' OR i.decision <> 'open' AND i.decided_by IS NULL)
		   OR i.consent_id IS NOT NULL AND NOT EXISTS (SELECT FROM scenario_consents c JOIN scenario_template_items t ON t.id = c.template_item_id WHERE c.id = i.consent_id AND t.resource_id = i.resource_id AND i.given_columns <@ c.columns)
		   OR i.open_type = 'withheld'`},
	{id: "L9", says: "a grant of a scenario gives an item as its department gave it, and no more than its mandate holds", query: `
		SELECT 'grant ' || g.number FROM scenario_grants g JOIN scenario_contracts c ON c.id = g.contract_id JOIN scenario_items i ON i.id = g.item_id JOIN scenarios s ON s.id = c.scenario_id
		LEFT JOIN mandate_items m ON m.mandate_id = s.mandate_id AND m.dataset_id = g.dataset_id
		WHERE i.scenario_id <> s.id OR (i.dataset_id, i.resource_id) IS DISTINCT FROM (g.dataset_id, g.resource_id) OR i.decision NOT IN ('open', 'granted', 'reduced')
		   OR g.columns <> i.given_columns OR g.uses <> i.given_uses OR g.rows_where <> i.given_where OR NOT g.columns <@ i.columns OR m.id IS NULL OR NOT g.columns <@ m.columns`},
	{id: "L9", says: "a scenario keeps to the purposes and forms of its mandate", query: `
		SELECT 'scenario ' || s.number FROM scenarios s JOIN mandates m ON m.id = s.mandate_id
		WHERE s.state IN ('authorised', 'active', 'suspended') AND (s.purpose <> ALL (m.purposes)
		   OR EXISTS (SELECT FROM jsonb_array_elements(s.outputs) o WHERE o ->> 'form' <> ALL (m.forms))
		   OR EXISTS (SELECT FROM scenario_items i JOIN mandate_items x ON x.mandate_id = m.id AND x.dataset_id = i.dataset_id WHERE i.scenario_id = s.id AND i.decision IN ('open', 'granted', 'reduced')
				AND (cardinality(x.purposes) > 0 AND s.purpose <> ALL (x.purposes))))`},
	{id: "L9", says: "the terms of a grant, its contract, its scenario and its mandates nest", query: `
		SELECT 'grant ' || g.number FROM scenario_grants g JOIN scenario_contracts c ON c.id = g.contract_id WHERE g.from_at < c.from_at OR g.until_at > c.until_at
		UNION ALL SELECT 'contract ' || c.number FROM scenario_contracts c JOIN scenarios s ON s.id = c.scenario_id WHERE c.from_at < s.from_at OR c.until_at > s.until_at
		UNION ALL SELECT 'scenario ' || s.number FROM scenarios s JOIN mandates m ON m.id = s.mandate_id WHERE s.from_at < m.from_at OR s.until_at > m.until_at`},
	{id: "L9", says: "an active scenario has a contract that two people signed, with the hash of its text, and a contract in force has a scenario", query: `
		SELECT 'scenario ' || s.number FROM scenarios s
		WHERE s.state IN ('active', 'suspended') AND NOT EXISTS (SELECT FROM scenario_contracts c WHERE c.scenario_id = s.id AND c.state = 'active' AND c.operator_at IS NOT NULL AND c.developer_at IS NOT NULL
			AND c.operator_by <> c.developer_by AND c.sha256 = encode(sha256(convert_to(c.body, 'UTF8')), 'hex'))
		UNION ALL SELECT 'contract ' || c.number FROM scenario_contracts c JOIN scenarios s ON s.id = c.scenario_id WHERE c.state = 'active' AND s.state NOT IN ('active', 'suspended')
		UNION ALL SELECT 'grant ' || g.number FROM scenario_grants g JOIN scenario_contracts c ON c.id = g.contract_id WHERE g.state = 'active' AND c.state <> 'active'`},
	{id: "L9", says: "the platform suspends a scenario for a report that it warned of, and no scenario outlives its term by more than an hour", query: `
		SELECT 'scenario ' || s.number FROM scenarios s
		WHERE s.state = 'suspended' AND s.suspended_by = 'platform' AND NOT EXISTS (SELECT FROM scenario_reports r WHERE r.scenario_id = s.id AND r.suspended_at >= r.warned_at)
		   OR s.state IN ('authorised', 'active', 'suspended') AND s.until_at < @now::timestamptz - interval '1 hour'`},
	{id: "L9", says: "a scenario stands where its history ends", query: `
		SELECT format('scenario %s is %s, its history ends with %s', s.number, s.state, e.state)
		FROM scenarios s LEFT JOIN LATERAL (SELECT state FROM scenario_events WHERE scenario_id = s.id ORDER BY number DESC LIMIT 1) e ON true WHERE e.state IS DISTINCT FROM s.state`},
	{id: "L9", says: "a mandate under another lies within it: its term, data, columns, forms, purposes, income and ceilings", query: `
		SELECT format('mandate %s under %s', m.number, a.number) FROM mandates m JOIN mandates a ON a.id = m.parent_id
		WHERE m.state <> 'withdrawn' AND (m.from_at < a.from_at OR m.until_at > a.until_at OR NOT m.forms <@ a.forms OR NOT m.purposes <@ a.purposes OR m.income > a.income
			OR EXISTS (SELECT FROM mandate_items i LEFT JOIN mandate_items x ON x.mandate_id = a.id AND x.dataset_id = i.dataset_id WHERE i.mandate_id = m.id
				AND (x.id IS NULL OR NOT i.columns <@ x.columns OR cardinality(x.forms) > 0 AND NOT (i.forms <@ x.forms AND cardinality(i.forms) > 0) OR cardinality(x.purposes) > 0 AND NOT (i.purposes <@ x.purposes AND cardinality(i.purposes) > 0)))
			OR EXISTS (SELECT FROM mandate_ceilings c JOIN mandate_ceilings x ON x.mandate_id = a.id AND (x.form, x.unit) = (c.form, c.unit) WHERE c.mandate_id = m.id AND c.fen > x.fen))`},
	{id: "L9", says: "who manages a mandate does not operate it: body, operator and their people are apart, and nobody approves what they drafted (FJ-III.3)", query: `
		SELECT 'mandate ' || m.number FROM mandates m JOIN departments b ON b.id = m.body_id JOIN organisations o ON o.id = m.operator_id
		WHERE b.side <> 'manage' OR o.side <> 'operate' OR m.approved_by = m.drafted_by OR m.body_signed_by = m.operator_signed_by
		   OR EXISTS (SELECT FROM users u WHERE u.id IN (m.drafted_by, m.approved_by, m.body_signed_by) AND u.side <> 'manage' OR u.id = m.operator_signed_by AND u.side <> 'operate')
		   OR EXISTS (SELECT FROM organisation_members x JOIN user_roles r ON r.user_id = x.user_id WHERE x.organisation_id = o.id AND r.side <> 'operate')
		   OR EXISTS (SELECT FROM developers d WHERE d.mandate_id = m.id AND d.organisation_id = m.operator_id)
		UNION ALL SELECT 'entry ' || d.number FROM developers d JOIN users u ON u.id = d.decided_by WHERE u.side <> 'operate'`},
	{id: "L9", says: "an agreement of a mandate is the text that was approved, and both signed that", query: `
		SELECT 'mandate ' || m.number FROM mandates m
		WHERE (m.locked_at IS NOT NULL OR m.sha256 <> '') AND (m.locked_at IS NULL OR m.sha256 <> encode(sha256(convert_to(m.agreement, 'UTF8')), 'hex'))
		   OR EXISTS (SELECT FROM audit_entries e JOIN audit_personal p ON p.entry_id = e.id WHERE e.subject = 'mandate' AND e.subject_id = m.number AND e.act IN ('approve', 'sign', 'sign_operator') AND p.content IS NOT NULL AND position(m.sha256 IN p.content) = 0)
		UNION ALL SELECT format('report of %s about %s', b.slug, r.year) FROM disclosure_reports r JOIN departments b ON b.id = r.body_id WHERE r.sha256 <> encode(sha256(convert_to(r.content, 'UTF8')), 'hex')`},
	{id: "L9", says: "a mandate is closed only when nothing is left below it", query: `
		SELECT format('mandate %s: %s %s', m.number, h.kind, h.number) FROM mandates m, mandate_holds(m.id) h WHERE m.state = 'closed'`},
	{id: "L9", says: "below a mandate that does not stand nothing passes the gate, and no job runs for more than an hour", query: `
		WITH RECURSIVE stopped AS (
			SELECT id, state_at FROM mandates WHERE state NOT IN ('active', 'draft') UNION ALL SELECT m.id, s.state_at FROM mandates m JOIN stopped s ON m.parent_id = s.id)
		SELECT DISTINCT 'scenario ' || x.number FROM scenarios x JOIN stopped s ON s.id = x.mandate_id WHERE scenario_stands(x.id, @now::timestamptz)
		UNION ALL SELECT DISTINCT 'job ' || j.number FROM workspace_jobs j JOIN workspaces w ON w.id = j.workspace_id JOIN scenarios x ON x.id = w.scenario_id JOIN stopped s ON s.id = x.mandate_id
		WHERE j.state IN ('queued', 'vetting', 'running') AND s.state_at < @now::timestamptz - interval '1 hour'`},
	{id: "L9", says: "a mandate, a plan and an entry stand where their history ends, and no mandate outlives its term by more than an hour", query: `
		SELECT format('%s %s is %s, its history ends with %s', x.subject, x.number, x.state, e.state)
		FROM (SELECT 'plan' AS subject, id, number, state FROM mandate_plans UNION ALL SELECT 'mandate', id, number, state FROM mandates WHERE plan_id IS NOT NULL UNION ALL SELECT 'developer', id, number, state FROM developers) x
		LEFT JOIN LATERAL (SELECT state FROM operation_events e WHERE e.subject = x.subject AND e.case_id = x.id ORDER BY e.id DESC LIMIT 1) e ON true WHERE e.state IS DISTINCT FROM x.state
		UNION ALL SELECT format('mandate %s is %s since its term is over', number, state) FROM mandates WHERE state IN ('signed', 'active', 'suspended') AND until_at < @now::timestamptz - interval '1 hour'`},
	{id: "L9", says: "whoever holds what is suspended is who suspended it, or took it over, last", query: `
		SELECT format('%s %s is held by %s, its history says %s', x.what, x.number, x.holder, coalesce(x.side, 'nobody')) FROM (
			SELECT 'mandate' AS what, number, held_by AS holder, (SELECT side FROM operation_events e WHERE e.subject = 'mandate' AND e.case_id = m.id AND e.state = 'suspended' ORDER BY e.id DESC LIMIT 1) AS side FROM mandates m WHERE state = 'suspended' AND plan_id IS NOT NULL
			UNION ALL SELECT 'developer', number, held_by, (SELECT side FROM operation_events e WHERE e.subject = 'developer' AND e.case_id = d.id AND e.state = 'suspended' ORDER BY e.id DESC LIMIT 1) FROM developers d WHERE state = 'suspended'
			UNION ALL SELECT 'scenario', number, suspended_by, (SELECT side FROM scenario_events e WHERE e.scenario_id = s.id AND e.act IN ('suspend', 'take_over') ORDER BY e.number DESC LIMIT 1) FROM scenarios s WHERE state = 'suspended'
			UNION ALL SELECT 'workspace', number, frozen_by, (SELECT side FROM workspace_events e WHERE e.workspace_id = w.id AND e.state = 'frozen' ORDER BY e.id DESC LIMIT 1) FROM workspaces w WHERE state = 'frozen') x
		WHERE x.holder IS DISTINCT FROM x.side`},
	{id: "W4", says: "a workspace stands where its history ends", query: `
		SELECT format('workspace %s is %s, its history ends with %s', w.number, w.state, coalesce(e.state, 'nothing'))
		FROM workspaces w LEFT JOIN LATERAL (SELECT state FROM workspace_events WHERE workspace_id = w.id ORDER BY id DESC LIMIT 1) e ON true WHERE e.state IS DISTINCT FROM w.state`},
	{id: "L9", says: "people of a developer are those whom its entry named, or whom its operator confirmed last", query: `
		SELECT 'entry ' || d.number FROM developers d
		JOIN LATERAL (SELECT writes, releases FROM developer_people_changes c WHERE c.developer_id = d.id AND c.state = 'confirmed' ORDER BY c.id DESC LIMIT 1) c ON true
		WHERE c.writes IS DISTINCT FROM ARRAY(SELECT user_id FROM developer_people p WHERE p.developer_id = d.id AND p.writes ORDER BY 1)
		   OR c.releases IS DISTINCT FROM ARRAY(SELECT user_id FROM developer_people p WHERE p.developer_id = d.id AND p.releases ORDER BY 1)`},
	{id: "L9", says: "an operator won the tender by which it was chosen", query: `
		SELECT 'award of plan ' || p.number FROM mandate_awards a JOIN mandate_plans p ON p.id = a.plan_id
		WHERE a.tender <> '' AND NOT EXISTS (SELECT FROM tenders t JOIN tender_bids b ON b.tender_id = t.id AND b.state = 'won' WHERE t.number = a.tender AND t.kind = 'mandate' AND t.department_id = p.body_id AND b.organisation_id = a.winner_id)`},
	{id: "L6", says: "a grant of sharing is that of a request that was supplied: its department, entry and purpose, and nobody else's", query: `
		SELECT format('grant %s of request %s', g.id, g.request_id)
		FROM share_grants g JOIN share_requests r ON r.id = g.request_id
		WHERE g.department_id <> r.asker_id OR g.dataset_id IS DISTINCT FROM r.dataset_id OR g.purpose <> r.purpose OR g.kind <> r.kind
		   OR (g.ended_at IS NULL) <> (r.state IN ('supplied', 'flowing'))
		UNION ALL SELECT format('request %s has no grant', r.id) FROM share_requests r
		WHERE r.state IN ('supplied', 'flowing', 'expired', 'revoked', 'ended') AND NOT EXISTS (SELECT FROM share_grants g WHERE g.request_id = r.id)`},
	{id: "L6", says: "no grant of sharing outlives its last day", query: `
		SELECT format('grant %s until %s', id, last_day) FROM share_grants
		WHERE ended_at IS NULL AND ends_at < @now::timestamptz - interval '1 hour' OR ends_at <> (last_day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'`},
	{id: "L6", says: "a request for sharing stands where its history ends", query: `
		SELECT format('request %s is %s, its history ends with %s', r.id, r.state, coalesce(e.state, 'nothing'))
		FROM share_requests r LEFT JOIN LATERAL (SELECT state FROM share_events WHERE request_id = r.id ORDER BY number DESC LIMIT 1) e ON true
		WHERE e.state IS DISTINCT FROM r.state
		   OR (SELECT count(*) <> max(number) FROM share_events WHERE request_id = r.id)`},
	{id: "L6", says: "a clock runs for whoever must answer, negotiate or decide about sharing, and for nobody once it is over", query: `
		SELECT format('request %s (%s)', r.id, r.state) FROM share_requests r
		CROSS JOIN LATERAL (SELECT count(*) AS running FROM share_clocks WHERE request_id = r.id AND stopped_at IS NULL) c
		WHERE r.state IN ('received', 'accepted', 'negotiating', 'referred') AND c.running = 0
		   OR r.state NOT IN ('received', 'accepted', 'agreed', 'negotiating', 'referred') AND c.running > 0`},
	{id: "L6", says: "a refusal to share says why, and the authority its decision", query: `
		SELECT format('request %s (%s)', r.id, r.state) FROM share_requests r
		WHERE r.state IN ('refused', 'declined', 'upheld') AND r.words = ''
		   OR EXISTS (SELECT FROM share_events e WHERE e.request_id = r.id AND e.act IN ('refuse', 'keep_withheld', 'decline', 'order', 'uphold', 'revoke') AND e.words = '')`},
	{id: "I7", says: "every request for sharing was recorded when it was made", query: `
		SELECT 'request ' || r.id FROM share_requests r
		WHERE (SELECT count(*) FROM audit_entries WHERE subject = 'share-request' AND subject_id = r.id::text AND act = 'file') <> 1`},
	{id: "L8", says: "what was delivered under a grant that has ended is owed to be destroyed, and under no other", query: `
		SELECT 'grant ' || g.number FROM grants g LEFT JOIN use_destructions x ON x.grant_id = g.id
		WHERE CASE WHEN g.state IN ('active', 'suspended') THEN x.id IS NOT NULL
			ELSE x.id IS NULL AND g.state_at < @now::timestamptz - interval '1 hour' OR x.state = 'nothing' AND EXISTS (SELECT FROM acquisitions WHERE grant_id = g.id) END`},
	{id: "L8", says: "a certificate of destruction is what its digest says", query: `
		SELECT 'certificate ' || x.number FROM use_destructions x
		WHERE x.number IS NOT NULL AND x.sha256 <> encode(sha256(convert_to(x.body, 'UTF8')), 'hex')`},
	{id: "L8", says: "the platform suspends a grant for a report that it warned of, and lifts that with the report", query: `
		SELECT 'grant ' || g.number FROM grants g
		WHERE g.suspended_by = 'platform' AND NOT EXISTS (
			WITH RECURSIVE chain (id) AS (SELECT g.id UNION SELECT f.earlier_id FROM grant_follows f JOIN chain ON f.grant_id = chain.id)
			SELECT FROM use_reports r JOIN chain ON chain.id = r.grant_id WHERE r.state IN ('open', 'returned') AND r.suspended_at > r.warned_at)
		UNION ALL SELECT format('report %s of grant %s', r.number, g.number) FROM use_reports r JOIN grants g ON g.id = r.grant_id
		WHERE r.suspended_at IS NOT NULL AND r.state NOT IN ('open', 'returned')`},
	{id: "L8", says: "a report, a destruction and an audit stand where their history ends", query: `
		SELECT format('%s %s is %s, its history ends with %s', x.of, x.id, x.state, coalesce(e.state, 'nothing'))
		FROM (SELECT 'report' AS of, id, state FROM use_reports UNION ALL SELECT 'destruction', id, state FROM use_destructions UNION ALL SELECT 'audit', id, state FROM use_audits) x
		LEFT JOIN LATERAL (SELECT state FROM use_events WHERE of = x.of AND of_id = x.id ORDER BY id DESC LIMIT 1) e ON true
		WHERE x.state IS DISTINCT FROM e.state`},
	{id: "L8", says: "a draw audits what its seed draws, as many as its share, and nothing else", query: `
		SELECT 'draw ' || w.number FROM use_draws w
		WHERE w.drawn <> (SELECT array_agg(n ORDER BY n COLLATE "C") FROM (
			SELECT n FROM unnest(w.population) n ORDER BY encode(sha256(convert_to(w.seed || ' ' || n, 'UTF8')), 'hex') COLLATE "C", n COLLATE "C"
			LIMIT least(cardinality(w.population), greatest((cardinality(w.population) * w.percent + 99) / 100, w.least))) s)
		   OR w.drawn IS DISTINCT FROM (SELECT array_agg(g.number ORDER BY g.number COLLATE "C") FROM use_audits u JOIN grants g ON g.id = u.grant_id WHERE u.draw_id = w.id)`},
	{id: "I7", says: "every step of a report of use, a destruction and an audit was recorded", query: `
		SELECT format('%s %s', e.of, e.of_id) FROM use_events e
		GROUP BY e.of, e.of_id HAVING count(*) <> (SELECT count(*) FROM audit_entries WHERE subject = 'use-' || e.of AND subject_id = e.of_id::text)`},
	{id: "L5", says: "an entry is marked while objections to it are open, and by as many", query: `
		SELECT format('dataset %s: marked %s, open %s', d.slug, d.rechecks, n.open) FROM datasets d
		CROSS JOIN LATERAL (SELECT count(*) AS open FROM corrections c WHERE c.dataset_id = d.id AND c.outcome = '') n WHERE d.rechecks <> n.open`},
	{id: "L5", says: "what puts an objection right is of its entry, and was published after the objection came", query: `
		SELECT format('objection FH-%s', c.id) FROM corrections c
		LEFT JOIN versions v ON v.id = c.fix_version LEFT JOIN resources r ON r.id = v.resource_id
		LEFT JOIN dictionary_revisions x ON x.version_id = c.fix_version AND x.position = c.fix_position AND x.number = c.fix_revision
		LEFT JOIN catalogue_revisions e ON e.dataset_id = c.dataset_id AND e.number = c.fix_entry
		WHERE c.outcome = 'corrected' AND (coalesce(x.at, CASE WHEN c.fix_position IS NULL THEN v.published_at END, e.at) > c.received_at) IS NOT TRUE
		   OR r.dataset_id <> c.dataset_id`},
	{id: "L5", says: "the one extension of a re-check was given before its term had ended, by somebody else than asked for it", query: `
		SELECT format('objection FH-%s', c.id) FROM corrections c
		WHERE c.more_at IS NOT NULL AND ((c.more_at AT TIME ZONE 'Asia/Shanghai')::date > c.more_from OR c.more_by = c.ask_by OR c.more_days > c.ask_days
			OR (SELECT count(*) FROM correction_events w WHERE w.correction_id = c.id AND w.act = 'extend') <> 1)`},
	{id: "L5", says: "values that disagree are in a case about the entry", query: `
		SELECT format('objection FH-%s', c.id) FROM corrections c
		WHERE c.case_id IS NOT NULL AND NOT EXISTS (
			SELECT FROM source_case_entries x JOIN source_cases k ON k.id = x.case_id WHERE x.case_id = c.case_id AND x.dataset_id = c.dataset_id AND k.kind = 'inconsistency')`},
	{id: "L5", says: "an objection is about what its entry has", query: `
		SELECT format('objection FH-%s', c.id) FROM corrections c JOIN versions v ON v.id = c.version_id JOIN resources r ON r.id = v.resource_id
		LEFT JOIN version_tables t ON t.version_id = c.version_id AND t.position = c.position
		WHERE r.dataset_id <> c.dataset_id OR c.row_number > t.rows
		   OR c.column_name <> '' AND NOT EXISTS (SELECT FROM jsonb_array_elements(t.fields) f WHERE f ->> 'name' = c.column_name)`},
	{id: "L5", says: "whoever filed an objection is kept apart while it is open, and forgotten when it has been closed for long", query: `
		SELECT format('objection FH-%s', c.id) FROM corrections c LEFT JOIN correction_reporters w ON w.correction_id = c.id
		WHERE w.correction_id IS NOT NULL AND (c.erased_at IS NOT NULL OR c.closed_at < @now::timestamptz - interval '2 months')`},
	{id: "I7", says: "every step of an objection was recorded", query: `
		SELECT format('objection FH-%s: %s steps, %s acts', c.id, n.steps, acts.n) FROM corrections c
		CROSS JOIN LATERAL (SELECT count(*) AS steps FROM correction_events w WHERE w.correction_id = c.id) n
		CROSS JOIN LATERAL (SELECT count(*) AS n FROM audit_entries WHERE subject = 'correction' AND subject_id = c.id::text AND act <> 'erase') acts
		WHERE n.steps <> acts.n OR n.steps = 0`},

	{id: "L8", says: "a suspended organisation takes no data and signs no agreement until it is reinstated", query: `
		SELECT format('delivery %s under %s', q.id, g.number) FROM acquisitions q JOIN grants g ON g.id = q.grant_id JOIN organisations o ON o.id = g.organisation_id
		WHERE q.began_at > o.suspended_at + interval '1 minute'
		UNION ALL SELECT format('agreement %s of application %s', m.edition, a.number) FROM agreements m JOIN applications a ON a.id = m.application_id JOIN organisations o ON o.id = a.organisation_id
		WHERE m.user_at > o.suspended_at + interval '1 minute'`},
	{id: "I7", says: "an organisation is suspended, or is not, as the last act about it says", query: `
		SELECT format('organisation %s', o.id) FROM organisations o
		LEFT JOIN LATERAL (SELECT act FROM audit_entries WHERE subject = 'organisation' AND subject_id = o.id::text AND act IN ('organisation.suspended', 'organisation.reinstated') ORDER BY id DESC LIMIT 1) e ON true
		WHERE (o.suspended_at IS NOT NULL) <> (coalesce(e.act, '') = 'organisation.suspended')`},
	{id: "L8", says: "a grant that a breach case holds is not used, and no grant of sharing is halted without one", query: `
		SELECT format('breach %s', b.number) FROM breaches b LEFT JOIN grants g ON g.id = b.grant_id LEFT JOIN share_grants x ON x.id = b.share_grant_id
		WHERE b.holds AND (g.state = 'active' OR x.halted_at IS NULL AND x.ended_at IS NULL AND x.id IS NOT NULL)
		UNION ALL SELECT format('grant of sharing %s', x.id) FROM share_grants x WHERE x.halted_at IS NOT NULL AND x.ended_at IS NULL AND NOT EXISTS (SELECT FROM breaches b WHERE b.share_grant_id = x.id AND b.holds)`},
	{id: "L8", says: "a revocation that was decided and stands has ended its grant", query: `
		SELECT format('breach %s', b.number) FROM breaches b LEFT JOIN grants g ON g.id = b.grant_id LEFT JOIN share_grants x ON x.id = b.share_grant_id
		WHERE (b.state = 'revoked' OR b.state = 'upheld' AND b.outcome = 'revocation') AND (g.state IN ('active', 'suspended') OR x.id IS NOT NULL AND x.ended_at IS NULL)`},
	{id: "L8", says: "a breach case stands where its history ends", query: `
		SELECT format('breach %s is %s, its history ends with %s', b.number, b.state, coalesce(e.act, 'nothing')) FROM breaches b
		LEFT JOIN LATERAL (SELECT act FROM supervision_events WHERE subject = 'breach' AND case_id = b.id AND act NOT IN ('halt', 'refer') ORDER BY id DESC LIMIT 1) e ON true
		WHERE b.state <> CASE e.act WHEN 'report' THEN 'suspected' WHEN 'open' THEN 'hearing' WHEN 'dismiss' THEN 'dismissed' WHEN 'answer' THEN 'answered' WHEN 'clear' THEN 'cleared' WHEN 'warn' THEN 'warned' WHEN 'hold' THEN 'held'
			WHEN 'revoke' THEN 'revoking' WHEN 'dispute' THEN 'disputed' WHEN 'uphold' THEN 'upheld' WHEN 'overturn' THEN 'overturned' WHEN 'mend' THEN 'mended' WHEN 'enforce' THEN 'revoked' ELSE '' END`},
	{id: "L8", says: "nobody decided about the dispute of their own decision", query: `
		SELECT format('breach %s', b.number) FROM breaches b WHERE b.verdict_by = b.decided_by`},
	{id: "I7", says: "every step of a breach case was recorded", query: `
		SELECT format('breach %s: %s steps, %s acts', b.number, n.steps, acts.n) FROM breaches b
		CROSS JOIN LATERAL (SELECT count(*) AS steps FROM supervision_events e WHERE e.subject = 'breach' AND e.case_id = b.id) n
		CROSS JOIN LATERAL (SELECT count(*) AS n FROM audit_entries WHERE subject = 'breach' AND subject_id = b.number) acts
		WHERE n.steps <> acts.n OR n.steps = 0`},

	{id: "L9", says: "everybody who took an affected version was told before the incident was closed", query: `
		SELECT format('incident %s: user %s', i.number, a.user_id) FROM incidents i JOIN incident_versions x ON x.incident_id = i.id JOIN acquisitions a ON a.version_id = x.version_id
		WHERE i.state = 'closed' AND a.share_grant_id IS NULL AND a.began_at < i.ended_at - interval '1 minute' -- what began while it was being closed may be written down after
		  AND NOT EXISTS (SELECT FROM incident_people p WHERE p.incident_id = i.id AND p.user_id = a.user_id AND p.told_at <= i.ended_at)
		UNION SELECT format('incident %s: department %s', i.number, g.department_id) FROM incidents i JOIN incident_versions x ON x.incident_id = i.id JOIN acquisitions a ON a.version_id = x.version_id JOIN share_grants g ON g.id = a.share_grant_id
		WHERE i.state = 'closed' AND a.began_at < i.ended_at - interval '1 minute'
		  AND NOT EXISTS (SELECT FROM incident_bodies b WHERE b.incident_id = i.id AND b.department_id = g.department_id AND b.told_at <= i.ended_at)`},
	{id: "L9", says: "whoever was told of an incident was written to once", query: `
		SELECT format('incident %s: %s letters to one address', args ->> 'number', count(*)) FROM river_job
		WHERE kind = 'supervision_notice' AND args ->> 'of' = 'incident' AND args ->> 'act' = 'tell' GROUP BY args ->> 'number', args ->> 'to' HAVING count(*) > 1`},
	{id: "L9", says: "a closed incident was reported to whomever the text in force names", find: unreported},
	{id: "L9", says: "the records of deliveries that were put aside after an incident are as they were", query: `
		SELECT format('incident %s', i.number) FROM incidents i
		CROSS JOIN LATERAL (
			SELECT count(*) AS n, encode(sha256(convert_to(coalesce(string_agg(concat_ws('|', k.id, k.user_id, k.sha256, k.channel, extract(epoch FROM k.began_at)), E'\n' ORDER BY k.id), ''), 'UTF8')), 'hex') AS sha256
			FROM (SELECT a.* FROM acquisitions a JOIN incident_versions x ON x.version_id = a.version_id WHERE x.incident_id = i.id ORDER BY a.id LIMIT i.records_count) k) now
		WHERE i.records_sha256 <> '' AND (now.n <> i.records_count OR now.sha256 <> i.records_sha256)`},
	{id: "L9", says: "an incident stands where its history ends", query: `
		SELECT format('incident %s is %s, its history ends with %s', i.number, i.state, coalesce(e.act, 'nothing')) FROM incidents i
		LEFT JOIN LATERAL (SELECT act FROM supervision_events WHERE subject = 'incident' AND case_id = i.id AND act IN ('begin', 'contain', 'close', 'void') ORDER BY id DESC LIMIT 1) e ON true
		WHERE i.state <> CASE e.act WHEN 'begin' THEN 'open' WHEN 'contain' THEN 'contained' WHEN 'close' THEN 'closed' WHEN 'void' THEN 'void' ELSE '' END`},
	{id: "I7", says: "every step of an incident was recorded", query: `
		SELECT format('incident %s: %s steps, %s acts', i.number, n.steps, acts.n) FROM incidents i
		CROSS JOIN LATERAL (SELECT count(*) AS steps FROM supervision_events e WHERE e.subject = 'incident' AND e.case_id = i.id) n
		CROSS JOIN LATERAL (SELECT count(*) AS n FROM audit_entries WHERE subject = 'incident' AND subject_id = i.number) acts
		WHERE n.steps <> acts.n OR n.steps = 0`},

	{id: "L10", says: "a rectification order stands where its history ends", query: `
		SELECT format('order %s is %s, its history ends with %s', o.number, o.state, coalesce(e.act, 'nothing')) FROM rectification_orders o
		LEFT JOIN LATERAL (SELECT act FROM supervision_events WHERE subject = 'order' AND case_id = o.id AND act NOT IN ('ask', 'extend', 'refuse') ORDER BY id DESC LIMIT 1) e ON true
		WHERE o.state <> CASE e.act WHEN 'issue' THEN 'issued' WHEN 'answer' THEN 'answered' WHEN 'want' THEN 'wanting' WHEN 'close' THEN 'closed' WHEN 'withdraw' THEN 'withdrawn' ELSE '' END`},
	{id: "L10", says: "of an order the clock of whoever's turn it is runs, and nobody else's", query: `
		SELECT format('order %s (%s)', o.number, o.state) FROM rectification_orders o
		WHERE (o.state = 'answered') <> (o.check_from IS NOT NULL) OR o.check_from <> o.answered_at
		   OR o.state = 'issued' AND o.due_from < o.issued_at OR o.state = 'wanting' AND o.due_from < o.found_at
		   OR o.more_days > 0 AND (o.found_at IS NULL OR o.more_at > o.found_at) AND o.due_given <> o.more_days`},
	{id: "L10", says: "an order is closed after an answer, or taken back with a reason", query: `
		SELECT format('order %s', o.number) FROM rectification_orders o
		WHERE o.state = 'closed' AND (o.answered_at IS NULL OR o.answered_at > o.ended_at OR o.finding = '' OR NOT EXISTS (SELECT FROM supervision_events e WHERE e.subject = 'order' AND e.case_id = o.id AND e.act = 'answer'))
		   OR o.state = 'withdrawn' AND o.finding = ''`},
	{id: "L10", says: "an answer to a rectification order shows something", query: `
		SELECT format('order %s', o.number) FROM rectification_orders o
		WHERE o.answered_at IS NOT NULL AND o.evidence = '' AND cardinality(o.links) = 0
		  AND NOT EXISTS (SELECT FROM case_papers p WHERE p.kind = 'order' AND p.case_id = o.id AND p.frozen_at = o.answered_at)`},
	{id: "I10", says: "a file of a rectification order is of one that there is and of its department, and what was not handed in is of an answer that is owed", query: `
		SELECT format('paper %s of order %s', p.id, coalesce(o.number, p.case_id::text)) FROM case_papers p LEFT JOIN rectification_orders o ON o.id = p.case_id
		WHERE p.kind = 'order' AND (o.id IS NULL OR p.department_id IS DISTINCT FROM o.department_id OR p.frozen_at IS NULL AND o.state NOT IN ('issued', 'wanting')
		   OR p.frozen_at IS NOT NULL AND NOT EXISTS (SELECT FROM supervision_events e WHERE e.subject = 'order' AND e.case_id = o.id AND e.act = 'answer' AND e.at BETWEEN p.frozen_at AND p.frozen_at + interval '1 minute'))`},
	{id: "L10", says: "more time was asked for once, and given by another and no more than was asked for", query: `
		SELECT format('order %s', o.number) FROM rectification_orders o
		WHERE o.more_days > o.asked_days OR o.more_by = o.asked_by
		   OR (SELECT count(*) FROM supervision_events e WHERE e.subject = 'order' AND e.case_id = o.id AND e.act = 'ask') > 1`},
	{id: "L10", says: "who ordered something put right did not put it right, nor order it of their own department", query: `
		SELECT format('order %s', o.number) FROM rectification_orders o WHERE o.issued_by = o.answered_by OR o.found_by = o.answered_by OR o.issuer_id = o.department_id`},
	{id: "I7", says: "every step of a rectification order was recorded", query: `
		SELECT format('order %s: %s steps, %s acts', o.number, n.steps, acts.n) FROM rectification_orders o
		CROSS JOIN LATERAL (SELECT count(*) AS steps FROM supervision_events e WHERE e.subject = 'order' AND e.case_id = o.id) n
		CROSS JOIN LATERAL (SELECT count(*) AS n FROM audit_entries WHERE subject = 'order' AND subject_id = o.number) acts
		WHERE n.steps <> acts.n OR n.steps = 0`},

	{id: "W1", says: "a workspace mounts what a grant of its own scenario gives, and no column more", query: `
		SELECT format('mount %s of workspace %s', m.id, w.number) FROM workspace_mounts m JOIN workspaces w ON w.id = m.workspace_id
		LEFT JOIN scenario_grants g ON g.id = m.grant_id LEFT JOIN scenario_contracts c ON c.id = g.contract_id LEFT JOIN versions v ON v.id = m.version_id
		WHERE c.scenario_id IS DISTINCT FROM w.scenario_id OR v.resource_id IS DISTINCT FROM g.resource_id OR m.rows_where <> g.rows_where
		   OR EXISTS (SELECT FROM jsonb_array_elements(m.columns) x WHERE NOT x ->> 'Name' = ANY (g.columns) OR g.uses ->> (x ->> 'Name') IS DISTINCT FROM x ->> 'Use')`},
	{id: "W1", says: "what a job read had been acquired, by the path that serves it, before the job ran", query: `
		SELECT format('job %s, mount %s', j.number, m.name) FROM workspace_job_mounts i JOIN workspace_jobs j ON j.id = i.job_id JOIN workspace_mounts m ON m.id = i.mount_id
		LEFT JOIN acquisitions a ON a.id = m.acquisition_id LEFT JOIN acquisition_ends e ON e.acquisition_id = a.id AND e.whole
		WHERE e.ended_at IS NULL OR e.ended_at > j.started_at OR a.workspace_id <> j.workspace_id OR a.version_id <> m.version_id OR a.scenario_grant_id <> m.grant_id OR m.workspace_id <> j.workspace_id`},
	{id: "W2", says: "two people let a result out, neither who asked nor of that organisation", query: `
		SELECT format('review %s', r.number) FROM output_reviews r JOIN workspaces w ON w.id = r.workspace_id
		WHERE r.state = 'released' AND (r.second_by IS NULL OR r.first_by = r.second_by OR r.asked_by IN (r.first_by, r.second_by))
		   OR EXISTS (SELECT FROM organisation_members m WHERE m.organisation_id = w.organisation_id AND m.user_id IN (r.first_by, r.second_by))`},
	{id: "W2", says: "a result that the rules refused never left", query: `
		SELECT format('release %s', x.number) FROM releases x WHERE EXISTS (SELECT FROM output_reviews r WHERE r.job_id = x.job_id AND r.state = 'auto_rejected')`},
	{id: "W3", says: "what left a workspace is what was released, and nothing else", query: `
		SELECT format('release %s', x.number) FROM releases x LEFT JOIN output_reviews r ON r.id = x.review_id
		WHERE (r.state, r.job_id, r.workspace_id, r.sha256) IS DISTINCT FROM ('released', x.job_id, x.workspace_id, x.sha256)
		UNION ALL SELECT format('review %s', r.number) FROM output_reviews r WHERE r.state = 'released' AND NOT EXISTS (SELECT FROM releases x WHERE x.review_id = r.id)
		UNION ALL SELECT format('download %s', d.id) FROM release_downloads d WHERE NOT EXISTS (SELECT FROM release_files f WHERE f.release_id = d.release_id AND f.form = d.form AND f.sha256 = d.sha256)
		UNION ALL SELECT format('file %s of release %s', f.form, f.release_id) FROM release_files f WHERE encode(sha256(f.body), 'hex') <> f.sha256`},
	{id: "W3", says: "a released result names the acquisition of every mount that its job read, and no other", query: `
		SELECT format('release %s', x.number) FROM releases x
		WHERE (SELECT array_agg(DISTINCT i.acquisition_id ORDER BY i.acquisition_id) FROM release_inputs i WHERE i.release_id = x.id)
			IS DISTINCT FROM (SELECT array_agg(DISTINCT m.acquisition_id ORDER BY m.acquisition_id) FROM workspace_job_mounts i JOIN workspace_mounts m ON m.id = i.mount_id WHERE i.job_id = x.job_id)`},
	{id: "W4", says: "of a destroyed workspace no key, mount or held result is left, and a certificate says what was", query: `
		SELECT format('workspace %s', w.number) FROM workspaces w LEFT JOIN workspace_destructions d ON d.workspace_id = w.id
		WHERE w.state = 'destroyed' AND (d.workspace_id IS NULL OR w.wrapped_key IS NOT NULL OR encode(sha256(convert_to(d.body, 'UTF8')), 'hex') <> d.sha256
			OR EXISTS (SELECT FROM workspace_results x JOIN workspace_jobs j ON j.id = x.job_id WHERE j.workspace_id = w.id) OR EXISTS (SELECT FROM output_reviews r WHERE r.workspace_id = w.id AND r.box IS NOT NULL)
			OR EXISTS (SELECT FROM workspace_mounts m WHERE m.workspace_id = w.id AND m.state IN ('ready', 'waiting')) OR EXISTS (SELECT FROM workspace_jobs j WHERE j.workspace_id = w.id AND j.ended_at IS NULL))`},
	{id: "W5", says: "a result is held of every job that gave one, until its workspace is destroyed", query: `
		SELECT format('job %s', j.number) FROM workspace_jobs j JOIN workspaces w ON w.id = j.workspace_id LEFT JOIN workspace_results x ON x.job_id = j.id
		WHERE w.state <> 'destroyed' AND (j.state = 'succeeded' AND j.kind <> 'sample') <> (x.job_id IS NOT NULL) OR x.sha256 <> j.sha256`},
	{id: "W6", says: "what a job took was measured once", query: `
		SELECT format('job %s', j.number) FROM workspace_jobs j
		WHERE j.started_at IS NOT NULL AND j.ended_at IS NOT NULL AND j.runner = '' AND j.state <> 'killed'
		  AND NOT EXISTS (SELECT FROM usage_events u WHERE u.source = 'workspace' AND u.event_id = j.number || ':cpu_ms' AND u.quantity = j.cpu_ms)`},
	{id: "W6", says: "what was measured is of a job, a mount or a release that is there, in its workspace", query: `
		SELECT format('usage event %s', u.event_id) FROM usage_events u
		WHERE u.source = 'workspace' AND NOT CASE
			WHEN u.event_id LIKE 'ZY-%' THEN EXISTS (SELECT FROM workspace_jobs j WHERE j.number = split_part(u.event_id, ':', 1) AND j.workspace_id = u.workspace_id AND u.dims ->> 'job' = j.number)
				AND (u.meter <> 'rows_read' OR EXISTS (SELECT FROM workspace_job_mounts i JOIN workspace_mounts m ON m.id = i.mount_id JOIN workspace_jobs j ON j.id = i.job_id WHERE j.number = u.dims ->> 'job' AND m.name = u.dims ->> 'mount' AND i.rows_read = u.quantity))
			WHEN u.event_id LIKE 'FC-%' THEN EXISTS (SELECT FROM releases x WHERE x.number = split_part(u.event_id, ':', 1) AND x.workspace_id = u.workspace_id AND x.cells = u.quantity)
			WHEN u.event_id LIKE 'mount-%' THEN EXISTS (SELECT FROM workspace_mounts m WHERE 'mount-' || m.id = split_part(u.event_id, ':', 1) AND m.workspace_id = u.workspace_id)
			ELSE false END`},
	{id: "W4", says: engineFolder, find: leftByJobs},
	{id: "W4", says: "a workspace is closed when what it stands on has been over for long", query: `
		SELECT format('workspace %s', w.number) FROM workspaces w JOIN scenarios s ON s.id = w.scenario_id
		WHERE w.state IN ('provisioning', 'ready', 'frozen') AND (s.state IN ('expired', 'terminated', 'surrendered', 'closed') AND s.state_at < @now::timestamptz - interval '1 month'
			OR EXISTS (SELECT FROM mandates m WHERE m.id = s.mandate_id AND m.state IN ('revoked', 'surrendered', 'expired', 'closed') AND m.state_at < @now::timestamptz - interval '1 month'))`},
	{id: "I17", says: "no job of a workspace is said to run that has run longer than it may", query: `
		SELECT format('job %s (%s)', j.number, j.state) FROM workspace_jobs j JOIN workspaces w ON w.id = j.workspace_id
		WHERE j.state IN ('vetting', 'running') AND j.state_at < @now::timestamptz - make_interval(secs => w.wall_seconds + 600)`},
	{id: "I25", says: "no bid can be read before its opening, nor can the key of the bids", query: `
		SELECT format('bid %s of %s', b.id, t.number) FROM tender_bids b JOIN tenders t ON t.id = b.tender_id
		WHERE (b.nonce IS NOT NULL OR b.canonical IS NOT NULL OR b.amount_minor IS NOT NULL) AND (b.revealed_at IS NULL OR b.round = t.round AND (t.opened_at IS NULL OR b.revealed_at < t.opening_at OR b.revealed_at < t.opened_at))
		   OR b.locked IS NOT NULL AND substr(b.locked, 1, 21) <> 'age-encryption.org/v1'::bytea
		UNION ALL SELECT format('key of %s', t.number) FROM tenders t WHERE position('AGE-SECRET-KEY'::bytea IN t.key_locked) > 0 OR t.key_locked IS NOT NULL AND t.state NOT IN ('announced', 'open', 'closed')`},
	{id: "I25", says: "a bid that was revealed is the one that was sealed", query: `
		SELECT format('bid %s of %s', b.id, t.number) FROM tender_bids b JOIN tenders t ON t.id = b.tender_id
		WHERE b.nonce IS NOT NULL AND (encode(sha256(convert_to(b.nonce || b.canonical, 'UTF8')), 'hex') <> b.commitment OR b.canonical NOT LIKE 'shuyuan bid 1' || E'\n' || 'tender ' || t.number || E'\n' || 'bidder ' || b.code || E'\n' || 'amount ' || coalesce(b.amount_minor::text, '-') || E'\n\n%')`},
	{id: "I25", says: "no bid was taken before its time or late", query: `
		SELECT format('bid %s of %s', b.id, t.number) FROM tender_bids b JOIN tenders t ON t.id = b.tender_id WHERE b.round = t.round AND (b.sealed_at < t.opens OR b.sealed_at >= t.closes)`},
	{id: "I24", says: "a confirmed tender has one winner, the first in rank, and no other has any", query: `
		SELECT format('tender %s (%s): %s winners', t.number, t.state, n.won) FROM tenders t
		CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE b.state = 'won') AS won, count(*) FILTER (WHERE b.state = 'won' AND b.rank = 1 AND b.nonce IS NOT NULL) AS first FROM tender_bids b WHERE b.tender_id = t.id) n
		WHERE t.state IN ('confirmed', 'contracted') AND (n.won <> 1 OR n.first <> 1) OR t.confirmed_at IS NULL AND n.won > 0`},
	{id: "I24", says: "an award was confirmed with no challenge of it left unanswered", query: `
		SELECT format('tender %s', t.number) FROM tenders t JOIN tender_challenges c ON c.tender_id = t.id WHERE t.state IN ('confirmed', 'contracted') AND c.upheld IS NULL`},
	{id: "I24", says: "an application that a tender decided was won by whoever won the tender", query: `
		SELECT format('application %s by %s', a.number, t.number) FROM application_tenders x JOIN tenders t ON t.id = x.tender_id JOIN applications a ON a.id = x.application_id LEFT JOIN tender_bids b ON b.tender_id = t.id AND b.state = 'won'
		WHERE a.award ->> 'notice' = t.number AND (a.award ->> 'won')::boolean IS DISTINCT FROM coalesce(a.organisation_id = b.organisation_id, false)`},
	{id: "I24", says: "the weights of a tender that was announced add up to 100", query: `
		SELECT format('tender %s: %s', t.number, n.sum) FROM tenders t CROSS JOIN LATERAL (SELECT coalesce(sum(weight), 0) AS sum FROM tender_criteria c WHERE c.tender_id = t.id) n WHERE t.announced_at IS NOT NULL AND n.sum <> 100`},
	{id: "I24", says: "nobody scored who was of a bidder, was taken off the panel or had not declared", query: `
		SELECT DISTINCT format('user %s in tender %s', s.user_id, t.number) FROM tender_scores s JOIN tender_bids b ON b.id = s.bid_id JOIN tenders t ON t.id = b.tender_id LEFT JOIN tender_panel m ON m.tender_id = t.id AND m.user_id = s.user_id
		WHERE m.declared_at IS NULL OR m.declared_at > s.at OR m.struck_at <= s.at
		   OR EXISTS (SELECT FROM organisation_members o JOIN tender_bids x ON x.organisation_id = o.organisation_id WHERE x.tender_id = t.id AND x.round = b.round AND x.state <> 'withdrawn' AND o.user_id = s.user_id AND o.joined_at <= s.at)`},
	{id: "I7", says: "every step of a tender was recorded", query: `
		SELECT format('tender %s: %s steps, %s acts', t.number, n.steps, acts.n) FROM tenders t
		CROSS JOIN LATERAL (SELECT count(*) AS steps FROM tender_events e WHERE e.tender_id = t.id) n
		CROSS JOIN LATERAL (SELECT count(*) AS n FROM audit_entries WHERE subject = 'tender' AND subject_id = t.number AND act NOT IN ('write', 'rewrite', 'declare', 'score')) acts
		WHERE n.steps <> acts.n`},
	{id: "I9", says: "the public log is the tree of its leaves, and every checkpoint has the root of its first ones", find: logTree},
	{id: "I9", says: "every checkpoint of the public log is signed with a key that was valid", find: logSignatures},
	{id: "I9", says: "the time of the leaves of the public log does not go back, and is what they say", query: `
		SELECT 'leaf ' || seq FROM (SELECT seq, at, kind, entry, lag(at) OVER (ORDER BY seq) AS before FROM log_leaves) l
		WHERE at < before OR (convert_from(entry, 'UTF8')::jsonb ->> 'time')::timestamptz <> at OR convert_from(entry, 'UTF8')::jsonb ->> 'kind' <> kind`},
	{id: "I8", says: "every key and every revocation stands in the public log as in the list, and no other", query: `
		SELECT 'key ' || coalesce(k.id, 'of leaf ' || l.seq) FROM signing_keys k FULL JOIN (SELECT * FROM log_leaves WHERE kind = 'key') l ON l.seq = k.leaf
		WHERE k.id IS NULL OR l.seq IS NULL OR convert_from(l.entry, 'UTF8')::jsonb -> 'body' @> jsonb_build_object('key', k.id, 'purpose', k.purpose, 'by', k.signed_by,
			'public', encode(k.public, 'hex'), 'statement', encode(sha256(k.payload), 'hex'), 'signature', encode(k.signature, 'hex')) IS NOT TRUE
		UNION ALL
		SELECT 'revocation of ' || coalesce(v.key_id, 'leaf ' || l.seq) FROM signing_revocations v FULL JOIN (SELECT * FROM log_leaves WHERE kind = 'revocation' AND convert_from(entry, 'UTF8')::jsonb #>> '{body,purpose}' IS DISTINCT FROM 'developer') l ON l.seq = v.leaf
		WHERE v.key_id IS NULL OR l.seq IS NULL OR convert_from(l.entry, 'UTF8')::jsonb -> 'body' @> jsonb_build_object('key', v.key_id, 'reason', v.reason) IS NOT TRUE
			OR (convert_from(l.entry, 'UTF8')::jsonb -> 'body' ->> 'compromised')::timestamptz <> v.compromised_at`},
	{id: "I41", says: "no leaf of the public log holds what could be a name", query: `
		SELECT 'leaf ' || seq FROM log_leaves WHERE convert_from(entry, 'UTF8') !~ '^[!-~]*$' OR EXISTS (
			SELECT FROM jsonb_object_keys(convert_from(entry, 'UTF8')::jsonb -> 'body') n
			WHERE n NOT IN ('statement', 'product', 'version', 'content', 'artefacts', 'key', 'certificate', 'supersedes', 'reason', 'state', 'until', 'purpose', 'public', 'from', 'by', 'signature', 'compromised', 'commitment', 'holder'))`},
	{id: "I39", says: "what is in the public log is in a checkpoint before long", query: `
		SELECT 'leaf ' || seq FROM log_leaves WHERE seq >= (SELECT coalesce(max(size), 0) FROM log_checkpoints) AND at < @now::timestamptz - interval '1 hour' AND EXISTS (SELECT FROM log_checkpoints) LIMIT 20`},
}, slices.Concat(productRules, registrationRules, listingRules, receiptRules, ledgerRules, bankRules)...)
