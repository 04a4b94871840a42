package templates

func (f TextField) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// Mistake is what a form was refused for: a sentence, and the field it is
// about, if it is about one.
type Mistake struct {
	Field    string
	Sentence string
}

// at is the sentence where it is about this field.
func (m Mistake) at(field string) string {
	if m.Field == field {
		return m.Sentence
	}
	return ""
}

// beside is the sentence where it is about none of these fields.
func (m Mistake) beside(fields ...string) string {
	for _, f := range fields {
		if m.Field == f {
			return ""
		}
	}
	return m.Sentence
}
