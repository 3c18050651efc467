package transport

import "bytes"

// splitter splits the input into lines. Between two reads it keeps only the start of a line: at most limit bytes and a
// CR. It keeps nothing of a line that is too long.
type splitter struct {
	partial  []byte
	skipping bool
}

// next returns the first line in data, and the rest of data. If data ends within a line, next keeps it and more is
// false. The line can be empty. It is valid as long as data is.
func (s *splitter) next(data []byte, limit int) (line, rest []byte, overlong, more bool) {
	i := bytes.IndexByte(data, '\n')
	if i < 0 {
		if s.skipping {
			return nil, nil, false, false
		}
		if len(s.partial)+len(data) > limit+1 {
			s.skipping, s.partial = true, nil
			return nil, nil, false, false
		}
		s.partial = append(s.partial, data...)
		return nil, nil, false, false
	}
	line, rest = data[:i], data[i+1:]
	if s.skipping {
		s.skipping = false
		return nil, rest, true, true
	}
	if len(s.partial) > 0 {
		if len(s.partial)+len(line) > limit+1 {
			s.partial = nil
			return nil, rest, true, true
		}
		line = append(s.partial, line...)
		s.partial = nil
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	if len(line) > limit {
		return nil, rest, true, true
	}
	return line, rest, false, true
}
