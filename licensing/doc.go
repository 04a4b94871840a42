// Package licensing is about data that is not for everybody: who may be given
// which bytes, on what ground, until when.
//
// An Application for an entry that is open on conditions goes by its lifecycle
// from a draft to a decision (TJ-23, AB-35), under the Rules of the day on which it
// was received. What is agreed to is an Agreement that both sides signed and a
// grant, in one act. Gate is the one answer to whether bytes may pass: it joins
// grant, people, organisation, key and entry at the moment it is asked.
//
// Beside it stand corrections (objections to data), demands (data that people ask
// for) and sharing (between public bodies). Each delivery is written down by
// package datasets, which serves it.
package licensing
