package transport

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode/utf8"
)

// The kinds of frames.
// https://www.rfc-editor.org/rfc/rfc6455#section-5.2
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

const (
	finBit          = 0x80
	reservedBits    = 0x70
	opBits          = 0x0F
	maskBit         = 0x80
	lengthBits      = 0x7F
	mostControl     = 125 // bytes of a control frame's payload
	mostHeader      = 14
	length16        = 126 // in place of a length: the next two bytes are it
	length64        = 127 // likewise eight
	mostLength16    = 1<<16 - 1
	mostReasonBytes = mostControl - 2
)

// Why a WebSocket ends.
// https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1
const (
	statusNormal      = 1000
	statusGoingAway   = 1001
	statusProtocol    = 1002
	statusUnsupported = 1003
	statusNoStatus    = 1005 // stands for a closing frame without a status; never sent
	statusInvalidData = 1007
	statusPolicy      = 1008
	statusInternal    = 1011
)

// A protocolError ends a connection whose peer breaks the rules of WebSocket. The peer is told the status and the text.
type protocolError struct {
	status uint16
	text   string
}

func (e *protocolError) Error() string { return "WebSocket: " + e.text }

func broken(text string) error { return &protocolError{statusProtocol, text} }

// errPeerClosed tells that a closing frame has come.
var errPeerClosed = errors.New("transport: the peer has closed the WebSocket")

// A frameReader finds the messages in the frames that arrive. Each message is a line. Between two reads it keeps only the start of a message, at
// most limit bytes and CR LF, or of a control frame; of a message that is too long it keeps nothing.
type frameReader struct {
	accepts  byte // opText or opBinary: other messages are refused; 0: any
	kind     byte // of the message that has begun; 0: none has
	op       byte // of the frame that has begun
	fin      bool // it is the last of its message
	inFrame  bool
	skipping bool // the message is too long
	closed   bool // a closing frame has come: whatever follows is dropped
	heard    bool // a message, or a part of one, has come; whoever looks at it puts it back
	first    byte // the kind of the first message; 0: none has come
	have     uint8
	header   [mostHeader]byte
	mask     [4]byte
	maskAt   int
	left     uint64 // bytes of the frame's payload that have not come yet
	partial  []byte // of the message
	control  []byte // of a control frame
	ping     []byte // of the last ping, nil when there was none; whoever looks at it puts it back
	status   uint16 // of the closing frame
}

// next takes the first message off data, which it changes: it is unmasked where it is. more is false when data ends within a message, of which the
// start has been kept; rest is what follows. The line has no ending and may be empty. It is valid as long as data is.
//
// https://ircv3.net/specs/extensions/websocket#websocket-features-and-encoding
func (r *frameReader) next(data []byte, limit int) (line, rest []byte, overlong, more bool, err error) {
	for !more && err == nil {
		if r.closed {
			return nil, nil, false, false, nil
		}
		if !r.inFrame {
			if data, err = r.readHeader(data); err != nil || !r.inFrame {
				return nil, data, false, false, err
			}
		}
		if len(data) == 0 && r.left > 0 {
			break
		}
		n := int(min(r.left, uint64(len(data))))
		payload := data[:n]
		data = data[n:]
		r.left -= uint64(n)
		r.unmask(payload)
		if r.left == 0 {
			r.inFrame = false
		}
		if r.op >= opClose {
			err = r.takeControl(payload)
			continue
		}
		line, overlong, more, err = r.takeData(payload, limit)
	}
	return line, data, overlong, more, err
}

// readHeader reads a frame's header, as much of it as has come. inFrame tells whether it is complete.
func (r *frameReader) readHeader(data []byte) (rest []byte, err error) {
	for len(data) > 0 {
		r.header[r.have] = data[0]
		r.have++
		data = data[1:]
		switch size := r.headerBytes(); {
		case r.have == 2:
			if err := r.judge(); err != nil {
				return data, err
			}
		case r.have == size:
			return data, r.begin()
		}
	}
	return data, nil
}

// headerBytes is how long the header is, once its first two bytes have come.
func (r *frameReader) headerBytes() uint8 {
	switch r.header[1] & lengthBits {
	case length16:
		return 8
	case length64:
		return mostHeader
	}
	return 6
}

// judge looks at the first two bytes of a header.
// https://www.rfc-editor.org/rfc/rfc6455#section-5
func (r *frameReader) judge() error {
	r.op, r.fin = r.header[0]&opBits, r.header[0]&finBit != 0
	switch {
	case r.header[0]&reservedBits != 0:
		return broken("reserved bits are set")
	case r.header[1]&maskBit == 0:
		return broken("a client's frames are masked")
	case r.op >= opClose && (!r.fin || r.header[1]&lengthBits > mostControl):
		return broken("a control frame is too long or in parts")
	}
	switch r.op {
	case opClose, opPing, opPong:
		return nil
	case opContinuation:
		if r.kind == 0 {
			return broken("a continuation of nothing")
		}
		return nil
	case opText, opBinary:
		if r.kind != 0 {
			return broken("a message begins within another one")
		}
		// https://ircv3.net/specs/extensions/websocket#websocket-features-and-encoding
		if r.accepts != 0 && r.op != r.accepts {
			return &protocolError{statusUnsupported, "not the type of message that was agreed on"}
		}
		r.kind = r.op
		if r.first == 0 {
			r.first = r.op
		}
		return nil
	}
	return broken("an unknown kind of frame")
}

