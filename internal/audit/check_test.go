package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/database/dbtest"
	"shuyuan/internal/fault"
)

var auditor = account.Actor{ID: 8, Name: "孙审计", Roles: []account.Role{account.AuditAdministrator}, Session: "a1"}

// filled is a trail with n sealed entries.
func filled(t *testing.T, n int) *pgxpool.Pool {
	t.Helper()
	pool := dbtest.New(t)
	for i := range n {
		_, err := database.InTx(t.Context(), pool, func(tx pgx.Tx) (struct{}, error) {
			return struct{}{}, Append(t.Context(), tx, account.Actor{ID: 7, Name: "王<数据>", Roles: []account.Role{account.Officer, account.Head}, Department: 3}, "dataset", fmt.Sprint(i), "dataset.published", map[string]string{"n": fmt.Sprint(i)})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Seal(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	return pool
}

func exec(t *testing.T, pool *pgxpool.Pool, sql string) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), `SET session_replication_role = replica; `+sql+`; SET session_replication_role = origin`); err != nil {
		t.Fatal(err)
	}
}

func number(t *testing.T, pool *pgxpool.Pool, sql string) (n int64) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// asked has the chain verified and returns the verification's job.
func asked(t *testing.T, pool *pgxpool.Pool) CheckAsked {
	t.Helper()
	if err := NewReader(pool).AskCheck(t.Context(), auditor); err != nil {
		t.Fatal(err)
	}
	return CheckAsked{ID: number(t, pool, `SELECT max(id) FROM audit_checks`)}
}

func newest(t *testing.T, pool *pgxpool.Pool) Check {
	t.Helper()
	all, err := NewReader(pool).Checks(t.Context(), auditor)
	if err != nil || len(all) == 0 {
		t.Fatalf("%v, %v", all, err)
	}
	return all[0]
}

// Every piece is kept: a job cut short goes on where it was.
func TestTheChainIsVerifiedInPieces(t *testing.T) {
	t.Parallel()
	pool := filled(t, 25)
	job := asked(t, pool)
	if again := asked(t, pool); again != job || number(t, pool, `SELECT count(*) FROM river_job WHERE kind = 'audit_check' AND queue = 'slow'`) != 1 {
		t.Error("asked twice, it is done twice")
	}
	c := &Checker{pool, 10}
	step := func() (over bool) {
		over, err := database.InTx(t.Context(), pool, func(tx pgx.Tx) (bool, error) { return c.step(t.Context(), tx, job.ID) })
		if err != nil {
			t.Fatal(err)
		}
		return over
	}
	for _, done := range []int64{10, 20} {
		if over, now := step(), newest(t, pool); over || now.Done != done || now.Target != 25 || now.Finished != nil || now.By != 8 {
			t.Fatalf("after a piece: %v %+v", over, now)
		}
	}
	exec(t, pool, `UPDATE audit_entries SET act = 'x' WHERE seq = 3`) // behind us: this one no longer sees it, the next one does
	if err := c.Work(t.Context(), job); err != nil {                  // another process goes on
		t.Fatal(err)
	}
	if now := newest(t, pool); now.Done != 25 || now.Finished == nil || now.Faults != 0 || now.First != nil {
		t.Errorf("at the end: %+v", now)
	}
	if err := c.Work(t.Context(), job); err != nil { // the same job once more
		t.Error(err)
	}
	if n := number(t, pool, `SELECT count(*) FROM audit_entries WHERE subject = 'audit-trail' AND act = 'verify'`); n != 1 {
		t.Errorf("its end is recorded %d times", n)
	}
	next := asked(t, pool)
	if next == job {
		t.Fatal("no second verification")
	}
	if err := c.Work(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	if now := newest(t, pool); now.Target != 27 || now.Faults != 1 || now.First == nil || now.First.Seq != 3 || now.First.Kind != HashWrong {
		t.Errorf("an entry changed: %+v %+v", now, now.First)
	}
}

// Whatever is wrong, wherever it is, the first place is named; what an earlier
// verification saw is remembered.
func TestAVerificationNamesTheFirstFault(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, sql string
		kind      ProblemKind
		seq       int64
	}{
		{"an act rewritten in the first piece", `UPDATE audit_entries SET act = 'x' WHERE seq = 2; UPDATE audit_entries SET act = 'x' WHERE seq = 14`, HashWrong, 2},
		{"at the seam of two pieces", `UPDATE audit_entries SET actor = 9 WHERE seq = 5`, HashWrong, 5},
		{"entries cut out over a seam", `DELETE FROM audit_personal WHERE entry_id BETWEEN 4 AND 7; DELETE FROM audit_entries WHERE seq BETWEEN 4 AND 7`, LinksMissing, 8},
		{"personal words changed", `UPDATE audit_personal SET content = '{}' WHERE entry_id = 11`, PersonalOther, 11},
		{"personal words gone", `DELETE FROM audit_personal WHERE entry_id = 12`, PersonalMissing, 12},
		{"the end cut off", `DELETE FROM audit_personal WHERE entry_id > 10; DELETE FROM audit_entries WHERE id > 10`, CutOff, 12},
		{"everything gone", `DELETE FROM audit_personal; DELETE FROM audit_entries`, CutOff, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pool := filled(t, 15)
			checker := &Checker{pool, 5}
			if err := checker.Work(t.Context(), asked(t, pool)); err != nil {
				t.Fatal(err)
			}
			exec(t, pool, c.sql)
			if err := checker.Work(t.Context(), asked(t, pool)); err != nil {
				t.Fatal(err)
			}
			now := newest(t, pool)
			if now.Finished == nil || now.Faults == 0 || now.First == nil || now.First.Kind != c.kind {
				t.Fatalf("%+v %+v", now, now.First)
			}
			if c.kind != CutOff && now.First.Seq != c.seq {
				t.Errorf("the first is said to be at %d", now.First.Seq)
			}
		})
	}
}

