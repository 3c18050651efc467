package config

import (
	"slices"
	"strconv"
	"strings"
)

// DefconMeasures are what a level of DEFCON may close.
var DefconMeasures = []string{"connections", "unregistered", "channels", "talk"}

// Defcon says what each level closes. At 5 nothing is.
type Defcon struct {
	Level4 []string `toml:"level4" default:"channels" max:"4" doc:"What DEFCON 4 closes, of these: 'channels' (nobody but operators creates a channel), 'talk' (who has no account speaks to operators only), 'unregistered' (who has no account does not come in), 'connections' (nobody comes in, but from this machine)."`
	Level3 []string `toml:"level3" default:"channels, talk" max:"4" doc:"What DEFCON 3 closes."`
	Level2 []string `toml:"level2" default:"channels, talk, unregistered" max:"4" doc:"What DEFCON 2 closes."`
	Level1 []string `toml:"level1" default:"channels, talk, unregistered, connections" max:"4" doc:"What DEFCON 1 closes. Server bans' exemptions (ELINE) hold for it too."`
}

func (d *Defcon) check(c *checker) {
	for i, list := range [][]string{d.Level4, d.Level3, d.Level2, d.Level1} {
		key := "defcon.level" + strconv.Itoa(4-i)
		for at, name := range list {
			if !slices.Contains(DefconMeasures, name) {
				c.reportAt(c.at(key, at), "", "must be one of "+strings.Join(DefconMeasures, ", ")+"; not "+strconv.Quote(name))
			}
		}
	}
}
