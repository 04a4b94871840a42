package text

// english holds the English of every Chinese sentence. Other files of this
// package add to it by subject in their own init.
var english = map[string]string{}

func add(m map[string]string) {
	for zh, en := range m {
		english[zh] = en
	}
}
