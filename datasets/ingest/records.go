package ingest

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"shuyuan/internal/fault"
	"shuyuan/internal/sandbox"
)

// recordsOrder asks for the cells of a small text in lines, as they stand
// there: it is no table of data, and nothing is guessed about it.
type recordsOrder struct{}

// MostRecords is how many bytes Records takes.
const MostRecords = 1 << 20

// mostRecord is how many lines it takes.
const mostRecord = 20_000

// Records reads a small CSV (comma, semicolon or tab; UTF-8, GB18030 or UTF-16)
// in a limited child: every line with all its cells, the head first. It returns
// fault.Invalid for what is none.
func Records(ctx context.Context, file *os.File) ([][]string, error) {
	told, err := json.Marshal(order{Records: &recordsOrder{}})
	if err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	var out bytes.Buffer
	child, err := sandbox.Start(ctx, sandbox.Spec{
		Job: JobName, Files: []*os.File{file}, Stdin: bytes.NewReader(told), Stdout: &answer{w: &out},
		Memory: childMemory, CPU: time.Minute, Time: time.Minute, FileSize: 1,
	})
	if err != nil {
		return nil, fault.New(fault.Unavailable, "现在不能读取文件，请稍后再试。").Because(err)
	}
	if err := child.Wait(); err != nil {
		return nil, rejected(ctx, err)
	}
	var f frame
	if err := json.Unmarshal(out.Bytes(), &f); err != nil {
		return nil, rejected(ctx, err)
	}
	if f.Refused != nil {
		return nil, fault.New(fault.Invalid, f.Refused.Why.Sentence, f.Refused.Why.Args...)
	}
	if len(f.Records) > mostRecord {
		return nil, rejected(ctx, errors.New("more lines than there may be"))
	}
	return f.Records, nil
}

// answer takes as much as sixteen times what Records takes, and then nothing.
type answer struct{ w *bytes.Buffer }

func (b *answer) Write(p []byte) (int, error) {
	if b.w.Len()+len(p) > 16*MostRecords {
		return 0, errors.New("the child says too much")
	}
	return b.w.Write(p)
}

// tellRecords is Records in the child.
func tellRecords(w io.Writer, file io.ReadSeeker) error {
	rows, err := splitRecords(file)
	out := json.NewEncoder(w)
	if err != nil {
		f := fault.Of(err)
		if f.Kind == fault.Internal {
			return err
		}
		return out.Encode(frame{Refused: &refusal{Kind: fault.Invalid, Why: note(f.Sentence, f.Args...)}})
	}
	return out.Encode(frame{Records: rows})
}

func splitRecords(file io.ReadSeeker) ([][]string, error) {
	src := source{whole: file, limit: MostRecords + 1}
	name, err := detect(src)
	if err != nil {
		return nil, err
	}
	if name == damaged {
		return nil, fault.New(fault.Invalid, "文件的编码坏了，有些字已经读不出来。请从原来的地方重新导出，存成 UTF-8 再传。")
	}
	in, err := src.open()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(decode(in, name))
	if err != nil {
		return nil, err
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return nil, fault.New(fault.Invalid, "文件里有空字符，不是文本文件。")
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, bomUTF8)))
	r.FieldsPerRecord, r.Comma = -1, divider(text)
	var rows [][]string
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			return nil, fault.New(fault.Invalid, "第 %d 行的引号不成对。", bad.Line)
		}
		if err != nil {
			return nil, err
		}
		if rows = append(rows, row); len(rows) > mostRecord {
			return nil, fault.New(fault.Invalid, "行数太多，最多 %d 行。", mostRecord)
		}
	}
}

// divider is what stands most often between the cells of the first line.
func divider(text []byte) rune {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	best, most := ',', bytes.Count(first, []byte(","))
	for _, d := range []rune{';', '\t'} {
		if n := bytes.Count(first, []byte(string(d))); n > most {
			best, most = d, n
		}
	}
	return best
}
