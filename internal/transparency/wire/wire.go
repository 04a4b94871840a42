// Package wire is the log as everybody else sees it: entries, checkpoints, tiles
// and proofs, in the formats of C2SP (tlog-checkpoint, tlog-tiles) and RFC 6962.
// Whoever verifies needs this and nothing of the writer.
package wire

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	tflog "github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Kind is what a leaf is about.
type Kind string

// The kinds.
const (
	Seal        Kind = "seal"        // a version of a product was sealed with a statement of its sources
	Recall      Kind = "recall"      // it was taken back
	Certificate Kind = "certificate" // a product was registered
	KeyMade     Kind = "key"         // a key is introduced
	Revocation  Kind = "revocation"  // a key counts no more
	Receipt     Kind = "receipt"     // a delivery, as a salted commitment

	DeveloperKey Kind = "developer-key" // an organisation signs with this key for its products
	Countersign  Kind = "countersign"   // the developer signed a statement that was sealed
)

// Entry is what a leaf says. Its bytes are what is hashed.
type Entry struct {
	Kind Kind              `json:"kind"`
	Time time.Time         `json:"time"` // never before that of the leaf before
	Body map[string]string `json:"body"`
}

// Marshal are the bytes of the leaf: JSON with sorted names and without spaces.
func (e Entry) Marshal() ([]byte, error) {
	e.Time = e.Time.UTC().Truncate(time.Microsecond)
	b, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("entry: %w", err)
	}
	return b, nil
}

// ParseEntry reads the bytes of a leaf.
func ParseEntry(b []byte) (Entry, error) {
	var e Entry
	if err := json.Unmarshal(b, &e); err != nil {
		return Entry{}, fmt.Errorf("entry: %w", err)
	}
	return e, nil
}

// Tree is the state of the log at a checkpoint.
type Tree struct {
	Size int64
	Root tlog.Hash
}

// CheckpointText is the text that is signed.
func CheckpointText(origin string, t Tree) []byte {
	return tflog.Checkpoint{Origin: origin, Size: uint64(t.Size), Hash: t.Root[:]}.Marshal() //nolint:gosec // it is not negative
}

// ParseCheckpoint reads the text of a checkpoint. It does not look at signatures.
func ParseCheckpoint(text []byte) (origin string, t Tree, err error) {
	var c tflog.Checkpoint
	if _, err := c.Unmarshal(text); err != nil {
		return "", Tree{}, fmt.Errorf("checkpoint: %w", err)
	}
	if len(c.Hash) != tlog.HashSize || c.Size > 1<<53 {
		return "", Tree{}, errors.New("checkpoint: its size or hash is none")
	}
	return c.Origin, Tree{Size: int64(c.Size), Root: tlog.Hash(c.Hash)}, nil
}

// OpenCheckpoint is the state that a checkpoint of the log claims, if one of the
// verifiers of the log's keys accepts its signature.
func OpenCheckpoint(signed []byte, origin string, verifiers ...note.Verifier) (Tree, *note.Note, error) {
	n, err := note.Open(signed, note.VerifierList(verifiers...))
	if err != nil {
		return Tree{}, nil, fmt.Errorf("checkpoint: %w", err)
	}
	of, t, err := ParseCheckpoint([]byte(n.Text))
	if err == nil && of != origin {
		err = fmt.Errorf("checkpoint: it is of the log %s", of)
	}
	return t, n, err
}

// VerifierKey is the key of a log in the spelling of signed notes.
func VerifierKey(origin string, public []byte) (string, error) {
	k, err := note.NewEd25519VerifierKey(origin, public)
	if err != nil {
		return "", fmt.Errorf("checkpoint: %w", err)
	}
	return k, nil
}

// Verifier verifies checkpoints of the log with that name and key.
func Verifier(origin string, public []byte) (note.Verifier, error) {
	k, err := VerifierKey(origin, public)
	if err != nil {
		return nil, err
	}
	return note.NewVerifier(k)
}

// SignatureLine is the line under a note that holds a signature.
func SignatureLine(name string, keyHash uint32, signature []byte) string {
	return "\u2014 " + name + " " + base64.StdEncoding.EncodeToString(append(binary.BigEndian.AppendUint32(nil, keyHash), signature...)) + "\n"
}

// TileWidth is how many hashes or entries a full tile has; tiles span TileHeight levels.
const (
	TileHeight = 8
	TileWidth  = 1 << TileHeight
)

// Entries is the level of the tiles that hold entries.
const Entries = -1

// TilePath is a tile as tlog-tiles addresses it, behind "tile/".
type TilePath struct {
	Level int // Entries, or from 0
	N     int64
	Width int // 1 to 256
}

// String is the path: "0/x001/x234/067", "entries/000.p/17".
func (p TilePath) String() string {
	path := strings.TrimPrefix(tlog.Tile{H: TileHeight, L: p.Level, N: p.N, W: p.Width}.Path(), tlogTiles)
	if p.Level == Entries {
		return "entries/" + strings.TrimPrefix(path, tlogEntries)
	}
	return path
}

// How package tlog begins these paths: as Go's checksum database does, with the
// height and another word for entries.
const tlogTiles, tlogEntries = "tile/8/", "data/"

// ParseTilePath reads what stands behind "tile/", in its one spelling.
func ParseTilePath(s string) (TilePath, error) {
	path := s
	if rest, entries := strings.CutPrefix(s, "entries/"); entries {
		path = tlogEntries + rest
	}
	t, err := tlog.ParseTilePath(tlogTiles + path)
	p := TilePath{Level: t.L, N: t.N, Width: t.W}
	if err != nil || len(s) > 100 || p.String() != s || t.L > 63/TileHeight {
		return TilePath{}, fmt.Errorf("tile: %q is no path of a tile", s)
	}
	return p, nil
}

// Bundle are entries as a tile holds them: each behind its length in two bytes.
func Bundle(entries [][]byte) []byte {
	var out []byte
	for _, e := range entries {
		out = append(binary.BigEndian.AppendUint16(out, uint16(len(e))), e...) //nolint:gosec // the table bounds it
	}
	return out
}

// ParseBundle are the entries in such a tile.
func ParseBundle(b []byte) ([][]byte, error) {
	var list [][]byte
	for len(b) > 0 {
		if len(b) < 2 {
			return nil, errors.New("tile: an entry is cut off")
		}
		n := int(binary.BigEndian.Uint16(b))
		if b = b[2:]; len(b) < n {
			return nil, errors.New("tile: an entry is cut off")
		}
		list, b = append(list, b[:n:n]), b[n:]
	}
	return list, nil
}
