package state

import "strings"

// NormalMask completes a ban mask to nick!user@host: "bob" is bob!*@*, "*.example" is *!*@*.example, "u@h" is *!u@h.
// Runs of stars become one. It is "" when the mask is empty, too long or has a space or a leading colon.
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

// Match tells whether text matches a mask with * (any run), ? (any one byte) and \ (the next one itself). Both are
// compared as they stand: fold them first where case does not count. It takes time len(mask)*len(text) at worst.
// https://modern.ircdocs.horse/#wildcard-expressions
func Match(mask, text string) bool { return match(mask, text, true) }

// matchLiteral is Match without the escape, for masks of people: a backslash is a letter of nicks, and nobody types two.
func matchLiteral(mask, text string) bool { return match(mask, text, false) }

func match(mask, text string, escapes bool) bool {
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
