package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace/disclosure"
)

func errNoJob() error { return fault.New(fault.NotFound, "没有这个作业。") }

func insertJob(ctx context.Context, tx pgx.Tx, j *Job) error {
	parameters, err := json.Marshal(append(j.Parameters[:0:0], j.Parameters...))
	if err != nil {
		return err
	}
	if j.Parameters == nil {
		parameters = []byte("[]")
	}
	if j.Given == nil {
		j.Given = map[string]string{}
	}
	err = tx.QueryRow(ctx, `
		INSERT INTO workspace_jobs (number, workspace_id, kind, algorithm_id, name, sql, parameters, given, state, state_at, asked_by, asked_name, key_prefix, asked_at, sent)
		VALUES (@number, @workspace, @kind, nullif(@algorithm, 0), @name, @sql, @parameters, @given, 'queued', @at, @by, @byname, @key, @at, nullif(@sent, '')) RETURNING id, revision`,
		pgx.NamedArgs{"number": j.Number, "workspace": j.workspace, "kind": j.Kind, "algorithm": j.algorithm, "name": j.Name, "sql": j.SQL, "parameters": string(parameters), "given": j.Given, "at": j.AskedAt,
			"by": j.askedBy, "byname": j.AskedBy, "key": j.key, "sent": j.sent}).Scan(&j.ID, &j.Revision)
	if err != nil {
		return fmt.Errorf("insert job: %w", err)
	}
	return nil
}

const jobColumns = `j.id, j.number, j.workspace_id, w.number, j.kind, coalesce(a.number, ''), coalesce(j.algorithm_id, 0), j.name, j.sql, j.parameters, j.given, j.state, j.state_at, j.words, j.findings, j.asked_by, j.asked_name, j.key_prefix, j.asked_at,
	j.started_at, j.ended_at, j.percent, j.read_rows, j.of_rows, j.code_digest, j.tree_digest, j.engine, j.log_digest, j.cpu_ms, j.wall_ms, j.memory_bytes, j.columns, j.rows_out, j.sha256, j.sample, j.stop_as, j.stop_words, j.revision,
	r.number, r.state, x.number, x.rows_out,
	coalesce((SELECT jsonb_agg(jsonb_build_object('Mount', n.id, 'Name', n.name, 'Number', v.number, 'Rows', i.rows_read, 'Whole', coalesce((n.prepared -> 'Statistics' ->> 'Rows')::bigint, 0), 'Acquisition', n.acquisition_id, 'Acquired', e.ended_at) ORDER BY n.name)
		FROM workspace_job_mounts i JOIN workspace_mounts n ON n.id = i.mount_id JOIN versions v ON v.id = n.version_id LEFT JOIN acquisition_ends e ON e.acquisition_id = n.acquisition_id WHERE i.job_id = j.id), '[]')`

const jobTables = ` FROM workspace_jobs j JOIN workspaces w ON w.id = j.workspace_id LEFT JOIN workspace_algorithms a ON a.id = j.algorithm_id
	LEFT JOIN LATERAL (SELECT * FROM output_reviews r WHERE r.job_id = j.id ORDER BY r.id DESC LIMIT 1) r ON true LEFT JOIN releases x ON x.review_id = r.id `

