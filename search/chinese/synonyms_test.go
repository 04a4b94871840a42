package chinese

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func variants(t *testing.T, l *Lexicon, text string) []string {
	t.Helper()
	return l.Variants(Fold(text).String())
}

func TestWordsThatMeanTheSameStandForEachOther(t *testing.T) {
	l := Default()
	for _, c := range []struct{ text, want string }{
		{"公交", "巴士"},
		{"巴士", "公交"},
		{"巴士线路", "公交线路"},
		{"医保", "医疗保险"},
		{"发改委", "发展和改革委员会"},
		{"環保局", "生态环境局"},
		{"GDP", "国内生产总值"},
		{"bus", "公交"},
		{"open source", "开源"},
		{"飞机场", "机场"},
		{"wendu", "温度"}, // as it sounds
		{"wendu", "气温"},
		{"chongdianzhuang", "充电站"},
	} {
		if got := variants(t, l, c.text); !slices.Contains(got, c.want) {
			t.Errorf("%s stands for %q, want %q among them", c.text, got, c.want)
		}
	}
}

func TestAWordWithinAWordIsNotThatWord(t *testing.T) {
	l := Default()
	for _, text := range []string{"business", "airport2", "税务师", "shuiwushi", "shui", "wendux"} { // bus, airport, 税 and 温度 are listed
		if got := variants(t, l, text); len(got) != 0 {
			t.Errorf("%s stands for %q", text, got)
		}
	}
}

func TestAnInstallationAddsAndRemovesWords(t *testing.T) {
	l := lexiconOf(t, "\ufeff# ours\n榕城 = 福州\n- 巴士\n")
	if got := variants(t, l, "榕城公交"); !slices.Contains(got, "福州公交") {
		t.Errorf("榕城公交 stands for %q", got)
	}
	if got := variants(t, l, "公交"); slices.Contains(got, "巴士") || !slices.Contains(got, "公共汽车") {
		t.Errorf("公交 stands for %q, want 公共汽车 and no more 巴士", got)
	}
}

func lexiconOf(t *testing.T, list string) *Lexicon {
	t.Helper()
	path := filepath.Join(t.TempDir(), "synonyms.txt")
	write(t, path, list)
	l, err := NewLexicon(path)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func write(t *testing.T, path, list string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAMistakeInAListNamesItsLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "synonyms.txt")
	for _, list := range []string{"榕城 = 福州\n鹭岛\n", "\n = 福州\n", strings.Repeat("长", 70<<10) + " = 短"} {
		write(t, path, list)
		if _, err := NewLexicon(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%.20q: %v, want a mistake in %s", list, err, path)
		}
	}
	write(t, path, "榕城 = 福州\n鹭岛\n")
	if _, err := NewLexicon(path); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("%v, want line 2", err)
	}
}

func TestTheWaysToSayOneThingAreBounded(t *testing.T) {
	l := Default()
	if got := variants(t, l, strings.Repeat("公交 医保 数据 ", 100)); len(got) > maxVariants {
		t.Errorf("%d ways", len(got))
	}
}

func TestAnEditedListIsReadWithoutAStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "synonyms.txt")
	var log bytes.Buffer
	f := NewFile(path, slog.New(slog.NewTextHandler(&log, nil)))
	says := func(want ...string) {
		t.Helper()
		got := f.Lexicon().Variants("榕城")
		if !slices.Equal(got, want) {
			t.Errorf("榕城 stands for %q, want %q", got, want)
		}
	}
	says()
	write(t, path, "榕城 = 福州\n")
	says("福州")
	write(t, path, "榕城 = 福州 = 福州市\n")
	says("福州", "福州市")
	if log.Len() > 0 {
		t.Errorf("logged: %s", log.String())
	}

	write(t, path, "榕城\n")
	says("福州", "福州市")
	says("福州", "福州市")
	if n := strings.Count(log.String(), "last good list"); n != 1 {
		t.Errorf("the mistake is logged %d times: %s", n, log.String())
	}
	write(t, path, "榕城 = 闽都\n")
	says("闽都")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	says()
	if got := f.Lexicon().Variants("巴士"); !slices.Contains(got, "公交") {
		t.Errorf("what comes with the product is gone: 巴士 stands for %q", got)
	}
}

func TestAListWithAMistakeAtTheStartLeavesTheProductsOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "synonyms.txt")
	write(t, path, "榕城\n")
	var log bytes.Buffer
	f := NewFile(path, slog.New(slog.NewTextHandler(&log, nil)))
	if got := f.Lexicon().Variants("巴士"); !slices.Contains(got, "公交") || log.Len() == 0 {
		t.Errorf("巴士 stands for %q, logged %q", got, log.String())
	}
}

func TestTheFingerprintIsThatOfTheTables(t *testing.T) {
	if got := Fingerprint(); len(got) != 16 || got != Fingerprint() {
		t.Errorf("fingerprint %q", got)
	}
}
