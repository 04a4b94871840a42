package stamp

import (
	"encoding/base64"
	"encoding/json"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

// Beside is an envelope, in JSON, with one more signature over the same message.
func Beside(envelope []byte, keyID string, signature []byte) ([]byte, error) {
	var e dsse.Envelope
	if err := json.Unmarshal(envelope, &e); err != nil {
		return nil, err
	}
	e.Signatures = append(e.Signatures, dsse.Signature{KeyID: keyID, Sig: base64.StdEncoding.EncodeToString(signature)})
	return json.Marshal(e)
}
