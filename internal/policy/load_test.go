package policy

import (
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// files are the texts built in, to be changed by a test.
func files(t *testing.T) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	err := fs.WalkDir(Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(Files, path)
		out[path] = &fstest.MapFile{Data: body}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What is written wrong is refused, with the file and, where there is one, the
// line: the figures that bind people must not be a slip of the keyboard.
func TestWhatIsWrittenWrongIsRefused(t *testing.T) {
	const tianjin, anshan, house = "profiles/tianjin.yaml", "profiles/anshan.yaml", "profiles/house.yaml"
	for _, c := range []struct {
		name, file string
		old, new   string
		says       string
	}{
		{"an unknown field of a text", tianjin, "code: TJ", "code: TJ\ncolour: red", `tianjin.yaml:5: unknown field "colour"`},
		{"an unknown field of a rule", tianjin, "target: data_opened_on_platform", "target: data_opened_on_platform\n    days: 3", `unknown field "days"`},
		{"an unknown word for an event", tianjin, "from: accepted\n    wording: 自受理申请之日起两个工作日内", "from: login\n    wording: x", `unknown word "login"`},
		{"an unknown word for a value", tianjin, "value: free", "value: gratis", `unknown word "gratis"`},
		{"an unknown word for a path", tianjin, "path: open.fee", "path: open.price", `unknown word "price"`},
		{"an unknown unit", tianjin, "unit: wd\n    from: accepted\n    wording: 自受理申请之日起两个工作日内", "unit: fortnight", `unknown word "fortnight"`},
		{"an unknown detail", tianjin, "also: 社会数据", "moreover: 社会数据", `unknown word "moreover"`},
		{"an unknown code of an option", tianjin, "{code: withheld, wording: 不予开放", "{code: hidden, wording: 不予开放", `unknown word "hidden"`},
		{"an unknown kind of text", tianjin, "kind: local_regulation", "kind: rumour", `unknown word "rumour"`},
		{"an option without a wording", tianjin, "{code: conditional, wording: 有条件开放, wording_en: conditional opening}", "{code: conditional}", "an option needs a code and a wording"},
		{"options that are no list", tianjin, "options:\n      - {code: unconditional, wording: 无条件开放, wording_en: unconditional opening}\n      - {code: conditional, wording: 有条件开放, wording_en: conditional opening}\n      - {code: withheld, wording: 不予开放, wording_en: not opened, grounds: silent}", "options: 无条件开放", "options is a list"},
		{"a rule without a source", tianjin, "value: free\n    cite: [TJ-20.1]", "value: free", "open.fee has no source"},
		{"a rule of law with the platform's source", tianjin, "value: free\n    cite: [TJ-20.1]", "value: free\n    cite: [平台规则]", "cites 平台规则"},
		{"a rule of the platform with an article", house, "value: strictest_of_all\n    cite: [平台规则]", "value: strictest_of_all\n    cite: [AS-3]", "cites AS-3"},
		{"a rule without a path", tianjin, "- path: open.fee\n    value", "- value", "a rule needs a path"},
		{"a rule twice", tianjin, "path: open.fee", "path: open.types", "open.types stands twice"},
		{"a field twice", tianjin, "value: free", "value: free\n    value: forbidden", `mapping key "value" already defined`},
		{"a detail twice", anshan, "per_input: true", "per_input: true\n      per_input: false", `mapping key "per_input" already defined`},
		{"a day that there is not", tianjin, `effective_from: "2019-01-01"`, `effective_from: "2019-02-30"`, `"2019-02-30" is no date`},
		{"a day in another form", tianjin, `adopted: "2018-12-14"`, `adopted: 14.12.2018`, `"14.12.2018" is no date`},
		{"no day of effect", tianjin, `effective_from: "2019-01-01"`, "", "effective_from is needed"},
		{"no id", tianjin, "profile: cn-tianjin-2018", "", "profile, short, short_en, kind and rules are needed"},
		{"no rules", tianjin, "rules:", "rules: []\nrules_before:", ""},
		{"another text's id", tianjin, "profile: cn-tianjin-2018", "profile: cn-liaoning-anshan-2022", "two texts are called cn-liaoning-anshan-2022"},
		{"another text's code", tianjin, "code: TJ", "code: AS", "two texts have the code AS"},
		{"an end before the beginning", house, `value: "2023-10-10"`, `value: "2021-10-10"`, "ends before it begins"},
		{"an end that is no day", house, `value: "2023-10-10"`, `value: "soon"`, ""},
		{"an end that nobody decided", "profiles/aba.yaml", "last_day: aba_last_day", "last_day: clock", "there is no such rule of the platform"},
		{"an answer to a text that there is not", house, "answers: [cn-fujian-2023 open.other_types]", "answers: [cn-xiamen-2023 open.other_types]", "there is no such profile"},
		{"an answer to a rule that there is not", house, "answers: [cn-fujian-2023 open.other_types]", "answers: [cn-fujian-2023 open.more_types]", "there is no such rule"},
		{"English for two wordings", tianjin, "wording: [市级政务部门, 区人民政府]", "wording: [市级政务部门, 区人民政府]\n    wording_en: both", "wording_en follows one wording"},
		{"a value that is a mapping", tianjin, "value: free", "value: {is: free}", "a plain value is expected here"},
		{"a value that is nothing", tianjin, "value: free", "value:", "a plain value is expected here"},
		{"a value borrowed from elsewhere", tianjin, "value: free", "value: *fee", ""},
		{"no YAML", tianjin, "rules:", "rules: [", ""},
		{"two documents", tianjin, "rules:", "---\nrules:", "one document is expected"},
		{"a word without English", "words.yaml", "accepted: [受理之日, acceptance]", "accepted: [受理之日]", "Chinese and English are needed"},
		{"a word twice", "words.yaml", "accepted: [受理之日, acceptance]", "accepted: [受理之日, acceptance]\naccepted: [收到之日, receipt]", `mapping key "accepted" already defined`},
		{"a provision twice", "provisions.tsv", "\nAS-3(1)\t", "\nAS-2\t", "stands twice"},
		{"a provision of no text", "provisions.tsv", "\nTJ-15\t", "\nXM-15\t", "belongs to no text"},
		{"a provision without its words", "provisions.tsv", "\nTJ-15\t共享为原则、不共享为例外\t", "\nTJ-15\t\t", "says nothing"},
		{"a provision with a column too few", "provisions.tsv", "\nTJ-15\t共享为原则、不共享为例外\t", "\nTJ-15\t共享为原则、不共享为例外 ", "5 columns instead of 6"},
	} {
		t.Run(c.name, func(t *testing.T) {
			texts := files(t)
			body := string(texts[c.file].Data)
			if !strings.Contains(body, c.old) {
				t.Fatalf("%s does not hold %q", c.file, c.old)
			}
			texts[c.file] = &fstest.MapFile{Data: []byte(strings.Replace(body, c.old, c.new, 1))}
			_, err := Load(texts)
			if err == nil {
				t.Fatal("loaded")
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v\nwant %s", err, c.says)
			}
		})
	}
}

var placed = regexp.MustCompile(`^policy: profiles/tianjin\.yaml:\d+: `)

func TestARefusalNamesTheLine(t *testing.T) {
	texts := files(t)
	body := string(texts["profiles/tianjin.yaml"].Data)
	at := strings.Index(body, "value: free")
	line := strings.Count(body[:at], "\n") + 1
	texts["profiles/tianjin.yaml"].Data = []byte(strings.Replace(body, "value: free", "value: gratis", 1))
	_, err := Load(texts)
	if err == nil || !placed.MatchString(err.Error()) || !strings.Contains(err.Error(), "tianjin.yaml:"+strconv.Itoa(line)+":") {
		t.Errorf("%v, want line %d", err, line)
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	for _, name := range []string{"words.yaml", "provisions.tsv", "profiles/house.yaml"} {
		texts := files(t)
		delete(texts, name)
		if _, err := Load(texts); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

// A citation whose text is not among the profiles would lead nowhere.
func TestProvisionsOfATextThatWasTakenOutAreRefused(t *testing.T) {
	texts := files(t)
	delete(texts, "profiles/civil-defence.yaml")
	if _, err := Load(texts); err == nil {
		t.Error("loaded")
	}
}
