package commands

import (
	"strconv"

	"bavard/wire"
)

// room returns how many bytes are left for the last parameter of a reply with this command and these parameters
// between the client's nick and the last one.
func (c *Client) room(command string, params ...string) int {
	room := wire.MaxLineBytes - len(":   :\r\n") - len(c.view().name) - len(command) - len(c.nick())
	for _, p := range params {
		room -= len(p) + 1
	}
	return room
}

// joinLines joins words with spaces into as few lines of at most room bytes as possible. There is always at least one
// line.
func joinLines(words []string, room int) []string { return joinWith(words, " ", room) }

// joinWith is joinLines with a different separator.
func joinWith(words []string, separator string, room int) []string {
	lines := []string{""}
	for _, word := range words {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case len(*last)+len(separator)+len(word) <= room:
			*last += separator + word
		default:
			lines = append(lines, word)
		}
	}
	return lines
}

// wrap cuts a text into pieces of at most most bytes at the edges of runes. There is always at least one piece.
func wrap(text string, most int) []string {
	var pieces []string
	for len(text) > most {
		piece := wire.Cut(text, most)
		pieces = append(pieces, piece)
		text = text[len(piece):]
	}
	return append(pieces, text)
}

// seconds formats a time of the state as a Unix timestamp.
func seconds(nanoseconds int64) string { return itoa(int(nanoseconds / 1e9)) }

func itoa(n int) string { return strconv.Itoa(n) }
