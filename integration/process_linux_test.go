package integration

import "syscall"

// dieWithParent makes the system kill a program when the test program is gone, which cannot end it any more.
func dieWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