func selectJobs(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Job, error) {
	rows, err := q.Query(ctx, `SELECT `+jobColumns+jobTables+`WHERE `+where+` ORDER BY j.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	return pgx.CollectRows(rows, scanJob)
}

func scanJob(row pgx.CollectableRow) (j Job, err error) {
	var parameters, words, findings, columns, sample, stopWords []byte
	var cpu, wall int64
	var percent float32
	var review, release *string
	var reviewState *ReviewState
	var left *int64
	if err = row.Scan(&j.ID, &j.Number, &j.workspace, &j.Workspace, &j.Kind, &j.Algorithm, &j.algorithm, &j.Name, &j.SQL, &parameters, &j.Given, &j.State, &j.StateAt, &words, &findings, &j.askedBy, &j.AskedBy, &j.key, &j.AskedAt,
		&j.Started, &j.Ended, &percent, &j.Read, &j.Of, &j.CodeDigest, &j.TreeDigest, &j.Engine, &j.LogDigest, &cpu, &wall, &j.Memory, &columns, &j.Rows, &j.SHA256, &sample, &j.stopAs, &stopWords, &j.Revision,
		&review, &reviewState, &release, &left, &j.Inputs); err != nil {
		return j, err
	}
	j.Sized = true
	j.Percent, j.CPU, j.Wall = float64(percent), time.Duration(cpu)*time.Millisecond, time.Duration(wall)*time.Millisecond
	if review != nil {
		j.Review = &Reviewed{Number: *review, State: *reviewState}
		if release != nil {
			j.Review.Release, j.Review.Rows = *release, *left
		}
	}
	err = errors.Join(json.Unmarshal(parameters, &j.Parameters), json.Unmarshal(words, &j.Words), json.Unmarshal(findings, &j.Findings), json.Unmarshal(columns, &j.Columns), json.Unmarshal(stopWords, &j.stopWords))
	if sample != nil {
		var box struct{ Table []byte }
		if err = errors.Join(err, json.Unmarshal(sample, &box)); err == nil {
			var t disclosure.Table
			t, err = unpackTable(box.Table)
			j.Sample = &t
		}
	}
	return j, err
}

func lockJob(ctx context.Context, tx pgx.Tx, workspace int64, number string) (*Job, error) {
	var id int64
	err := tx.QueryRow(ctx, `SELECT id FROM workspace_jobs WHERE number = $1 AND workspace_id = $2 FOR UPDATE`, number, workspace).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errNoJob()
	}
	if err != nil {
		return nil, err
	}
	return jobByID(ctx, tx, id)
}

func jobByID(ctx context.Context, q database.Querier, id int64) (*Job, error) {
	found, err := selectJobs(ctx, q, `j.id = @id`, pgx.NamedArgs{"id": id, "limit": 1})
	if err == nil && len(found) == 0 {
		err = errNoJob()
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

// saveJob writes how a job stands; runner is who works it, empty where nobody does.
func saveJob(ctx context.Context, tx pgx.Tx, j *Job, runner string) error {
	text := func(v any) string {
		out, err := json.Marshal(v)
		if err != nil || string(out) == "null" {
			return "[]"
		}
		return string(out)
	}
	var sample *string
	if j.Sample != nil {
		packed, err := packTable(*j.Sample)
		if err != nil {
			return err
		}
		boxed, err := json.Marshal(struct{ Table []byte }{packed})
		if err != nil {
			return err
		}
		one := string(boxed)
		sample = &one
	}
	err := tx.QueryRow(ctx, `
		UPDATE workspace_jobs SET state = @state, state_at = @at, words = @words, findings = @findings, runner = @runner, started_at = @started, ended_at = @ended, percent = @percent, read_rows = @read, of_rows = @of,
			code_digest = @code, tree_digest = @tree, engine = @engine, log_digest = @log, cpu_ms = @cpu, wall_ms = @wall, memory_bytes = @memory, columns = @columns, rows_out = @rows, sha256 = @sha256, sample = @sample, revision = revision + 1
		WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": j.ID, "state": j.State, "at": j.StateAt, "words": text(j.Words), "findings": text(j.Findings), "runner": runner, "started": j.Started, "ended": j.Ended, "percent": j.Percent, "read": j.Read, "of": j.Of,
			"code": j.CodeDigest, "tree": j.TreeDigest, "engine": j.Engine, "log": j.LogDigest, "cpu": j.CPU.Milliseconds(), "wall": j.Wall.Milliseconds(), "memory": j.Memory, "columns": text(j.Columns), "rows": j.Rows, "sha256": j.SHA256, "sample": sample}).Scan(&j.Revision)
	if err != nil {
		return fmt.Errorf("save job %s: %w", j.Number, err)
	}
	return nil
}

