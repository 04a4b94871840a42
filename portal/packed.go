package portal

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"strings"
	"sync"

	"golang.org/x/sync/singleflight"

	"shuyuan/datasets"
	"shuyuan/internal/blob"
)

// Bounds of what is compressed for downloads. Below, the headers weigh more
// than what is saved; above, compressing would take a core for too long, and a
// file goes out as it lies on disk.
const (
	packFrom    = 1 << 10
	packTo      = 4 << 20
	packedBytes = 64 << 20
)

// packedFiles keeps small files of text in compressed form, by what is in them
// and how they are coded. Whoever gets one has been let through by the gate:
// the file was opened before.
type packedFiles struct {
	made singleflight.Group

	mu    sync.Mutex
	files map[packedFile]packed
	bytes int
}

type packedFile struct {
	digest blob.Digest
	coding string
}

// packed is a file in a coding. Without a body the coding would not make it
// smaller.
type packed struct {
	body   []byte
	digest string // of the body, as Content-Digest has it
}

// packable reports whether f is worth compressing: text, of a middling size.
func packable(f *datasets.File) bool {
	if f.Bytes < packFrom || f.Bytes > packTo {
		return false
	}
	media, _, _ := strings.Cut(f.MediaType, ";")
	return strings.HasPrefix(media, "text/") || media == "application/json" || strings.HasSuffix(media, "+json") || media == "application/x-ndjson"
}

// get is f in a coding, made at the first request. It leaves f.Object at its
// start.
func (p *packedFiles) get(f *datasets.File, coding string) (packed, error) {
	key := packedFile{f.Digest, coding}
	p.mu.Lock()
	kept, ok := p.files[key]
	p.mu.Unlock()
	if ok {
		return kept, nil
	}
	made, err, _ := p.made.Do(string(f.Digest)+coding, func() (any, error) {
		whole, err := io.ReadAll(f.Object)
		if err == nil {
			_, err = f.Object.Seek(0, io.SeekStart)
		}
		if err != nil {
			return nil, err
		}
		file := packed{body: compress(coding, whole)}
		if len(file.body) > len(whole)/10*9 {
			file.body = nil
		}
		sum := sha256.Sum256(file.body)
		file.digest = digestField(sum[:])
		p.put(key, file)
		return file, nil
	})
	if err != nil {
		return packed{}, err
	}
	return made.(packed), nil
}

func (p *packedFiles) put(key packedFile, file packed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.files == nil {
		p.files = map[packedFile]packed{}
	}
	const row = 256 // what an entry costs beside its body
	if old, ok := p.files[key]; ok {
		p.bytes -= len(old.body) + row
	}
	p.files[key] = file
	p.bytes += len(file.body) + row
	for other, old := range p.files { // any: what is asked for often is soon back
		if p.bytes <= packedBytes {
			return
		}
		if other != key {
			delete(p.files, other)
			p.bytes -= len(old.body) + row
		}
	}
}

// digestField is a SHA-256 as Content-Digest and Repr-Digest have it (RFC 9530).
func digestField(sum []byte) string {
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum) + ":"
}
