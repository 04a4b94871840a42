package templates

import (
	"context"
	"fmt"
	"strings"
	"time"

	"shuyuan/marketplace"
	"shuyuan/marketplace/provenance/statement"
	"shuyuan/marketplace/provenance/verify"
	"shuyuan/marketplace/receipts"
	"shuyuan/templates/text"
)

// VerifyPage is where anybody checks a file, a digest or a number.
type VerifyPage struct {
	Frame
	Wanted  string // what was typed
	Mistake Mistake
	Most    int64 // bytes of a file that may be sent
	Law     []AskedText
	Found   *VerifyFound // nil: nothing was asked yet
}

// VerifyFound is an answer, with what was asked about.
type VerifyFound struct {
	Verdict verify.Verdict
	Asked   string // a digest or a number; of a file its name
	Answer  *marketplace.Answer
	File    *marketplace.FileAnswer // nil: a digest or a number was asked about
	Alone   bool                    // the digest is that of bytes without any stamp
}

// known reports whether what was sealed is known, so that its sources are shown.
func (f *VerifyFound) known() bool { return f.Answer != nil && f.Answer.Said != nil }

// open is what is known of a certificate of download or of an open file.
func (f *VerifyFound) open() *receipts.Answer {
	if f.Answer == nil {
		return nil
	}
	return f.Answer.Open
}

// sealed reports whether the seal of the product stands beside the answer.
func (f *VerifyFound) sealed() bool { return f.Verdict == verify.Valid || f.Verdict == verify.Lapsed }

// says is the answer in one sentence.
func (f *VerifyFound) says(ctx context.Context) string {
	if open := f.open(); open != nil && f.sealed() {
		return receiptSays(ctx, open, f.File != nil)
	}
	switch f.Verdict {
	case verify.Valid:
		if f.File == nil && f.Answer.As != "artefact" {
			return text.T(ctx, "这里登记过它，签名有效，授权现在有效。文件是不是发出时的原样，要核验文件本身。")
		}
		return text.T(ctx, "文件与发出时逐字节相同，签名有效，授权在取数时和现在都有效。")
	case verify.Lapsed:
		return text.T(ctx, "它是真的，但现在不再有效，不要再用。")
	case verify.Unstamped:
		return text.T(ctx, "按平台的读法，内容与封存的相同，但文件不是发出时的原样。别的程序可能读出别的，请用原样的文件。")
	case verify.Altered:
		return text.T(ctx, "标识是真的，文件却不是它所说的那一份。不要使用。")
	case verify.Unknown:
		if f.known() || f.open() != nil {
			return text.T(ctx, "这里登记过它，但签它的密钥那时已经失效，不能说它是真的。")
		}
	}
	return text.T(ctx, "这里没有登记过它。不说明真假，只说明查不到。")
}

// reasons are why, in the language of the reader: what reading the file showed, and then
// what the ledger says.
func (f *VerifyFound) reasons(ctx context.Context) []string {
	var all []string
	if f.File != nil {
		for _, r := range f.File.Reasons {
			all = append(all, text.Pick(ctx, r.Text, r.English))
		}
	}
	if f.known() || f.open() != nil && f.Verdict != verify.Altered {
		for _, r := range f.Answer.Reasons {
			all = append(all, text.T(ctx, r.Sentence, r.Args...))
		}
	}
	return all
}

// full is the version as people name it.
func (f *VerifyFound) full() string { return f.Answer.Product + "@" + f.Answer.Version }

// ProofPath is where the proof of a version is taken away.
func ProofPath(full string) string { return "/verify/" + full + "/proof.json" }

// offline is the command that checks a file without asking anybody.
func (f *VerifyFound) offline(ctx context.Context) string {
	name := text.T(ctx, "文件")
	if f.File != nil && f.Asked != "" {
		name = "'" + strings.ReplaceAll(f.Asked, "'", `'\''`) + "'"
	}
	return fmt.Sprintf("shuyuan verify %s --proof %s.proof.json --trust KEYS", name, f.full())
}

// acquired is the day of an acquisition.
func acquired(day string) time.Time {
	at, err := time.ParseInLocation(time.DateOnly, day, china)
	if err != nil {
		return time.Time{}
	}
	return at
}

// several reports whether a version was acquired on more than one day.
func several(a statement.Acquired) bool { return a.Earliest != "" && a.Earliest != a.Latest }

func verdictWords(ctx context.Context, v verify.Verdict) string {
	return v.Words(text.Of(ctx) == text.English)
}

// sourceBasis is on what ground a statement names a source.
func sourceBasis(ctx context.Context, s statement.Source) string {
	if s.Basis == statement.Inherited {
		return text.T(ctx, "随所用的产品 %s 而来", s.Through)
	}
	return basisWords(ctx, s.Basis)
}

func basisWords(ctx context.Context, b statement.Basis) string {
	switch b {
	case statement.Machine:
		return text.T(ctx, "开发空间的作业读取")
	case statement.Held:
		return text.T(ctx, "开发方持有获取记录")
	case statement.Declared, statement.Inherited:
	}
	return text.T(ctx, "开发方自行声明，平台没有记录")
}
