package state

import "strings"

// formatting lists the control characters for colours, bold, italics and the like.
// https://modern.ircdocs.horse/formatting
const formatting = "\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f"

// stripFormatting removes colours and formatting, including the digits of colours.
func stripFormatting(text string) string {
	if !strings.ContainsAny(text, formatting) {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		switch b := text[i]; {
		case b == '\x03':
			i = afterColour(text, i+1, 2, isDigit)
		case b == '\x04':
			i = afterColour(text, i+1, 6, isHex)
		case strings.IndexByte(formatting, b) >= 0:
			i++
		default:
			out = append(out, b)
			i++
		}
	}
	return string(out)
}

// afterColour returns the index after a foreground colour of at most most digits and, after a comma, a background
// colour.
func afterColour(text string, at, most int, digit func(byte) bool) int {
	end := afterDigits(text, at, most, digit)
	if end == at || end >= len(text) || text[end] != ',' {
		return end
	}
	if background := afterDigits(text, end+1, most, digit); background > end+1 {
		return background
	}
	return end
}

func afterDigits(text string, at, most int, digit func(byte) bool) int {
	end := at
	for end < len(text) && end < at+most && digit(text[end]) {
		end++
	}
	return end
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

func isHex(b byte) bool {
	return isDigit(b) || b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F'
}
