package main

import "net/url"

// queries are the searches of one run: the address of the n-th, each different
// from all others, so that no cache can answer. A third are one word, the
// others two; they are filtered and sorted in every way that leaves much to
// count.
func queries(words []string) func(n int64) string {
	var ways []string
	for _, sort := range []string{"", "&sort=updated", "&sort=popular"} {
		for _, filter := range []string{"", "&open=unconditional", "&format=csv", "&freq=annual", "&freq=irregular", "&format=csv&open=unconditional"} {
			ways = append(ways, filter+sort)
		}
	}
	w, v := int64(len(words)), int64(len(ways))
	return func(n int64) string {
		if n%3 == 0 {
			k := scattered(n/3, w*v)
			return "/datasets?q=" + url.QueryEscape(words[k%w]) + ways[k/w]
		}
		two := n - n/3 - 1 // so many of two words came before
		k := scattered(two, w*w)
		return "/datasets?q=" + url.QueryEscape(words[k%w]+" "+words[k/w]) + ways[two%v]
	}
}

// scattered walks through the numbers below n without order, each once before
// any comes again: the step is a prime that no number of ours is a multiple of.
func scattered(i, n int64) int64 { return i % n * 1_000_003 % n }
