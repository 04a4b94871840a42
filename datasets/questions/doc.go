// Package questions holds what people ask about an entry and what its
// department answers.
//
// A question is seen by its asker and by the officers of the department until
// it is answered; then it and the official answer are public on the page of the
// entry. That, a limit of questions a day, and a name behind each of them keep
// spam away without a puzzle. A question that is not answered here (it asks for
// a disclosure under another law, or holds somebody's personal data) is declined
// with the reason, which its asker alone sees.
//
// Readers report what is public; the department hides it with a reason that stands
// in its place, or dismisses the report.
//
// A clock runs from the asking (平台规则); whether it is late is worked out.
package questions
