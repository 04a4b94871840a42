package demo

import (
	"fmt"
	"strings"

	"shuyuan/internal/policy"
)

// statutes are the articles of national law that entries cite, by a key of our
// own: world/statutes.yaml.
type statutes map[string]statute

type statute struct {
	Law     string `yaml:"law"`
	Article string `yaml:"article"`
	Quote   string `yaml:"quote"`
}

// library is where a citation must be found. An entry names its bases by key
// alone, so that none can be cited that is not there.
type library struct {
	book     *policy.Book
	statutes statutes
}

// cite turns keys into what a page shows: law, article, words. profile is the
// text that binds the department: no other local text may be cited for it.
func (l library) cite(keys []string, profile string) ([]string, error) {
	var out []string
	for _, key := range keys {
		words, err := l.find(key, profile)
		if err != nil {
			return nil, err
		}
		out = append(out, words)
	}
	return out, nil
}

func (l library) find(key, profile string) (string, error) {
	if s, ok := l.statutes[key]; ok {
		return fmt.Sprintf("《%s》%s：%s", s.Law, s.Article, s.Quote), nil
	}
	found := l.book.Provision(key)
	if len(found) == 0 {
		return "", fmt.Errorf("there is no provision %s", key)
	}
	var quotes []string
	for _, p := range found {
		if p.Profile != profile {
			return "", fmt.Errorf("%s is of %s and does not bind a department under %q", key, p.Profile, profile)
		}
		quotes = append(quotes, p.Quote)
	}
	return fmt.Sprintf("《%s》（%s）：%s", found[0].Title.Zh, key, strings.Join(quotes, "；")), nil
}
