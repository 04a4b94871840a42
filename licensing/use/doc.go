// Package use is about what becomes of data after a grant: how it is used, that
// it is destroyed at the end, and audits of grants that were drawn at random.
//
// A Report of use is due each time the platform's period has passed since the
// grant (AB-35.4 定期跟踪; the text names no period). One that is overdue is warned
// of, and then suspends the grant until it is in: never without the warning.
// A Destruction is owed once a grant has ended (AS-44 by analogy, FJ-4.3): a
// certificate, an exception by law or agreement, or nothing where nothing was ever
// delivered. A Draw takes a sample of grants from a seed that is written down, so
// that anybody can work out the same sample, and each Audit of it has questions,
// an answer and a finding.
//
// A grant is suspended and reinstated by package licensing alone. What a wanting
// finding leads to is no business of this package: whoever supervises opens a case
// (licensing/supervision).
package use