// begin is the end of a header.
func (r *frameReader) begin() error {
	short := r.header[1] & lengthBits
	r.left = uint64(short)
	switch short {
	case length16:
		r.left = uint64(binary.BigEndian.Uint16(r.header[2:]))
		if r.left < length16 {
			return broken("a length is not written in its shortest form")
		}
	case length64:
		r.left = binary.BigEndian.Uint64(r.header[2:])
		if r.left <= mostLength16 || r.left>>63 != 0 {
			return broken("a length is not written in its shortest form, or is too large")
		}
	}
	copy(r.mask[:], r.header[r.have-4:r.have])
	r.have, r.maskAt, r.inFrame = 0, 0, true
	return nil
}

// unmask undoes the mask of the payload's next bytes, eight at a time.
// https://www.rfc-editor.org/rfc/rfc6455#section-5.3
func (r *frameReader) unmask(p []byte) {
	var turned [8]byte
	for i := range turned {
		turned[i] = r.mask[(r.maskAt+i)&3]
	}
	r.maskAt = (r.maskAt + len(p)) & 3
	word := binary.NativeEndian.Uint64(turned[:])
	for len(p) >= len(turned) {
		binary.NativeEndian.PutUint64(p, binary.NativeEndian.Uint64(p)^word)
		p = p[len(turned):]
	}
	for i := range p {
		p[i] ^= turned[i]
	}
}

// takeControl takes what has come of a control frame. Of several pings the last one is answered.
// https://www.rfc-editor.org/rfc/rfc6455#section-5.5
func (r *frameReader) takeControl(payload []byte) error {
	if r.op == opPong {
		return nil
	}
	r.control = append(r.control, payload...)
	if r.left > 0 {
		return nil
	}
	got := r.control
	r.control = nil
	if r.op == opPing {
		r.ping = append([]byte{}, got...) // never nil
		return nil
	}
	r.closed = true
	r.status = statusNoStatus
	switch len(got) {
	case 0:
		return errPeerClosed
	case 1:
		return broken("a closing frame has half a status")
	}
	r.status = binary.BigEndian.Uint16(got)
	switch {
	case !isStatus(r.status):
		return broken("a closing frame has a status that must not be sent")
	case !utf8.Valid(got[2:]):
		return &protocolError{statusInvalidData, "the closing frame's reason is not UTF-8"}
	}
	return errPeerClosed
}

// isStatus tells whether a closing frame may have this status.
// https://www.rfc-editor.org/rfc/rfc6455#section-7.4
func isStatus(status uint16) bool {
	switch {
	case status >= 3000 && status <= 4999:
		return true
	case status == 1004, status == statusNoStatus, status == 1006:
		return false
	}
	return status >= statusNormal && status <= 1014
}

// takeData takes what has come of a message's frame. A message that comes in one piece is not copied.
func (r *frameReader) takeData(payload []byte, limit int) (line []byte, overlong, more bool, err error) {
	const ending = len("\r\n")
	r.heard = true
	complete := r.left == 0 && r.fin
	switch {
	case r.skipping:
	case len(r.partial)+len(payload) > limit+ending:
		r.skipping, r.partial = true, nil
	case !complete || len(r.partial) > 0:
		r.partial = append(r.partial, payload...)
		line = r.partial
	default:
		line = payload
	}
	if !complete {
		return nil, false, false, nil
	}
	text, skipped := r.kind == opText, r.skipping
	r.kind, r.skipping, r.partial = 0, false, nil
	if skipped {
		return nil, true, true, nil
	}
	// https://www.rfc-editor.org/rfc/rfc6455#section-8.1
	if text && !utf8.Valid(line) {
		return nil, false, false, &protocolError{statusInvalidData, "a text message is not UTF-8"}
	}
	// There must be no ending; clients from before the specification send one.
	line = bytes.TrimRight(line, "\r\n")
	if len(line) > limit {
		return nil, true, true, nil
	}
	// What the client took for one line must not become two commands. As a CR it is refused as any other within a line.
	for i := bytes.IndexByte(line, '\n'); i >= 0; i = bytes.IndexByte(line, '\n') {
		line[i] = '\r'
	}
	return line, false, true, nil
}

// appendFrame appends a whole frame of the server's, which is not masked.
func appendFrame(dst []byte, op byte, payload []byte) []byte {
	dst = append(dst, finBit|op)
	switch n := len(payload); {
	case n < length16:
		dst = append(dst, byte(n))
	case n <= mostLength16:
		dst = binary.BigEndian.AppendUint16(append(dst, length16), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, length64), uint64(n))
	}
	return append(dst, payload...)
}

// appendMessage appends a line as a message, without its ending; an empty line is none. A text never holds what is not UTF-8: a browser would end
// the connection.
// https://ircv3.net/specs/extensions/websocket#websocket-features-and-encoding
func appendMessage(dst []byte, op byte, line []byte) []byte {
	line = bytes.TrimRight(line, "\r\n")
	if len(line) == 0 {
		return dst
	}
	if op == opText && !utf8.Valid(line) {
		line = bytes.ToValidUTF8(line, []byte("\uFFFD"))
	}
	return appendFrame(dst, op, line)
}

// appendClose appends a closing frame. The reason is cut to what fits.
func appendClose(dst []byte, status uint16, reason string) []byte {
	if status == statusNoStatus {
		return appendFrame(dst, opClose, nil)
	}
	text := bytes.ToValidUTF8([]byte(reason), []byte("\uFFFD"))
	if len(text) > mostReasonBytes {
		cut := mostReasonBytes
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	return appendFrame(dst, opClose, append(binary.BigEndian.AppendUint16(nil, status), text...))
}
