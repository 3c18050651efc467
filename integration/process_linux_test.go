package integration

import "syscall"

// dieWithParent makes the system kill a program when the test program dies, which then cannot end it.
func dieWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
