package state

import (
	"strconv"
	"strings"
)

// filterBytes bounds one entry of a filter (+g), because every message is compared with it.
const filterBytes = 60

// mostWords bounds the list, because each message is compared with all of it.
const mostWords = 32

// checkFilter surrounds text without wildcards with stars, so that it matches anywhere.
func checkFilter(_ *Policy, param string) (tidy, why string, ok bool) {
	tidy = param
	if !strings.ContainsAny(tidy, "*?") {
		tidy = "*" + tidy + "*"
	}
	for strings.Contains(tidy, "**") {
		tidy = strings.ReplaceAll(tidy, "**", "*")
	}
	if len(tidy) > filterBytes || tidy == "*" || strings.ContainsAny(param, " \r\n\x00") || param[0] == ':' {
		return "", "The parameter must be text without spaces of at most " + strconv.Itoa(filterBytes) + " bytes; ? stands for any character", false
	}
	return tidy, "", true
}

func filterForbids(a *attempt) bool { return a.anyText(a.hasUnwanted) }

// hasUnwanted reports whether a text matches an entry of the channel's filter.
func (a *attempt) hasUnwanted(text string) bool {
	text = a.state.policy.Casemapping.Fold(stripFormatting(text))
	a.state.spend(len(text) / matchBytes)
	for _, e := range a.channel.List('g') {
		if a.state.globEscaped(e.folded, text) {
			return true
		}
	}
	return false
}
