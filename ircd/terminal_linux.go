package main

import "golang.org/x/sys/unix"

// The ioctl requests that read and change a terminal's settings.
const (
	readTermios  = unix.TCGETS
	writeTermios = unix.TCSETS
)
