// Package workspace is the secure development workspace (安全开发空间, 可用不可见):
// a developer of an active scenario writes programs on data that nobody there can
// see, and only results that two people released leave it (原始数据不出平台、
// 结果数据不可逆算).
//
// A Workspace belongs to one scenario. Its Mounts are versions of what the
// scenario's grants give, read in once by the path that serves them, which writes
// the acquisition. A Job is a statement that the engine vets and runs; its result
// is held, sealed with the workspace's key. A Review lets it out: checks by rules
// (package disclosure), then two people who neither asked nor are of the
// organisation that did. A Release is what left, and the only thing that is ever
// served. Close ends it all: the key is erased, and a certificate says what was
// destroyed.
//
// Nothing of the chain above (mandate, scenario, contract, grant) is written down
// here: it is asked at every step, so that what is suspended stops at the next
// request, and what is resumed is as it was.
package workspace
