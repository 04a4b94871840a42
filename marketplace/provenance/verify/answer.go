package verify

// Answer is what a portal answers where a digest is looked up:
//
//	GET <portal>/api/v1/verify/{digest}
//	200 {"digest": "…", "proofs": [Proof, …]}
//	404 where nothing is known of it
//
// The digest is 64 lower-case hexadecimal digits, any of those that Digests lists for a
// statement. There are at most MostProofs, newest first; each has the Status of its
// product as of now, and says nothing of who bought it.
type Answer struct {
	Digest string  `json:"digest"`
	Proofs []Proof `json:"proofs"`
}

// MostProofs is how many proofs an answer has at most.
const MostProofs = 20

// Path is where a digest is looked up, below the address of the portal.
func Path(digest string) string { return "/api/v1/verify/" + digest }
