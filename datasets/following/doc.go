// Package following knows who follows what, and tells people what happened: in
// the application and by mail.
//
// What happens to entries, datasets writes as events in the transaction of the
// act; Spread turns an event into notices of its followers, in one transaction
// with the letters that go out with them, so that nothing is lost and nobody is told twice. A search that somebody follows is looked through
// whenever an entry comes or changes (MatchSearches).
//
// A notice keeps no text of an entry. Whoever is told, is told what everybody may
// see at that moment (datasets.Told): what was withheld since is neither listed
// nor sent.
package following
