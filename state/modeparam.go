package state

import (
	"strconv"
	"strings"
)

func checkMask(p *Policy, param string) (tidy, why string, ok bool) {
	tidy, _, ok = p.parseMask(param, extbanDepth)
	if !ok {
		return "", "Not a mask: give nick!user@host or an extended ban, at most " + strconv.Itoa(p.MaskBytes) + " bytes", false
	}
	return tidy, "", true
}

// checkKey: a key with a space or a comma could not be given in a JOIN.
// https://modern.ircdocs.horse/#key-channel-mode
func checkKey(p *Policy, param string) (tidy, why string, ok bool) {
	if len(param) > p.KeyBytes {
		return "", "A key has at most " + strconv.Itoa(p.KeyBytes) + " bytes", false
	}
	if strings.ContainsAny(param, " ,") || param[0] == ':' {
		return "", "A key has no space or comma and does not start with a colon", false
	}
	for _, r := range param {
		if r < ' ' || r == 0x7f {
			return "", "A key has no control characters", false
		}
	}
	return param, "", true
}

func checkLimit(_ *Policy, param string) (tidy, why string, ok bool) {
	n, err := strconv.Atoi(param)
	if err != nil || n < 1 || n > 1_000_000 {
		return "", "A limit is a number from 1 to 1000000", false
	}
	return strconv.Itoa(n), "", true
}

// maskTest compiles a mask that checkMask has tidied; nil when it is none.
func maskTest(p *Policy, tidy string) *mask {
	_, test, _ := p.parseMask(tidy, extbanDepth)
	return test
}

func parseNumber(tidy string) any {
	n, err := strconv.Atoi(tidy)
	if err != nil {
		return 0 // check lets no such text through
	}
	return n
}