// selectLoad is the processor time that a workspace has taken since from, and how
// many of its jobs wait.
func selectLoad(ctx context.Context, q database.Querier, workspace int64, from time.Time) (used time.Duration, waiting int, err error) {
	var ms int64
	err = q.QueryRow(ctx, `SELECT coalesce((SELECT sum(usage_counted(meter, quantity, dims)) FROM usage_events WHERE workspace_id = $1 AND meter = 'cpu_ms' AND at >= $2), 0)::bigint,
		(SELECT count(*) FROM workspace_jobs WHERE workspace_id = $1 AND state = 'queued')`, workspace, from).Scan(&ms, &waiting)
	return time.Duration(ms) * time.Millisecond, waiting, err
}

// selectFailed is how many jobs of a scenario failed on data since from.
func selectFailed(ctx context.Context, q database.Querier, scenario int64, from time.Time) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM workspace_jobs j JOIN workspaces w ON w.id = j.workspace_id WHERE w.scenario_id = $1 AND j.kind <> 'sample' AND j.state IN ('failed', 'timed_out') AND j.ended_at >= $2`, scenario, from).Scan(&n)
	return n, err
}

func askToStop(ctx context.Context, tx pgx.Tx, id int64, as JobState, words []Words) error {
	text, err := json.Marshal(words)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE workspace_jobs SET stop_as = $2, stop_words = $3 WHERE id = $1 AND stop_as = ''`, id, as, string(text))
	return err
}

// stopJobs lets whoever runs jobs of a workspace stop them, and ends those that wait.
func stopJobs(ctx context.Context, tx pgx.Tx, workspace int64, why *fault.Fault, at time.Time) error {
	rows, err := tx.Query(ctx, `SELECT id FROM workspace_jobs WHERE workspace_id = $1 AND state IN ('queued', 'vetting', 'running') ORDER BY id FOR UPDATE`, workspace)
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	for _, id := range ids {
		words := wordsOf(why)
		if err := askToStop(ctx, tx, id, Killed, words); err != nil {
			return err
		}
		j, err := jobByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if j.State != Queued {
			continue
		}
		j.State, j.StateAt, j.Ended, j.Words = Killed, at, &at, words
		if err := saveJob(ctx, tx, j, ""); err != nil {
			return err
		}
		if err := writeLog(ctx, tx, id, at, string(Killed), said(words)); err != nil {
			return err
		}
	}
	return nil
}

// writeLog adds a line to the log of a job, hashed with the line before.
func writeLog(ctx context.Context, tx pgx.Tx, job int64, at time.Time, act string, details map[string]string) error {
	var line int
	var before string
	if err := tx.QueryRow(ctx, `SELECT coalesce(max(line), 0), coalesce((SELECT hash FROM workspace_job_log WHERE job_id = $1 ORDER BY line DESC LIMIT 1), '') FROM workspace_job_log WHERE job_id = $1`, job).Scan(&line, &before); err != nil {
		return fmt.Errorf("log of a job: %w", err)
	}
	if details == nil {
		details = map[string]string{}
	}
	l := LogLine{Line: line + 1, At: at, Act: act, Details: details}
	l.Hash = l.chained(before)
	_, err := tx.Exec(ctx, `INSERT INTO workspace_job_log (job_id, line, at, act, details, hash) VALUES ($1, $2, $3, $4, $5, $6)`, job, l.Line, at, act, details, l.Hash)
	if err != nil {
		return fmt.Errorf("log of a job: %w", err)
	}
	return nil
}

// chained is the hash of the line after one with the hash before.
func (l LogLine) chained(before string) string {
	details, _ := json.Marshal(l.Details) // texts by sorted keys
	return digest(fmt.Appendf(nil, "%s\n%d\n%s\n%s\n%s", before, l.Line, l.At.UTC().Format(time.RFC3339Nano), l.Act, details))
}

// Unbroken reports whether the lines follow from one another.
func Unbroken(log []LogLine) bool {
	before := ""
	for i, l := range log {
		if l.Line != i+1 || l.chained(before) != l.Hash {
			return false
		}
		before = l.Hash
	}
	return true
}

