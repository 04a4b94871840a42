// Package opening is the opening review (开放审查): whether one content may be
// opened, decided gate by gate by people who are not each other (AS-28, AS-30,
// TJ-20.2, AB-39).
//
// A review is about exactly one content: the bytes of an upload that was read, or
// of a version, by their SHA-256, and its columns and terms by the schema hash
// (datasets.Fingerprint). Each gate keeps who decided what, when, about which
// hashes, and never changes. What a review lets through, package datasets asks
// when a version or an entry is published; nothing here publishes, but for the
// emergency lane (AS-20.4, AB-32), which opens first and is checked after.
//
// This package does not know how pages look, and serves no bytes: those go
// through the Gate, which lets reviewers have what waits for them.
package opening
