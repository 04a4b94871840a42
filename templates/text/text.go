// Package text is the message catalogue of pages, mails and faults. The
// Chinese sentence is the key; english.go holds the English beside it, and a
// test lists every sentence that lacks one.
package text

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Lang is a language a page can be shown in, as a BCP 47 tag.
type Lang string

// The two languages. Chinese is the default.
const (
	Chinese Lang = "zh-CN"
	English Lang = "en"
)

type key struct{}

// With returns a context whose reader reads lang.
func With(ctx context.Context, lang Lang) context.Context {
	return context.WithValue(ctx, key{}, lang)
}

// Of is the language of ctx, Chinese where nothing is set.
func Of(ctx context.Context) Lang {
	if l, ok := ctx.Value(key{}).(Lang); ok {
		return l
	}
	return Chinese
}

// T is the sentence zh in the language of ctx, with args in place (fmt verbs;
// the English may use indexes to reorder them).
func T(ctx context.Context, zh string, args ...any) string {
	return In(Of(ctx), zh, args...)
}

// In is T for a given language. A sentence without English stays Chinese.
func In(lang Lang, zh string, args ...any) string {
	s := zh
	if lang == English {
		if en, ok := english[zh]; ok {
			s = en
		}
	}
	if len(args) == 0 {
		return s
	}
	if lang == English {
		args = inEnglish(args)
	}
	return fmt.Sprintf(s, args...)
}

// terms is an argument that is words of the catalogue (fault.Terms).
type terms interface{ Each() []string }

// named is an argument that may have a name in English (fault.Named).
type named interface{ Spoken() string }

// inEnglish is args with the terms and names among them in English.
func inEnglish(args []any) []any {
	out := slices.Clone(args)
	for i, a := range args {
		if words, ok := a.(terms); ok {
			var said []string
			for _, w := range words.Each() {
				said = append(said, In(English, w))
			}
			out[i] = strings.Join(said, ", ")
		}
		if name, ok := a.(named); ok {
			out[i] = name.Spoken()
		}
	}
	return out
}

// Pick is zh or, for a reader of English, en where there is one: for texts
// that the catalogue keeps in both languages.
func Pick(ctx context.Context, zh, en string) string {
	if Of(ctx) == English && en != "" {
		return en
	}
	return zh
}
