package check

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// logAtOnce is how many leaves of the public log are read at once.
const logAtOnce = 10_000

var errGap = errors.New("a leaf is missing")

// logTree computes the public log anew from what its leaves say: a Merkle tree as
// RFC 6962 has it, by code of its own. Every hash that is stored and the root of
// every checkpoint must come out of it.
func logTree(ctx context.Context, r *run) (found []string, err error) {
	roots, err := r.logRoots(ctx)
	if err != nil {
		return nil, err
	}
	var stack [][]byte // roots of whole subtrees, the largest first
	var leaves, idx int64
	for {
		rows, err := r.tx.Query(ctx, `SELECT seq, hash, entry FROM log_leaves WHERE seq >= $1 ORDER BY seq LIMIT $2`, leaves, logAtOnce)
		if err != nil {
			return nil, err
		}
		var made [][]byte // as they are stored: of each leaf its hash, then those of the subtrees that it completes
		before := leaves
		var seq int64
		var hash, entry []byte
		_, err = pgx.ForEachRow(rows, []any{&seq, &hash, &entry}, func() error {
			if seq != leaves { // from here on nothing can be computed
				found = append(found, fmt.Sprintf("leaf %d is missing", leaves))
				return errGap
			}
			leaves = seq + 1
			own := sha256.Sum256(append([]byte{0}, entry...))
			if !bytes.Equal(own[:], hash) {
				found = append(found, fmt.Sprintf("leaf %d is another than was hashed", seq))
			}
			node := own[:]
			made = append(made, node)
			for n := leaves; n%2 == 0; n /= 2 {
				node = nodeHash(stack[len(stack)-1], node)
				stack = stack[:len(stack)-1]
				made = append(made, node)
			}
			stack = append(stack, node)
			for _, c := range roots[leaves] {
				if !bytes.Equal(c.root, rootOf(stack)) {
					found = append(found, fmt.Sprintf("checkpoint of %d leaves%s", leaves, c.where))
				}
			}
			delete(roots, leaves)
			return nil
		})
		if errors.Is(err, errGap) {
			return found, nil
		}
		if err != nil || len(found) > shown {
			return found, err
		}
		if leaves == before {
			break
		}
		wrong, err := r.texts(ctx, `
			SELECT 'stored hash ' || n.idx FROM (SELECT $1 + n - 1 AS idx, hash FROM unnest($2::bytea[]) WITH ORDINALITY AS x (hash, n)) n
			LEFT JOIN log_hashes h USING (idx) WHERE h.hash IS DISTINCT FROM n.hash ORDER BY n.idx LIMIT 20`, idx, made)
		if err != nil {
			return nil, err
		}
		found = append(found, wrong...)
		idx += int64(len(made))
	}
	for size, all := range roots {
		found = append(found, fmt.Sprintf("checkpoint of %d leaves%s, of which there are %d", size, all[0].where, leaves))
	}
	more, err := r.texts(ctx, `SELECT 'stored hash ' || idx || ' of no leaf' FROM log_hashes WHERE idx >= $1 ORDER BY idx LIMIT 20`, idx)
	return append(found, more...), err
}

func nodeHash(left, right []byte) []byte {
	h := sha256.Sum256(append(append([]byte{1}, left...), right...))
	return h[:]
}

// rootOf is the root over whole subtrees.
func rootOf(stack [][]byte) []byte {
	root := stack[len(stack)-1]
	for i := len(stack) - 2; i >= 0; i-- {
		root = nodeHash(stack[i], root)
	}
	return root
}

// logRoot is the root that a checkpoint claims, and where that is kept.
type logRoot struct {
	root  []byte
	where string
}

// Kept is the file in the folder of the log that has every checkpoint outside of the
// database, JSON, one a line: whoever sets the database back does not set that back.
func Kept(file string) Option { return func(r *run) { r.kept = file } }

// keptRoots adds the roots of that file to those of the database. Where there is no file
// there is nothing to add: nothing was signed here yet, or it is looked at elsewhere.
func (r *run) keptRoots(out map[int64][]logRoot) error {
	if r.kept == "" {
		return nil
	}
	f, err := os.Open(r.kept)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	lines := json.NewDecoder(f)
	for n := 1; ; n++ {
		var one struct {
			Size int64  `json:"size"`
			Note string `json:"note"`
		}
		err := lines.Decode(&one)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s, line %d: %w", r.kept, n, err)
		}
		said := strings.Split(one.Note, "\n") // a signed note: name, size, root
		if len(said) < 3 || said[1] != strconv.FormatInt(one.Size, 10) {
			return fmt.Errorf("%s, line %d: this is no checkpoint of %d leaves", r.kept, n, one.Size)
		}
		root, err := base64.StdEncoding.DecodeString(said[2])
		if err != nil {
			return fmt.Errorf("%s, line %d: %w", r.kept, n, err)
		}
		out[one.Size] = append(out[one.Size], logRoot{root, " that is kept outside of the database"})
	}
}

// logRoots are the roots that checkpoints claim, by their sizes.
func (r *run) logRoots(ctx context.Context) (map[int64][]logRoot, error) {
	rows, err := r.tx.Query(ctx, `SELECT size, root FROM log_checkpoints`)
	if err != nil {
		return nil, err
	}
	out := map[int64][]logRoot{}
	var size int64
	var root []byte
	_, err = pgx.ForEachRow(rows, []any{&size, &root}, func() error {
		out[size] = append(out[size], logRoot{root: bytes.Clone(root)})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, r.keptRoots(out)
}

// logSignatures verifies every checkpoint: a C2SP signed note that says the name
// of the log, the size and the root, under the key that is named, which was valid.
func logSignatures(ctx context.Context, r *run) (found []string, err error) {
	rows, err := r.tx.Query(ctx, `
		SELECT c.size, c.root, c.note, k.public, coalesce(o.origin, ''), c.signed_at BETWEEN k.valid_from AND k.valid_until AND k.purpose = 'checkpoint'
		FROM log_checkpoints c JOIN signing_keys k ON k.id = c.key_id LEFT JOIN log_origin o ON true ORDER BY c.size`)
	if err != nil {
		return nil, err
	}
	var size int64
	var root, signed, public []byte
	var origin string
	var valid bool
	_, err = pgx.ForEachRow(rows, []any{&size, &root, &signed, &public, &origin, &valid}, func() error {
		text, lines, _ := strings.Cut(string(signed), "\n\n")
		text += "\n"
		name := sha256.Sum256(append([]byte(origin+"\n\x01"), public...))
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(strings.TrimPrefix(lines, "— "+origin+" "), "\n"))
		said := text == fmt.Sprintf("%s\n%d\n%s\n", origin, size, base64.StdEncoding.EncodeToString(root))
		if !valid || !said || err != nil || len(raw) != 4+ed25519.SignatureSize || binary.BigEndian.Uint32(raw) != binary.BigEndian.Uint32(name[:]) || !ed25519.Verify(public, []byte(text), raw[4:]) {
			found = append(found, fmt.Sprintf("checkpoint of %d leaves", size))
		}
		return nil
	})
	return found, err
}
