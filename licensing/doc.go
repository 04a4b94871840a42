// Package licensing is about data that is not for everybody: who may be given
// which bytes, on what ground, until when. So far it holds the gate; the
// applications, grants and agreements come to stand beside it.
package licensing
