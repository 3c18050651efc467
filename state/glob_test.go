package state

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// slowMatch is the simplest matcher: what matchGlob must find, whatever time it takes.
func slowMatch(mask, text string, escapes bool) bool {
	m, t := 0, 0
	star, resume := -1, 0
	for t < len(text) {
		if m < len(mask) {
			switch c := mask[m]; {
			case c == '*':
				star, resume = m, t
				m++
				continue
			case c == '?':
				m++
				t++
				continue
			case escapes && c == '\\' && m+1 < len(mask) && mask[m+1] == text[t]:
				m += 2
				t++
				continue
			case c == text[t] && (!escapes || c != '\\' || m+1 == len(mask)):
				m++
				t++
				continue
			}
		}
		if star < 0 {
			return false
		}
		resume++
		m, t = star+1, resume
	}
	for m < len(mask) && mask[m] == '*' {
		m++
	}
	return m == len(mask)
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		mask, text string
		want       bool
	}{
		{"", "", true}, {"*", "", true}, {"**", "", true}, {"?", "", false}, {"", "a", false}, {"a", "a", true}, {"a", "ab", false},
		{"a*", "a", true}, {"*a", "ba", true}, {"*a", "ab", false}, {"a*a", "a", false}, {"a*a", "aa", true}, {"ab*ba", "aba", false},
		{"*?", "", false}, {"*?*", "x", true}, {"*??*", "x", false}, {"a?*?b", "axb", false}, {"a?*?b", "axyb", true},
		{"*ab*bc*", "abc", false}, {"*ab*bc*", "abbc", true}, {"*a?c*", "abbabc", true}, {"*a?c", "abcac", false}, {"*a?c", "abcaxc", true},
		{"*", "abc", true}, {"a?c", "abc", true}, {"a?c", "ac", false}, {"a*c", "ac", true}, {"a*c", "abbbc", true}, {"a*c", "ab", false},
		{"*b*", "abc", true}, {"*!*@*.example", "n!u@h.example", true}, {"a*b*c", "aXbbYbc", true}, {"a*b*c", "acb", false},
		{`a\*c`, "a*c", true}, {`a\*c`, "abc", false}, {`a\?`, "a?", true}, {`a\?`, "ab", false}, {`x\`, `x\`, true},
		{`\*`, "*", true}, {`\*`, "x", false}, {`*\**`, "a*b", true}, {`*\**`, "ab", false}, {`a\`, `a\`, true}, {`\\`, `\`, true}, {`*\?`, "a?", true},
		{`*\?`, "ab", false}, {`*a?\*b*`, "xaz*b", true}, {`*a?\*b*`, "xazzb", false},
	} {
		require.Equal(t, c.want, Match(c.mask, c.text), "%q %q", c.mask, c.text)
		require.Equal(t, c.want, slowMatch(c.mask, c.text, true), "%q %q", c.mask, c.text)
	}
}

// TestMatchAll compares the matcher with the simplest one for every short mask and text.
func TestMatchAll(t *testing.T) {
	var texts, masks []string
	grow := func(letters string, most int) (all []string) {
		all = []string{""}
		for from := 0; most > 0; most-- {
			end := len(all)
			for _, word := range all[from:end] {
				for _, b := range letters {
					all = append(all, word+string(b))
				}
			}
			from = end
		}
		return all
	}
	texts, masks = grow("ab", 6), grow("ab*?", 6)
	for _, mask := range masks {
		for _, text := range texts {
			if matched, _ := matchGlob(mask, text, false); matched != slowMatch(mask, text, false) {
				require.Fail(t, "differs", "%q %q: %t", mask, text, matched)
			}
		}
	}
	texts, masks = grow(`a*\`, 4), grow(`a*?\`, 5)
	for _, mask := range masks {
		for _, text := range texts {
			if matched, _ := matchGlob(mask, text, true); matched != slowMatch(mask, text, true) {
				require.Fail(t, "differs", "%q %q: %t", mask, text, matched)
			}
		}
	}
}

// FuzzMatch: random masks and texts, long ones too.
func FuzzMatch(f *testing.F) {
	f.Add("*a?b*c", "xxaybzzc", uint16(1))
	f.Add(`a\*?*\?b`, "a*xyz?b", uint16(70))
	f.Fuzz(func(t *testing.T, mask, text string, times uint16) {
		n := int(times) % 80
		masks := []string{mask, strings.Repeat(mask, n%9), "*" + strings.Repeat("?", n) + mask + "*", "*a" + strings.Repeat("?", 3*n) + mask + "*b"}
		for _, m := range masks {
			for _, text := range []string{text, strings.Repeat(text, n%7), "a" + strings.Repeat(text, n) + "b"} {
				for _, escapes := range []bool{false, true} {
					matched, steps := matchGlob(m, text, escapes)
					require.LessOrEqual(t, steps, globSteps(m, len(text), escapes), "%q %q %t", m, text, escapes)
					require.Equal(t, slowMatch(m, text, escapes), matched, "%q %q %t", m, text, escapes)
				}
			}
		}
	})
}

// TestMatchSteps: whatever the mask, the steps grow with the length of both.
func TestMatchSteps(t *testing.T) {
	a, q := strings.Repeat("a", 4000), strings.Repeat("?", 70)
	for _, c := range []struct{ mask, text string }{
		{"*" + strings.Repeat("a", 54) + "b00?", a}, {"*" + strings.Repeat("a", 54) + "b00?*", a}, {"*" + q + "#x", a[:150]}, {"*" + q + "#x*", a[:150]},
		{strings.Repeat("*a", 100) + "b", a}, {strings.Repeat("*a?", 60) + "b", a}, {strings.Repeat("*a?", 60) + "*b*", a},
		{"*" + strings.Repeat("a?", 90) + "b*", a}, {"*" + strings.Repeat("a", 99) + "?" + strings.Repeat("a", 95) + "b*", a},
		{"*" + strings.Repeat("ab?", 60) + "*", strings.Repeat("ab", 2000)}, {strings.Repeat("?*", 100), a}, {"*" + strings.Repeat("?", 199), a[:100]},
		{`*` + strings.Repeat(`\a`, 90) + `?b*`, a}, {a[:200], a}, {"*" + a[:198] + "*", a[:197]},
	} {
		for _, escapes := range []bool{false, true} {
			_, steps := matchGlob(c.mask, c.text, escapes)
			require.LessOrEqual(t, steps, globSteps(c.mask, len(c.text), escapes), "%.40q", c.mask)
		}
	}
}
