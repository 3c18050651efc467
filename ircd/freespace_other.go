//go:build !linux && !darwin && !freebsd

package main

func freeSpace(string) (bytes int64, ok bool) { return 0, false }
