// Package tender is competitive awards: who is given what only one may have, or what
// a text gives only to the winner of a competition (公开招标等竞争性方式, AB-35.3).
//
// A tender asks for bids by criteria with weights. Bids are sealed until the opening
// by commit and reveal: what is handed in is the SHA-256 of a nonce and the bid. As a
// rule the server keeps the bid itself too, locked for a key that it uses only once
// the opening has come; whoever trusts nobody keeps it and reveals it then. A panel
// scores, each alone; the award is notified, can be challenged for some working days,
// and is confirmed. What time moves (opening for bids, closing, opening of the bids)
// the platform moves, by its own clock, to the second.
//
// The package lies below licensing: an application, a scenario or a mandate points to
// a tender and asks Confirmed.
package tender
