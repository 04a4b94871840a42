package chinese

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
)

// Fingerprint names the tables by which texts are folded and read. An index
// made with others has other keys and is to be built anew.
var Fingerprint = sync.OnceValue(func() string {
	h := sha256.New()
	for _, table := range []string{characterTable, phraseTable, readingTable} {
		h.Write([]byte(table))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
})
