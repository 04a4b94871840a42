package disclosure

// people says that two have to look (R11), whatever the others say: neither is
// the requester, nor of its organisation.
func (w *work) people() {
	w.say(R11, People, Finding{Sentence: sayPeople})
}