// Log is the log of a job.
func selectLog(ctx context.Context, q database.Querier, job int64) ([]LogLine, error) {
	rows, err := q.Query(ctx, `SELECT line, at, act, details, hash FROM workspace_job_log WHERE job_id = $1 ORDER BY line`, job)
	if err != nil {
		return nil, fmt.Errorf("log of a job: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[LogLine])
}

func insertInputs(ctx context.Context, tx pgx.Tx, j *Job, mounts []Mount) error {
	for i := range mounts {
		if _, err := tx.Exec(ctx, `INSERT INTO workspace_job_mounts (job_id, workspace_id, mount_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, j.ID, j.workspace, mounts[i].ID); err != nil {
			return fmt.Errorf("inputs of a job: %w", err)
		}
	}
	return nil
}

func saveRead(ctx context.Context, tx pgx.Tx, j *Job, read map[string]int64) error {
	for name, n := range read {
		if _, err := tx.Exec(ctx, `UPDATE workspace_job_mounts i SET rows_read = $3 FROM workspace_mounts m WHERE m.id = i.mount_id AND i.job_id = $1 AND m.name = $2`, j.ID, name, n); err != nil {
			return fmt.Errorf("inputs of a job: %w", err)
		}
	}
	return nil
}

// selectInputs are the mounts that a job read, as they were.
func (s *Service) selectInputs(ctx context.Context, q database.Querier, job int64) ([]Mount, error) {
	return s.selectMounts(ctx, q, `x.id IN (SELECT mount_id FROM workspace_job_mounts WHERE job_id = @job)`, pgx.NamedArgs{"job": job})
}

func saveResult(ctx context.Context, tx pgx.Tx, job int64, box []byte, sha256 string, bytes int) error {
	_, err := tx.Exec(ctx, `INSERT INTO workspace_results (job_id, box, sha256, bytes) VALUES ($1, $2, $3, $4)`, job, box, sha256, bytes)
	if err != nil {
		return fmt.Errorf("result of a job: %w", err)
	}
	return nil
}

func selectResult(ctx context.Context, q database.Querier, job int64) (box []byte, err error) {
	err = q.QueryRow(ctx, `SELECT box FROM workspace_results WHERE job_id = $1`, job).Scan(&box)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errGone()
	}
	return box, err
}

// Program is a program that was saved under a name, in one of its versions.
type Program struct {
	Name       string
	Version    int
	SQL        string
	SHA256     string
	Parameters string // as they were written
	SavedBy    string
	SavedAt    time.Time
}

func insertProgram(ctx context.Context, tx pgx.Tx, workspace int64, who account.Actor, p *Program) error {
	parameters, err := json.Marshal(p.Parameters)
	if err != nil {
		return err
	}
	err = tx.QueryRow(ctx, `
		INSERT INTO workspace_programs (workspace_id, name, version, sql, parameters, sha256, saved_by, saved_name, saved_at)
		SELECT @workspace, @name, coalesce((SELECT max(version) FROM workspace_programs WHERE workspace_id = @workspace AND name = @name), 0) + 1, @sql, @parameters, @sha256, @by, @byname, @at RETURNING version`,
		pgx.NamedArgs{"workspace": workspace, "name": p.Name, "sql": p.SQL, "parameters": string(parameters), "sha256": p.SHA256, "by": who.ID, "byname": p.SavedBy, "at": p.SavedAt}).Scan(&p.Version)
	if err != nil {
		return fmt.Errorf("insert program: %w", err)
	}
	return nil
}

func selectPrograms(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Program, error) {
	rows, err := q.Query(ctx, `SELECT name, version, sql, sha256, parameters, saved_name, saved_at FROM workspace_programs WHERE `+where+` ORDER BY name, version DESC LIMIT 200`, args)
	if err != nil {
		return nil, fmt.Errorf("programs: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Program, err error) {
		var parameters []byte
		if err = row.Scan(&p.Name, &p.Version, &p.SQL, &p.SHA256, &parameters, &p.SavedBy, &p.SavedAt); err == nil && len(parameters) > 0 && parameters[0] == '"' {
			err = json.Unmarshal(parameters, &p.Parameters)
		}
		return p, err
	})
}
