// Package webhooks tells programs what their owners are told: each notice of
// following, to the addresses that its reader entered (Standard Webhooks,
// https://www.standardwebhooks.com).
//
// A delivery is written in the transaction of the notice, and sent by a job. What
// is sent is written from the notice at that moment, as a letter is: what nobody
// may know any more is not sent. A sending that is not accepted is repeated after
// growing pauses with the same webhook-id; an address that fails for days is
// switched off.
//
// Nothing is sent to an address before it has answered a signed challenge: it
// belongs to somebody who has the secret, and wants this.
package webhooks
