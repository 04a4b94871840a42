// Package offering lists products (上架) and prices them (套餐).
//
// Whoever has the right to run a product (产品经营权) lists it, to everybody, to some
// organisations or to one; the exchange, which sells nothing that it checks, publishes
// it or returns it. A listing has plans. One that is live is never changed: another
// replaces it.
//
// A price is at most the ceiling of the authority (I-22), is asked neither for public
// benefit nor for governance (I-23), and never for what is open without conditions
// (I-21; AS-29, TJ-20). That holds when a plan goes live and each time somebody would
// order it: Offered is the one answer to "may this be ordered now?", and where it does
// not know, it says no.
package offering
