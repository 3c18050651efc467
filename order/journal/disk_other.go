//go:build !linux

package journal

import "os"

func syncData(f *os.File) error { return f.Sync() }

func reserve(*os.File, int64) error { return nil }

func currentBoot() bootID { return bootID{} }
