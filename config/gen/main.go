// Command gen writes the sample configuration to the file that its only argument names. It makes the sample from the
// tags in package config.
package main

import (
	"fmt"
	"os"

	"bavard/config"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gen FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], config.Sample(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
