//go:build !linux

package integration

import "syscall"

// dieWithParent does nothing, because this system cannot do it.
func dieWithParent(*syscall.SysProcAttr) {}
