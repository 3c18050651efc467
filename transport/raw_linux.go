//go:build linux && !race

package transport

import (
	"syscall"
	"unsafe"
)

// rawRead and rawWrite are system calls on non-blocking sockets that bypass the scheduler. On a quiet server, informing
// the scheduler would cost more than the call itself, because it wakes the runtime's monitor thread for each line that
// arrives. Builds with the race detector use the ordinary calls, which the detector understands.

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
