package workspace

// Uncounted is a sentence as a developer reads it.
func Uncounted(w Words) Words { return w.uncounted() }
