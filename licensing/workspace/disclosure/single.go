package disclosure

// singles refuses a result whose rows are about one subject each (R7): what is
// asked of one subject is answered by yes or no, or by a score, with its consent,
// by a service; it does not leave as rows.
func (w *work) singles() {
	one := 0
	for _, n := range w.t.Subjects {
		if n <= 1 {
			one++
		}
	}
	if one*2 > len(w.t.Subjects) {
		w.say(R7, Refused, Finding{Sentence: sayRowLevel})
	}
}
