// Package corrections holds what people say is wrong with data, and what its
// department finds when it checks (数据复核: AB-28, AS-23.2).
//
// Anybody may file, with an account or without, about an entry, a row or a cell,
// with the department itself or with the platform, which forwards it. The
// department checks and answers within the working days of the text that bound it
// when it received the objection; its head may give more once, before they end.
// The data stays open meanwhile and is marked. What is corrected names the
// version, the revision of the dictionary or of the entry that puts it right, and
// whoever is known to have taken the data is told. Values of other departments
// that disagree join a case of datasets/sources (AB-29).
//
// The words of an objection are public once it is answered. Who filed it is
// personal data: it stands apart, is seen by the department alone, and goes when
// the objection has been closed for a while.
package corrections
