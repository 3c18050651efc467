package commands

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReferenceLinks: every link in the reference leads to one heading, and every command has one.
func TestReferenceLinks(t *testing.T) {
	text := string(Reference()) + "\n## Numerics\n" // which gen adds
	headings := map[string]int{}
	for _, h := range regexp.MustCompile(`(?m)^##+ (.+)$`).FindAllStringSubmatch(text, -1) {
		headings[anchor(h[1])]++
	}
	links := regexp.MustCompile(`\]\(#([^)]+)\)`).FindAllStringSubmatch(text, -1)
	for _, l := range links {
		require.Equal(t, 1, headings[l[1]], l[1])
	}
	require.Len(t, links, len(headings), "a heading that no link leads to")
	for _, c := range verbs {
		require.Equal(t, 1, headings[anchor(c.verb)], c.verb)
	}
}
