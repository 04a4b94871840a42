package portal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"shuyuan/datasets"
	"shuyuan/internal/blob"
)

type heap struct{ *bytes.Reader }

func (heap) Close() error   { return nil }
func (h heap) Bytes() int64 { return h.Size() }

func fileOf(media string, body []byte) *datasets.File {
	sum := sha256.Sum256(body)
	return &datasets.File{MediaType: media, Digest: blob.Digest(hex.EncodeToString(sum[:])), Bytes: int64(len(body)), Object: heap{bytes.NewReader(body)}}
}

func TestWhatIsWorthCompressing(t *testing.T) {
	text := []byte(strings.Repeat("年份,人口\n", 1000))
	for media, want := range map[string]bool{
		"text/csv; charset=utf-8": true, "text/plain": true, "application/json": true, "application/geo+json": true, "application/x-ndjson": true,
		"application/gzip": false, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": false, "image/png": false, "": false,
	} {
		if got := packable(fileOf(media, text)); got != want {
			t.Errorf("%s: %v", media, got)
		}
	}
	for size, want := range map[int64]bool{packFrom - 1: false, packFrom: true, packTo: true, packTo + 1: false} {
		if got := packable(&datasets.File{MediaType: "text/csv", Bytes: size}); got != want {
			t.Errorf("%d bytes: %v", size, got)
		}
	}
}

func TestNoiseIsSentAsItIs(t *testing.T) {
	noise := make([]byte, 5000)
	source := rand.NewChaCha8([32]byte{1})
	if _, err := source.Read(noise); err != nil {
		t.Fatal(err)
	}
	var kept packedFiles
	for range 2 { // the second time it is known
		f := fileOf("text/csv", noise)
		got, err := kept.get(f, "br")
		if err != nil || got.body != nil {
			t.Fatalf("%d bytes, %v", len(got.body), err)
		}
		if rest, err := io.ReadAll(f.Object); err != nil || !bytes.Equal(rest, noise) {
			t.Fatalf("the file is no longer at its start: %d bytes, %v", len(rest), err)
		}
	}
}

func TestCompressedFilesAreKeptWithinBounds(t *testing.T) {
	var kept packedFiles
	for i := range 200 { // a megabyte each
		kept.put(packedFile{coding: "br", digest: blob.Digest(rune(i))}, packed{body: make([]byte, 1<<20)})
		if kept.bytes > packedBytes {
			t.Fatalf("%d bytes after %d files", kept.bytes, i+1)
		}
	}
	if len(kept.files) < 60 {
		t.Errorf("only %d files are kept", len(kept.files))
	}
	before := kept.bytes
	for key := range kept.files { // two requests at a time may both bring it
		kept.put(key, kept.files[key])
		break
	}
	if kept.bytes != before {
		t.Errorf("one file brought twice counts twice: %d and %d", before, kept.bytes)
	}
}
