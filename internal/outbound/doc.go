// Package outbound is the one gate for requests that the server makes to
// addresses that people typed: it keeps them from reaching what only the server
// can reach (server-side request forgery, OWASP API7:2023), and from taking
// more of the server than a request should.
//
// An address is looked at before anything is done with it (Parse), its name is
// resolved once, every address that comes back must be one of the public
// internet (public.go), and the connection is made to exactly that address and
// looked at once more as it is made. Each redirect begins anew. Nothing of ours
// goes along: no cookie, no credential, no address of the page one came from.
// How long, how much and how many at the same time is bounded.
//
// What speaks to services that the operator configured (a store, a search
// engine, a mail server) does not come through here.
package outbound