// A chain made anew, every link right, is not the one that was verified.
func TestAVerificationRemembersTheChain(t *testing.T) {
	t.Parallel()
	ours := filled(t, 4)
	if err := NewChecker(ours).Work(t.Context(), asked(t, ours)); err != nil {
		t.Fatal(err)
	}
	exec(t, ours, `
		UPDATE audit_entries SET act = 'x' WHERE seq = 2`)
	for seq, prev := int64(1), start().Hash; seq <= number(t, ours, `SELECT max(seq) FROM audit_entries`); seq++ {
		rows, err := ours.Query(t.Context(), `SELECT `+sealedColumns+` FROM audit_entries WHERE seq = $1`, seq)
		if err != nil {
			t.Fatal(err)
		}
		e, err := pgx.CollectOneRow(rows, pgx.RowToStructByName[sealed])
		if err != nil {
			t.Fatal(err)
		}
		prev = link(prev, seq, e)
		exec(t, ours, fmt.Sprintf(`UPDATE audit_entries SET hash = '\x%x' WHERE seq = %d`, prev, seq))
	}
	if err := NewChecker(ours).Work(t.Context(), asked(t, ours)); err != nil {
		t.Fatal(err)
	}
	if now := newest(t, ours); now.Faults != 1 || now.First.Kind != HeadOther || now.First.Seq != 4 {
		t.Errorf("%+v %+v", now, now.First)
	}
	heads, err := Remembered(t.Context(), ours)
	if err != nil || len(heads) != 1 || heads[0].Seq != 4 {
		t.Errorf("remembered: %v, %v", heads, err)
	}
}

func TestOnlyTheAuditAdministratorHasTheChainVerified(t *testing.T) {
	t.Parallel()
	r := NewReader(dbtest.New(t))
	for _, who := range []account.Actor{{}, {ID: 1, Roles: []account.Role{account.Administrator}, Session: "s"}, {ID: 8, Roles: auditor.Roles, Key: "sy_x"}} {
		if err := r.AskCheck(t.Context(), who); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%v: %v", who, err)
		}
		if _, err := r.Checks(t.Context(), who); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%v reads: %v", who, err)
		}
	}
}

// A verification whose job is lost is taken up again once it is asked for.
func TestALostVerificationIsTakenUp(t *testing.T) {
	t.Parallel()
	pool := filled(t, 3)
	job := asked(t, pool)
	exec(t, pool, `DELETE FROM river_job`)
	asked(t, pool)
	if n := number(t, pool, `SELECT count(*) FROM river_job`); n != 0 {
		t.Error("taken up while it may be at work")
	}
	exec(t, pool, `UPDATE audit_checks SET moved_at = moved_at - interval '11 minutes'`)
	if again := asked(t, pool); again != job || number(t, pool, `SELECT count(*) FROM river_job`) != 1 {
		t.Error("it is not taken up")
	}
}

