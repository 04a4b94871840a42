package chinese

import (
	"io/fs"
	"log/slog"
	"os"
	"sync/atomic"
)

// File is the lexicon with the installation's own list, read again whenever
// that file has changed. A list with a mistake is reported, and the last good
// one stays in use.
type File struct {
	path string
	log  *slog.Logger
	held atomic.Pointer[held]
}

// held is what was made of one state of the file.
type held struct {
	lexicon *Lexicon
	state   fs.FileInfo // nil: there was no file
}

// NewFile reads the list at path, which need not be there.
func NewFile(path string, log *slog.Logger) *File {
	f := &File{path: path, log: log}
	f.held.Store(f.read(&held{lexicon: Default()}, f.look()))
	return f
}

// Lexicon is the list as the file has it now. It is asked at every query: to
// look whether a file has changed costs about a microsecond.
func (f *File) Lexicon() *Lexicon {
	last := f.held.Load()
	if now := f.look(); !sameState(last.state, now) {
		next := f.read(last, now)
		if f.held.CompareAndSwap(last, next) {
			return next.lexicon
		}
		return f.held.Load().lexicon
	}
	return last.lexicon
}

// look is the present state of the file, nil if there is none.
func (f *File) look() fs.FileInfo {
	info, err := os.Stat(f.path)
	if err != nil {
		return nil
	}
	return info
}

func (f *File) read(last *held, state fs.FileInfo) *held {
	lexicon, err := NewLexicon(f.path)
	if err != nil {
		f.log.Error("synonyms not read; the last good list stays in use", slog.Any("error", err))
		lexicon = last.lexicon
	}
	return &held{lexicon, state}
}

func sameState(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
