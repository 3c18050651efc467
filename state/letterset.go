package state

// letterSet is a set of ASCII letters.
type letterSet uint64

func letterBit(letter byte) letterSet {
	switch {
	case letter >= 'A' && letter <= 'Z':
		return 1 << (letter - 'A')
	case letter >= 'a' && letter <= 'z':
		return 1 << (26 + letter - 'a')
	}
	return 0
}

func (s letterSet) has(letter byte) bool { return s&letterBit(letter) != 0 }

func (s *letterSet) set(letter byte, on bool) {
	if on {
		*s |= letterBit(letter)
	} else {
		*s &^= letterBit(letter)
	}
}

// String lists the letters, upper case first, each in the order of the alphabet.
func (s letterSet) String() string {
	if s == 0 {
		return ""
	}
	var out []byte
	for b := byte('A'); b <= 'z'; b++ {
		if letterBit(b) != 0 && s.has(b) {
			out = append(out, b)
		}
	}
	return string(out)
}

func lettersOf(letters string) letterSet {
	var s letterSet
	for i := 0; i < len(letters); i++ {
		s |= letterBit(letters[i])
	}
	return s
}
