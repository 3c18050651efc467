package main

import "golang.org/x/sys/unix"

// The calls that read and change how a terminal behaves.
const (
	readTermios  = unix.TCGETS
	writeTermios = unix.TCSETS
)
