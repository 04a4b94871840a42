// Package marketplace is the trade in products derived from public data. So far it
// has the products themselves: what they are made of and from, the seal that freezes
// a version with a statement of its sources, and what takes one back.
//
// A Product belongs to the organisation that developed it. A Version is made of
// Contents (a result that left a workspace, a table or bytes from outside) and of
// Inputs, and goes building → checked → sealed → published. Checking recomputes every
// content; sealing walks from jobs to acquisitions to versions of datasets, signs what
// it found (package provenance/statement), and writes statement, envelope, place in
// the transparency log and the stamped files in one transaction, after which nothing
// of it changes. No form has a field for a source or a date. Read gives the rows of a
// version with its stamp.
//
// What is withdrawn, put right or recalled above a sealed version flags everything
// below it (Follow). Verify answers anybody what a digest or a number is.
//
// Below it: registration (登记) with its certificates, by which a product comes to
// Registered and Listable; offering, what is listed and at which price; ordering,
// contracts and orders; delivery, what is handed over, counted and billed; payment, how
// money is seen to arrive; settlement and refunding, how it goes on and back; ledger, the
// double-entry book of all that; receipts, certificates of download.
//
// The server has offering, payment by transfer and settlement so far. No page takes an
// order yet, so nothing calls ordering, delivery and refunding there.
package marketplace
