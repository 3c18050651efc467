//go:build linux && !race

package transport

import (
	"syscall"
	"unsafe"
)

// rawRead and rawWrite are the system calls for sockets that never block, without telling the scheduler: to tell it
// costs more than the call when little is going on, because it wakes the runtime's monitor for each line that arrives.
// The race detector's build takes the ordinary calls, which it understands.

func rawRead(fd int, p []byte) (int, error) { return rawCall(syscall.SYS_READ, fd, p) }

func rawWrite(fd int, p []byte) (int, error) { return rawCall(syscall.SYS_WRITE, fd, p) }

func rawCall(call uintptr, fd int, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, _, errno := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
	if errno != 0 {
		return -1, errno
	}
	return int(n), nil
}
