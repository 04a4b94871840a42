// Package transparency is the public log: a Merkle tree (RFC 6962) of what was
// sealed, recalled, certified and received, and of the keys that sign. It only
// grows, and everybody can verify that it does.
//
// Append puts a leaf in the transaction that does what the leaf is about, so that
// neither is without the other. A Log signs the state of the tree every few
// seconds as a checkpoint that continues the last one, and keeps all checkpoints,
// outside the database too. A Reader gives out checkpoints, tiles, entries and
// proofs, of what a checkpoint covers and no more. The formats are those of C2SP
// (tlog-checkpoint, tlog-tiles, tlog-cosignature): see package wire, which is all
// that a verifier needs.
//
// A leaf names statements, products and certificates by their numbers and digests.
// It never names a person or a buyer: Append refuses a field it does not know and
// a value that could be a name.
package transparency
