package rows

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"shuyuan/internal/blob"
	"shuyuan/internal/fault"
)

func put(t *testing.T, store blob.Store, body string) blob.Digest {
	t.Helper()
	info, err := store.Put(t.Context(), strings.NewReader(body), 0)
	if err != nil {
		t.Fatal(err)
	}
	return info.Digest
}

func TestFilesMakeRoomForOthers(t *testing.T) {
	store := newStore(t)
	f, err := newFiles(filepath.Join(t.TempDir(), "tables"), store, 25)
	if err != nil {
		t.Fatal(err)
	}
	use := func(d blob.Digest) (string, func()) {
		path, done, err := f.use(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		return path, done
	}
	there := func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	}
	a, b, c := put(t, store, "aaaaaaaaaa"), put(t, store, "bbbbbbbbbb"), put(t, store, "cccccccccc")
	pathA, doneA := use(a)
	doneA()
	pathB, doneB := use(b)
	_, doneA = use(a) // used later than b
	doneA()
	doneB()
	pathC, doneC := use(c)
	if !there(pathA) || there(pathB) || !there(pathC) {
		t.Errorf("a %t b %t c %t: what was not used for longest should have gone", there(pathA), there(pathB), there(pathC))
	}
	_, doneB = use(b)
	_, again := use(c)
	if !there(pathC) {
		t.Error("a file went that is in use")
	}
	again()
	doneB()
	doneC()
	if body, err := os.ReadFile(pathC); there(pathC) && (err != nil || string(body) != "cccccccccc") {
		t.Errorf("%q %v", body, err)
	}
	if _, _, err := f.use(t.Context(), blob.Digest(strings.Repeat("0", 64))); fault.KindOf(err) != fault.NotFound {
		t.Errorf("what is not in the store: %v", err)
	}
	if f.bytes > 25 {
		t.Errorf("%d bytes kept", f.bytes)
	}
}

// lying is a store whose objects are not what they are called.
type lying struct{ blob.Store }

func (lying) Open(context.Context, blob.Digest) (blob.Object, error) {
	return fakeObject{bytes.NewReader([]byte("other bytes"))}, nil
}

type fakeObject struct{ *bytes.Reader }

func (o fakeObject) Bytes() int64 { return o.Size() }
func (o fakeObject) Close() error { return nil }

func TestAFileThatIsNotWhatItIsCalledIsNotShown(t *testing.T) {
	f, err := newFiles(filepath.Join(t.TempDir(), "tables"), lying{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	d := blob.Digest(strings.Repeat("ab", 32))
	for range 2 {
		if _, _, err := f.use(t.Context(), d); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%v", err)
		}
	}
	if left, err := os.ReadDir(f.dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestFoldersOfTheDeadAreSwept(t *testing.T) {
	dir := t.TempDir()
	alive, lock, err := ownFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	dead := filepath.Join(dir, "run-dead")
	if err := os.MkdirAll(filepath.Join(dead, "worker-1"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, second, err := ownFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if _, err := os.Stat(dead); err == nil {
		t.Error("the folder of a dead process is still there")
	}
	if _, err := os.Stat(alive); err != nil {
		t.Error("the folder of a living process is gone")
	}
}

func TestEqualQuestionsAreAnsweredOnce(t *testing.T) {
	f := newFlight[string](1000)
	started, release := make(chan struct{}), make(chan struct{})
	works := 0
	work := func(context.Context) (string, int64, error) {
		works++
		close(started)
		<-release
		return "answer", 10, nil
	}
	var wg sync.WaitGroup
	ask := func() {
		if got, err := f.do(t.Context(), "q", work); got != "answer" || err != nil {
			t.Errorf("%q %v", got, err)
		}
	}
	wg.Go(ask)
	<-started
	for range 5 {
		wg.Go(ask)
	}
	close(release)
	wg.Wait()
	ask()
	if works != 1 {
		t.Errorf("worked %d times", works)
	}
}

func TestWorkNobodyWaitsForIsGivenUp(t *testing.T) {
	f := newFlight[string](1000)
	ctx, leave := context.WithCancel(t.Context())
	stopped := make(chan error)
	started := make(chan struct{})
	go func() {
		<-started
		leave()
	}()
	_, err := f.do(ctx, "q", func(ctx context.Context) (string, int64, error) {
		close(started)
		<-ctx.Done()
		go func() { stopped <- context.Cause(ctx) }()
		return "", 0, context.Cause(ctx)
	})
	if !errors.Is(err, context.Canceled) || !errors.Is(<-stopped, context.Canceled) {
		t.Error(err)
	}
	if got, err := f.do(t.Context(), "q", func(context.Context) (string, int64, error) { return "new", 1, nil }); got != "new" || err != nil {
		t.Errorf("who asks next gets %q %v", got, err)
	}
}

func TestKeptAnswersAreBounded(t *testing.T) {
	f := newFlight[int](80)
	works := 0
	ask := func(key string, bytes int64) {
		if _, err := f.do(t.Context(), key, func(context.Context) (int, int64, error) { works++; return works, bytes, nil }); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		ask(string(rune('a'+i)), 8)
		ask("a", 8) // asked for all the time
	}
	if f.bytes > 80 || works != 20 {
		t.Errorf("%d bytes kept, worked %d times", f.bytes, works)
	}
	ask("large", 11)
	ask("large", 11)
	if works != 22 {
		t.Error("an answer was kept that takes more than an eighth of the room")
	}
	failed := errors.New("failed")
	for range 2 {
		if _, err := f.do(t.Context(), "bad", func(context.Context) (int, int64, error) { works++; return 0, 1, failed }); !errors.Is(err, failed) {
			t.Error(err)
		}
	}
	if works != 24 {
		t.Error("a failure was kept")
	}
}

func TestARepeatedQuestionIsNotAskedAgain(t *testing.T) {
	store := newStore(t)
	s, table := service(t, store, nil), exampleTable(t, store, 100)
	first := ask(t, s, table, Query{Where: "年份 > 2001"})
	if second := ask(t, s, table, Query{Where: "  年份  >2001 "}); second != first {
		t.Error("the same question in other words was asked again")
	}
	a, err := tag(s, table, Query{Where: "年份 > 2001"})
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []Query{{Where: "年份 > 2002"}, {Where: "年份 > 2001", Limit: 7}, {Where: "年份 > 2001", Select: "年份"}, {Where: "年份 > 2001", OrderBy: "年份"}, {Where: "年份 > 2001", Select: "年份 as x"}} {
		if b, err := tag(s, table, q); err != nil || a == b {
			t.Errorf("%+v has the same tag: %v", q, err)
		}
	}
	other := table
	other.Schema = append(Schema{}, table.Schema...)
	other.Schema[2].Label = "新的名称"
	if b, err := tag(s, other, Query{Where: "年份 > 2001"}); err != nil || a == b {
		t.Errorf("other labels have the same tag: %v", err)
	}
	if r := ask(t, s, other, Query{Where: "年份 > 2001"}); r.Fields[2].Label != "新的名称" {
		t.Errorf("an old label is shown: %+v", r.Fields[2])
	}
	other = table
	other.Parquet = exampleTable(t, store, 101).Parquet
	if b, err := tag(s, other, Query{Where: "年份 > 2001"}); err != nil || a == b {
		t.Errorf("another file has the same tag: %v", err)
	}
}

func tag(s *Service, t Table, q Query) (string, error) {
	asked, err := s.Question(t, q)
	if err != nil {
		return "", err
	}
	return asked.Tag, nil
}
