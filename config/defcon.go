package config

import (
	"slices"
	"strconv"
	"strings"
)

// DefconMeasures lists what a DEFCON level can block.
var DefconMeasures = []string{"connections", "unregistered", "channels", "talk"}

// Defcon says what each level blocks. Level 5 blocks nothing.
type Defcon struct {
	Level4 []string `toml:"level4" default:"channels" max:"4" doc:"What DEFCON 4 blocks. Choose from 'channels' (only IRC operators can create channels), 'talk' (users without an account can write only to operators), 'unregistered' (users without an account cannot connect) and 'connections' (nobody can connect, except from this machine)."`
	Level3 []string `toml:"level3" default:"channels, talk" max:"4" doc:"What DEFCON 3 blocks."`
	Level2 []string `toml:"level2" default:"channels, talk, unregistered" max:"4" doc:"What DEFCON 2 blocks."`
	Level1 []string `toml:"level1" default:"channels, talk, unregistered, connections" max:"4" doc:"What DEFCON 1 blocks."`
}

func (d *Defcon) check(c *checker) {
	for i, list := range [][]string{d.Level4, d.Level3, d.Level2, d.Level1} {
		key := "defcon.level" + strconv.Itoa(4-i)
		for at, name := range list {
			if !slices.Contains(DefconMeasures, name) {
				c.reportAt(c.at(key, at), "", "must be one of "+strings.Join(DefconMeasures, ", ")+", not "+strconv.Quote(name))
			}
		}
	}
}
