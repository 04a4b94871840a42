package sandbox

// olderNames are the calls of the first days that only this machine kind has.
var olderNames = []string{"open", "stat", "lstat", "access", "readlink", "mkdir", "unlink", "rmdir", "rename", "poll", "select", "epoll_wait", "pipe", "dup2", "time", "arch_prctl", "getrlimit"}
