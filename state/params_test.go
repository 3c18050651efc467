package state

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzModeParameter: what a mode's check has tidied it takes again, and leaves as it is; what the effect needs can be
// made of it.
func FuzzModeParameter(f *testing.F) {
	for _, param := range []string{"*!*@host", "$~a", "$m:$~r:*x*", "$j:@#c", "key", "5", "3:10", "1h30m", "[1j#b1]:60", "[3m#m5,2r#k]:10", "normal", "#other", "noctcp:v", "v:nick!*@*", "*word*"} {
		f.Add(param)
	}
	p := DefaultPolicy()
	p.Ranks = "qaohv"
	f.Fuzz(func(t *testing.T, param string) {
		if param == "" {
			return // no mode's parameter is empty
		}
		for i := range channelModeTable {
			m := &channelModeTable[i]
			if m.check == nil {
				continue
			}
			tidy, why, ok := m.check(&p, param)
			if !ok {
				require.NotEmpty(t, why, "%c %q", m.letter, param)
				continue
			}
			again, _, ok := m.check(&p, tidy)
			require.True(t, ok, "%c %q: %q", m.letter, param, tidy)
			require.Equal(t, tidy, again, "%c %q", m.letter, param)
			require.NotContains(t, tidy, " ", "%c %q: it would be two parameters", m.letter, param)
			if m.test != nil {
				require.NotNil(t, m.test(&p, tidy), "%c %q", m.letter, tidy)
			}
			if m.parse != nil {
				require.NotNil(t, m.parse(tidy), "%c %q", m.letter, tidy)
			}
		}
	})
}
