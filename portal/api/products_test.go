package api_test

import (
	"encoding/json"
	"testing"

	"shuyuan/marketplace/provenance/verify"
	"shuyuan/portal/api"
)

// What the portal answers is what the program that checks files reads.
func TestTheAnswerIsReadByWhoeverChecksAFile(t *testing.T) {
	said, err := json.Marshal(api.Verification{Verdict: string(verify.Lapsed), Bundle: &api.ProofFile{Proof: &verify.Proof{Format: verify.ProofFormat, Checkpoint: "x", Status: &verify.Status{State: verify.Recalled}}}})
	if err != nil {
		t.Fatal(err)
	}
	var read verify.Answer
	if err := json.Unmarshal(said, &read); err != nil || read.Verdict != verify.Lapsed || read.Proof == nil || read.Proof.Format != verify.ProofFormat || read.Proof.Status.State != verify.Recalled {
		t.Errorf("%s is read as %+v, %v", said, read, err)
	}
}
