package notify

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"shuyuan/datasets"
	"shuyuan/datasets/following"
	"shuyuan/datasets/opening"
	"shuyuan/internal/account"
	"shuyuan/internal/database/dbtest"
	"shuyuan/internal/jobs"
	"shuyuan/internal/mail"
	"shuyuan/internal/mail/mailtest"
	"shuyuan/templates/text"
)

const base = "https://data.example.gov.cn"

var notice = account.Notice{
	ID: "1", What: account.KeyMade, To: "wang@tests.example",
	At: time.Date(2026, 3, 2, 1, 5, 0, 0, time.UTC), Network: "203.0.113.7", Key: "sy_abcdefgh",
}

// chosen are the languages that people chose, by address.
type chosen map[string]following.Lang

func (c chosen) Wish(_ context.Context, address string, _ following.Topic) (following.Wish, error) {
	return following.Wish{Mode: following.Off, Lang: c[address]}, nil
}

func (c chosen) Tell(context.Context, string, following.Own) error { return nil }

var both = []text.Lang{text.Chinese, text.English}

func TestALetterSaysInBothLanguagesWhatHappenedAndWhatToDo(t *testing.T) {
	l := Security(notice, base, both...)
	for _, want := range []string{
		"建立了接口密钥 sy_abcdefgh…", "2026-03-02 09:05（北京时间）", "来自网络：203.0.113.7", "马上到 " + base + "/account 改密码",
		"the API key sy_abcdefgh… was made", "2026-03-02 09:05 (Beijing time)", "From the network: 203.0.113.7", "go to " + base + "/account at once",
	} {
		if !strings.Contains(l.Text, want) {
			t.Errorf("%q is not in:\n%s", want, l.Text)
		}
	}
	if l.To.Address != notice.To || !strings.Contains(l.Subject, "建立了接口密钥") || !strings.Contains(l.Subject, "was made") {
		t.Errorf("to %s: %s", l.To, l.Subject)
	}
	later := notice
	later.At = later.At.Add(time.Second)
	if next := Security(later, base, both...); next.Subject == l.Subject || !strings.Contains(l.Subject, "请核对（2026-03-02 09:05:00）") || !strings.Contains(l.Subject, "please check") {
		t.Errorf("two letters are called %q and %q", l.Subject, next.Subject)
	}
	byCommand := notice
	byCommand.Network = ""
	if said := Security(byCommand, base, both...).Text; !strings.Contains(said, "服务器上的命令") || !strings.Contains(said, "a command on the server") {
		t.Errorf("by command:\n%s", said)
	}
	ending := notice
	ending.What, ending.Network = account.KeyEnding, ""
	if said := Security(ending, base, both...).Text; !strings.Contains(said, "快要到期") || !strings.Contains(said, base+"/account#keys") || !strings.Contains(said, "expires soon") || strings.Contains(said, "服务器上的命令") {
		t.Errorf("a key that expires:\n%s", said)
	}
	for _, what := range []string{account.PasswordSet, account.KeyMade, account.SessionsEnded, account.NewNetwork, account.FactorAdded, account.FactorRemoved, account.KeyEnding} {
		n := notice
		n.What = what
		if l := Security(n, base, both...); strings.Contains(l.Subject, what) || strings.Contains(l.Text, what) {
			t.Errorf("no words for %q", what)
		}
	}
}

// queue works letters on a database of its own and says what becomes of each.
func queue(t *testing.T, sender mail.Sender) (announce func(account.Notice), done <-chan *river.Event) {
	t.Helper()
	pool := dbtest.New(t)
	workers := jobs.NewWorkers()
	if err := Handle(workers, sender, base, chosen{"chen@tests.example": following.English}); err != nil {
		t.Fatal(err)
	}
	c, err := jobs.New(pool, jobs.Config{Workers: workers, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	done, cancel := c.Subscribe(river.EventKindJobCompleted, river.EventKindJobFailed, river.EventKindJobCancelled)
	t.Cleanup(cancel)
	if err := c.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := jobs.Stop(context.Background(), c); err != nil {
			t.Error(err)
		}
	})
	return func(n account.Notice) {
		t.Helper()
		if err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error { return jobs.Announce(t.Context(), tx, n) }); err != nil {
			t.Fatal(err)
		}
	}, done
}

