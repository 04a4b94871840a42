package sandbox

// olderNames is empty: this machine kind never had them.
var olderNames = []string{"getrlimit"}
