// Package chinese brings what people type and what departments write to one
// form, without a segmenter: width, case, traditional characters, readings and
// synonyms. It knows nothing of an index.
package chinese
