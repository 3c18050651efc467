package config

import (
	"slices"
	"strconv"
	"strings"
)

// Defcon says what each level blocks. Level 5 blocks nothing.
type Defcon struct {
	Level4 []string `toml:"level4" default:"channels" max:"20" doc:"What DEFCON 4 blocks. Choose from {measures}."`
	Level3 []string `toml:"level3" default:"channels, talk" max:"20" doc:"What DEFCON 3 blocks."`
	Level2 []string `toml:"level2" default:"channels, talk, unregistered" max:"20" doc:"What DEFCON 2 blocks."`
	Level1 []string `toml:"level1" default:"channels, talk, unregistered, connections" max:"20" doc:"What DEFCON 1 blocks."`
}

func (d *Defcon) check(c *checker) {
	names := measureNames()
	for i, list := range [][]string{d.Level4, d.Level3, d.Level2, d.Level1} {
		key := "defcon.level" + strconv.Itoa(4-i)
		for at, name := range list {
			if !slices.Contains(names, name) {
				c.reportAt(c.at(key, at), "", "must be one of "+strings.Join(names, ", ")+", not "+strconv.Quote(name))
			}
		}
	}
}
