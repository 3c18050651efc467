package state

import "strings"

// NormalMask completes a ban mask to nick!user@host: "bob" is bob!*@*, "*.example" is *!*@*.example, "u@h" is *!u@h.
// Runs of stars become one star. The result is "" when the mask is empty or too long, has a space, or starts with a
// colon.
// https://modern.ircdocs.horse/#ban-channel-mode
func NormalMask(mask string, mostBytes int) string {
	if mask == "" || mask[0] == ':' || strings.ContainsAny(mask, " \r\n\x00") {
		return ""
	}
	nick, rest, bang := strings.Cut(mask, "!")
	if !bang {
		switch {
		case strings.Contains(mask, "@"):
			nick, rest = "*", mask
		case strings.ContainsAny(mask, ".:/"):
			nick, rest = "*", "*@"+mask
		default:
			nick, rest = mask, "*@*"
		}
	}
	user, host, at := strings.Cut(rest, "@")
	if !at {
		host = "*"
	}
	whole := starIfEmpty(nick) + "!" + starIfEmpty(user) + "@" + starIfEmpty(host)
	for strings.Contains(whole, "**") {
		whole = strings.ReplaceAll(whole, "**", "*")
	}
	if len(whole) > mostBytes {
		return ""
	}
	return whole
}

func starIfEmpty(s string) string {
	if s == "" {
		return "*"
	}
	return s
}