// A report names so many problems and counts the others.
func TestAReportIsBounded(t *testing.T) {
	t.Parallel()
	pool := filled(t, problemsMost+20)
	exec(t, pool, `UPDATE audit_personal SET content = '{}'`)
	r, err := Verify(t.Context(), pool)
	if err != nil || len(r.Problems) != problemsMost || r.Faults != problemsMost+20 {
		t.Errorf("%d named of %d, %v", len(r.Problems), r.Faults, err)
	}
}

// export is the trail as its export for programs.
func export(t *testing.T, pool *pgxpool.Pool, f Filter) string {
	t.Helper()
	var out bytes.Buffer
	w := json.NewEncoder(&out)
	if err := NewReader(pool).Export(context.Background(), auditor, f, "ndjson", func(r Record) error { return w.Encode(LineOf(r)) }); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAnExportIsVerifiedOutside(t *testing.T) {
	t.Parallel()
	pool := filled(t, 12)
	if err := pool.QueryRow(t.Context(), `SELECT audit_erase(7)`).Scan(new(int64)); err != nil { // the words go, the chain holds
		t.Fatal(err)
	}
	whole := export(t, pool, Filter{})
	head := number(t, pool, `SELECT count(*) FROM audit_entries WHERE seq = 12 AND hash IS NOT NULL`)
	r, err := VerifyExport(strings.NewReader(whole))
	if err != nil || head != 1 || r.Lines != 12 || r.Links != 12 || r.Gaps != 0 || r.Faults != 0 || r.Head.Seq != 12 || len(r.Head.Hash) != 32 {
		t.Errorf("whole: %+v, %v", r, err)
	}
	r, err = VerifyExport(strings.NewReader(export(t, pool, Filter{SubjectID: "5"})))
	if err != nil || r.Lines != 1 || r.Links != 0 || r.Gaps != 1 || r.Faults != 0 {
		t.Errorf("filtered: %+v, %v", r, err)
	}
	lines := strings.SplitAfter(strings.TrimSpace(whole), "\n")
	join := func(l ...string) string { return strings.Join(l, "") }
	for _, c := range []struct {
		name, file string
		kind       ProblemKind
	}{
		{"an act rewritten", strings.Replace(whole, "dataset.published", "dataset.withdrawn", 1), HashWrong},
		{"another actor", strings.Replace(whole, `"actor":7`, `"actor":8`, 1), HashWrong},
		{"a role less", strings.Replace(whole, `["officer","head"]`, `["officer"]`, 1), HashWrong},
		{"another commitment", strings.Replace(whole, `"commitment":"`+lines[2][strings.Index(lines[2], `"commitment":"`)+14:][:4], `"commitment":"0000`, 1), HashWrong},
		{"two lines changed places", join(append([]string{lines[1], lines[0]}, lines[2:]...)...), LinksMissing},
		{"a line twice", join(append([]string{lines[0]}, lines...)...), LinksMissing},
	} {
		r, err := VerifyExport(strings.NewReader(c.file))
		if err != nil || r.Faults == 0 || r.Problems[0].Kind != c.kind {
			t.Errorf("%s: %+v, %v", c.name, r, err)
		}
	}
	if r, err := VerifyExport(strings.NewReader(join(append([]string{lines[0]}, lines[2:]...)...))); err != nil || r.Gaps != 1 {
		t.Errorf("a line taken out: %+v, %v", r, err)
	}
	for name, file := range map[string]string{
		"empty": "", "only lines": "\n\n", "CSV": "seq,entry\n1,1\n", "another object": `{"a": 1}` + "\n", "no commitment": `{"seq":1,"entry":1,"hash":"00"}`,
		"half a line": whole[:300], "a line without end": strings.Repeat("x", lineMost+1), "an array": `[]`,
	} {
		if r, err := VerifyExport(strings.NewReader(file)); err == nil {
			t.Errorf("%s is taken: %+v", name, r)
		}
	}
}