func next(t *testing.T, done <-chan *river.Event) rivertype.JobState {
	t.Helper()
	select {
	case e := <-done:
		return e.Job.State
	case <-time.After(30 * time.Second):
		t.Fatal("the job was not worked")
		return ""
	}
}

func TestAJobThatIsWorkedTwiceIsOneLetter(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mail")
	sender, err := mail.NewFiles(dir, mailtest.From)
	if err != nil {
		t.Fatal(err)
	}
	announce, done := queue(t, sender)
	for range 2 {
		announce(notice)
		if state := next(t, done); state != rivertype.JobStateCompleted {
			t.Errorf("the job is %s", state)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("%d letters (%v)", len(files), err)
	}
}

func TestALetterAboutAnAccountSpeaksTheLanguageThatItsOwnerChose(t *testing.T) {
	srv := mailtest.Serve(t, nil)
	sender, err := mail.NewSMTP("smtp://"+srv.Addr, mailtest.From, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	announce, done := queue(t, sender)
	for i, to := range []string{"chen@tests.example", notice.To} {
		n := notice
		n.ID, n.To = strconv.Itoa(i), to
		announce(n)
		if state := next(t, done); state != rivertype.JobStateCompleted {
			t.Fatalf("the job is %s", state)
		}
	}
	for i, speaksBoth := range []bool{false, true} {
		got := string(srv.Arrived()[i])
		if !strings.Contains(got, "Hello") || strings.Contains(got, "=E6=82=A8=E5=A5=BD") != speaksBoth { // 您好
			t.Errorf("letter %d, in both languages %v:\n%s", i, speaksBoth, got)
		}
	}
}

func TestALetterWaitsForAServerThatIsDown(t *testing.T) {
	srv := mailtest.Serve(t, map[string]string{"hello": "421 going down"})
	sender, err := mail.NewSMTP("smtp://"+srv.Addr, mailtest.From, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	announce, done := queue(t, sender)
	announce(notice)
	if state := next(t, done); state != rivertype.JobStateRetryable && state != rivertype.JobStateAvailable {
		t.Errorf("the job is %s", state)
	}
	srv.Say("hello", "220 back again")
	if state := next(t, done); state != rivertype.JobStateCompleted || len(srv.Arrived()) != 1 {
		t.Errorf("the job is %s, %d letters arrived", state, len(srv.Arrived()))
	}
}

func TestALetterThatIsRefusedForGoodIsGivenUp(t *testing.T) {
	srv := mailtest.Serve(t, map[string]string{"RCPT": "550 no such user"})
	sender, err := mail.NewSMTP("smtp://"+srv.Addr, mailtest.From, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	announce, done := queue(t, sender)
	announce(notice)
	if state := next(t, done); state != rivertype.JobStateCancelled {
		t.Errorf("the job is %s", state)
	}
}

// kept keeps the letters that are sent.
type kept []mail.Letter

func (k *kept) Send(_ context.Context, l mail.Letter) error { *k = append(*k, l); return nil }

// A letter that nobody can turn off speaks the language that its reader chose,
// and both where nobody knows the reader.
func TestWhatNobodyCanTurnOffSpeaksTheReadersLanguage(t *testing.T) {
	for to, both := range map[string]bool{"chen@tests.example": false, "office@bm.example": true} {
		for name, write := range map[string]func(...text.Lang) mail.Letter{
			"findings": func(langs ...text.Lang) mail.Letter {
				return Findings(datasets.FindingNotice{To: to}, base, langs...)
			},
			"addresses": func(langs ...text.Lang) mail.Letter {
				return Links(datasets.LinkNotice{To: to}, base, langs...)
			},
			"promises": func(langs ...text.Lang) mail.Letter { return Late(datasets.LateNotice{To: to}, base, langs...) },
			"incident": func(langs ...text.Lang) mail.Letter {
				return Incident(opening.IncidentNotice{To: to}, base, langs...)
			},
		} {
			var sent kept
			if err := whatever(t.Context(), &sent, chosen{"chen@tests.example": following.English}, write); err != nil {
				t.Fatal(err)
			}
			if l := sent[0]; len(sent) != 1 || strings.Contains(l.Text, "请不要回复") != both || !strings.Contains(l.Text, "sent by the system") && !strings.Contains(l.Text, "do not answer") || strings.Contains(l.Subject, " / ") != both {
				t.Errorf("%s to %s: %s\n%s", name, to, l.Subject, l.Text)
			}
		}
	}
}
