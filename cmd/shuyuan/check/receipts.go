package check

// receiptRules are the invariants of certificates of download.
var receiptRules = []rule{
	{id: "P6", says: "a certificate of download is of the very bytes of its version, and is what was signed", query: `
		SELECT format('certificate %s', r.number) FROM download_receipts r JOIN versions v ON v.id = r.version_id LEFT JOIN renditions x ON x.version_id = r.version_id AND x.position = r.position AND x.kind = r.kind
		WHERE r.digest <> encode(sha256(r.statement), 'hex') OR convert_from(r.statement, 'UTF8')::jsonb #>> '{predicate,receipt}' IS DISTINCT FROM r.number
		   OR convert_from(r.statement, 'UTF8')::jsonb #>> '{subject,0,digest,sha256}' IS DISTINCT FROM r.sha256 OR (convert_from(r.statement, 'UTF8')::jsonb #>> '{predicate,issuedAt}')::timestamptz IS DISTINCT FROM r.issued_at
		   OR r.sha256 IS DISTINCT FROM CASE r.kind WHEN '' THEN v.sha256 ELSE x.sha256 END OR r.issued_at < v.published_at`},
}
