// Package supervision is what follows when data that was given to somebody is
// used as it must not be, or something happens to it.
//
// A breach case is held against a grant, of an application or of sharing, for one
// or more of the kinds of breach that the text in force names (FJ-III.4, AB-44(9)
// to (11), AS-22b), else the platform's six. Where it presses the grant is
// suspended at once; the holder is heard; the decision can be disputed before the
// authority. An incident is what happened to data themselves (AS-48, TJ-50,
// AB-41.2): who took them is told, authorities are reported to, records are kept.
//
// An order (责令限期整改) is what an authority has a department put right by a day
// (AS-49, TJ-52, AB-44(2) to (12)).
//
// The public sees none of it; each side sees its own.
package supervision
