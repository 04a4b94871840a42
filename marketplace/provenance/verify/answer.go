package verify

// Answer is what of a portal's answer is read where a digest is looked up:
//
//	GET <portal>/api/v1/verify/{digest}?proof=true
//	200 {"verdict": "valid", …, "proof": Proof}
//
// The digest is 64 lower-case hexadecimal digits, any of those that Digests lists for a
// statement; by that of the names of columns it is proofs, of several statements. There is no proof where the verdict is unknown, nor in the seconds until the
// log is signed; it has the Status of its product as of now, and says nothing of who
// bought it.
type Answer struct {
	Verdict Verdict `json:"verdict"`
	Proof   *Proof  `json:"proof,omitempty"`
	Proofs  []Proof `json:"proofs,omitempty"` // of statements about tables whose columns have these names
}

// Path is where a digest is looked up, below the address of the portal.
func Path(digest string) string { return "/api/v1/verify/" + digest + "?proof=true" }
