package state

import "strings"

// Match reports whether text matches a mask with * (any run), ? (any one byte) and \ (the next byte itself). The bytes
// are compared unchanged: fold both first where case does not matter. The time grows with the sum of both lengths.
// https://modern.ircdocs.horse/#wildcard-expressions
func Match(mask, text string) bool {
	matched, _ := matchGlob(mask, text, true)
	return matched
}

// glob is Match, counted as work, and without the escape. It is for masks of users: a backslash is allowed in nicks,
// and users do not write it twice.
func (s *State) glob(mask, text string) bool {
	matched, steps := matchGlob(mask, text, false)
	s.spend(globCall + steps/matchBytes)
	return matched
}

// globEscaped is Match, counted as work.
func (s *State) globEscaped(mask, text string) bool {
	matched, steps := matchGlob(mask, text, true)
	s.spend(globCall + steps/matchBytes)
	return matched
}

// matchGlob also counts its steps, which are bytes compared or read. The pieces before the first and after the last
// star have fixed places in the text. Each piece between two stars is searched for once, from the end of the previous
// one.
func matchGlob(mask, text string, escapes bool) (matched bool, steps int) {
	first, end := nextStar(mask, 0, escapes)
	rest, steps, ok := matchHere(mask[:first], text, escapes)
	if !ok || first == len(mask) {
		return ok && rest == "", steps
	}
	for text, mask = rest, mask[end:]; ; {
		piece, after := nextStar(mask, 0, escapes)
		steps += pieceSteps + piece
		if piece == len(mask) {
			size := globLength(mask, escapes)
			if size > len(text) {
				return false, steps
			}
			_, n, ok := matchHere(mask, text[len(text)-size:], escapes)
			return ok, steps + n
		}
		at, n := findPiece(mask[:piece], text, escapes)
		steps += n
		if at < 0 {
			return false, steps
		}
		text, mask = text[at+globLength(mask[:piece], escapes):], mask[after:]
	}
}

// nextStar returns the index of the next star that is not escaped, and the index after it. Both are the mask's length
// when there is none.
func nextStar(mask string, from int, escapes bool) (star, after int) {
	if !escapes {
		if at := strings.IndexByte(mask[from:], '*'); at >= 0 {
			return from + at, from + at + 1
		}
		return len(mask), len(mask)
	}
	for i := from; i < len(mask); i++ {
		switch mask[i] {
		case '*':
			return i, i + 1
		case '\\':
			i++
		}
	}
	return len(mask), len(mask)
}

// globByte returns what the beginning of a piece without stars matches: a byte or, for a question mark, any byte; and
// its length in the mask.
func globByte(piece string, escapes bool) (b byte, any bool, size int) {
	switch {
	case piece[0] == '?':
		return 0, true, 1
	case escapes && piece[0] == '\\' && len(piece) > 1:
		return piece[1], false, 2
	}
	return piece[0], false, 1
}

// globLength returns how many bytes of a text a piece without stars matches.
func globLength(piece string, escapes bool) int {
	if !escapes || strings.IndexByte(piece, '\\') < 0 {
		return len(piece)
	}
	n := 0
	for len(piece) > 0 {
		_, _, size := globByte(piece, escapes)
		piece = piece[size:]
		n++
	}
	return n
}

// matchHere compares a piece without stars with the beginning of a text, and returns the rest of the text.
func matchHere(piece, text string, escapes bool) (rest string, steps int, ok bool) {
	if !escapes {
		return matchPlain(piece, text)
	}
	for len(piece) > 0 {
		steps++
		if text == "" {
			return "", steps, false
		}
		b, any, size := globByte(piece, escapes)
		if !any && b != text[0] {
			return "", steps, false
		}
		piece, text = piece[size:], text[1:]
	}
	return text, steps, true
}

// matchPlain is matchHere without escapes.
func matchPlain(piece, text string) (rest string, steps int, ok bool) {
	n := min(len(piece), len(text))
	for i := range n {
		if b := piece[i]; b != text[i] && b != '?' {
			return "", i + 1, false
		}
	}
	return text[n:], n, n == len(piece)
}

// findPiece returns the first index in a text where a piece without stars matches, or -1.
func findPiece(piece, text string, escapes bool) (at, steps int) {
	if piece == "" {
		return 0, 0
	}
	if strings.IndexByte(piece, '?') < 0 && (!escapes || strings.IndexByte(piece, '\\') < 0) {
		// This compares many bytes at once.
		if at = strings.Index(text, piece); at < 0 {
			return at, len(text) / 8
		}
		return at, (at + len(piece)) / 8
	}
	return findWild(piece, text, escapes)
}

// findWild searches for a piece with question marks in one pass: bit i of places is set when the first i+1 bytes of
// the piece match the text up to the current byte. For a long piece, this covers the first 64 bytes.
func findWild(piece, text string, escapes bool) (at, steps int) {
	size := globLength(piece, escapes)
	if size > len(text) {
		return -1, 1
	}
	var fits [256]uint64
	var anything, places uint64
	head, rest := min(size, 64), piece
	for i := range head {
		b, any, n := globByte(rest, escapes)
		if any {
			anything |= 1 << i
		} else {
			fits[b] |= 1 << i
		}
		rest = rest[n:]
	}
	steps = tableSteps + head
	last := uint64(1) << (head - 1)
	for i := 0; i <= len(text)-(size-head)-1; i++ {
		steps++
		places = (places<<1 | 1) & (fits[text[i]] | anything)
		if places&last == 0 {
			continue
		}
		_, n, ok := matchHere(rest, text[i+1:], escapes)
		if steps += n; ok {
			return i + 1 - head, steps
		}
	}
	return -1, steps
}

// Other costs: pieceSteps is for a piece between two stars and tableSteps for clearing the table of findWild, both in
// steps; globCall is for a comparison, in units of work.
const (
	pieceSteps = 12
	tableSteps = 32
	globCall   = 2
)

// globSteps returns the greatest number of steps for a mask and a text of at most most bytes.
func globSteps(mask string, most int, escapes bool) int {
	steps, wild, pieces := 2*len(mask), false, 0
	for at := 0; ; pieces++ {
		star, after := nextStar(mask, at, escapes)
		if pieces > 0 {
			steps += pieceSteps + 1
		}
		if piece := mask[at:star]; pieces > 0 && star < len(mask) {
			size := globLength(piece, escapes)
			steps += size / 8
			if strings.ContainsAny(piece, `?\`) {
				wild = true
				steps += tableSteps + min(size, 64)
				steps += max(0, size-64) * max(0, most-size)
			}
		}
		if at = after; star == len(mask) {
			break
		}
	}
	if wild {
		steps += most
	}
	return steps + most/8
}
