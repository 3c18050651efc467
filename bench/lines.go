package main

import (
	"bytes"
	"strconv"
	"time"
)

const (
	// mark starts every text that the loader sends. No server sends it by itself.
	mark = ":~"
	// stampBytes is the length of the time stamp after the mark. It is hexadecimal with a fixed width, so that it can
	// be found without parsing.
	stampBytes = 16
	// textBytes is the length of the text of a line, including mark and stamp: about as much as people write.
	textBytes = 64
)

// filler pads the text to textBytes.
var filler = bytes.Repeat([]byte(" bla"), textBytes/4)[:textBytes-len(mark)-stampBytes]

const hexDigits = "0123456789abcdef"

// appendMessage appends a PRIVMSG, with CR LF, whose text contains the time at which it was sent.
func appendMessage(b []byte, target string, sent time.Duration) []byte {
	b = append(b, "PRIVMSG "...)
	b = append(b, target...)
	b = append(b, ' ')
	b = append(b, mark...)
	for shift := 4 * (stampBytes - 1); shift >= 0; shift -= 4 {
		b = append(b, hexDigits[uint64(sent)>>shift&15])
	}
	b = append(b, filler...)
	return append(b, "\r\n"...)
}

// stampOf returns the time in a line. ok is false if the loader did not send the line.
func stampOf(line []byte) (sent time.Duration, ok bool) {
	i := bytes.Index(line, []byte(mark))
	if i < 0 || len(line) < i+len(mark)+stampBytes {
		return 0, false
	}
	digits := line[i+len(mark):][:stampBytes]
	v, err := strconv.ParseUint(string(digits), 16, 63)
	return time.Duration(v), err == nil
}

// countLines returns how many lines end in data.
func countLines(data []byte) int64 { return int64(bytes.Count(data, []byte{'\n'})) }

// eachLine calls do with each line that ends in data, without its ending. The first one may have started in tail. It
// returns the rest of data, using tail's memory if possible.
func eachLine(tail, data []byte, do func(line []byte)) (rest []byte) {
	for {
		i := bytes.IndexByte(data, '\n')
		if i < 0 {
			return append(tail, data...)
		}
		line := data[:i]
		if len(tail) > 0 {
			tail = append(tail, line...)
			line = tail
		}
		do(bytes.TrimSuffix(line, []byte{'\r'}))
		tail, data = tail[:0], data[i+1:]
	}
}

// command returns the verb or numeric of a line from a server.
func command(line []byte) string {
	if len(line) > 0 && line[0] == '@' {
		_, line, _ = bytes.Cut(line, []byte{' '})
	}
	first, rest, _ := bytes.Cut(line, []byte{' '})
	if len(first) == 0 || first[0] != ':' {
		return string(first)
	}
	second, _, _ := bytes.Cut(rest, []byte{' '})
	return string(second)
}
