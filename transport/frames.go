package transport

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode/utf8"
)

// The opcodes of frames.
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
	length16        = 126 // the length is in the next two bytes
	length64        = 127 // the length is in the next eight bytes
	mostLength16    = 1<<16 - 1
	mostReasonBytes = mostControl - 2
)

// The status codes of closing frames.
// https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1
const (
	statusNormal      = 1000
	statusGoingAway   = 1001
	statusProtocol    = 1002
	statusUnsupported = 1003
	statusNoStatus    = 1005 // means that a closing frame had no status; never sent
	statusInvalidData = 1007
	statusPolicy      = 1008
	statusInternal    = 1011
)

// protocolError ends a connection whose peer violates the WebSocket protocol. The closing frame contains the status and
// the text.
type protocolError struct {
	status uint16
	text   string
}

func (e *protocolError) Error() string { return "WebSocket: " + e.text }

func broken(text string) error { return &protocolError{statusProtocol, text} }

// errPeerClosed means that the peer sent a closing frame.
var errPeerClosed = errors.New("transport: the peer has closed the WebSocket")

// frameReader splits the frames that arrive into messages. Each message is a line. Between two reads it keeps only the
// start of a message (at most limit bytes and CR LF) or of a control frame. It keeps nothing of a message that is too
// long.
type frameReader struct {
	accepts  byte // the only kind of message that is accepted, opText or opBinary; 0 for both
	kind     byte // the kind of the current message; 0 if there is none
	op       byte // the opcode of the current frame
	fin      bool // the current frame is the last of its message
	inFrame  bool
	skipping bool // the current message is too long
	closed   bool // a closing frame has arrived, so everything after it is dropped
	heard    bool // a message, or a part of one, has arrived; the code that checks this resets it
	first    byte // the kind of the first message; 0 if none has arrived
	have     uint8
	header   [mostHeader]byte
	mask     [4]byte
	maskAt   int
	left     uint64 // bytes of the current frame's payload that have not arrived yet
	partial  []byte // the start of the current message
	control  []byte // the start of a control frame's payload
	ping     []byte // the payload of the latest ping, or nil; the code that checks this resets it
	status   uint16 // the status in the closing frame
}

// next returns the first message in data, and the rest of data. It unmasks data in place. If data ends within a
// message, next keeps the start and more is false. The line has no ending and can be empty. It is valid as long as data
// is.
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

// readHeader reads as much of a frame's header as data contains. When the header is complete, it sets inFrame.
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

// headerBytes returns the length of the header, once its first two bytes have arrived.
func (r *frameReader) headerBytes() uint8 {
	switch r.header[1] & lengthBits {
	case length16:
		return 8
	case length64:
		return mostHeader
	}
	return 6
}

// judge checks the first two bytes of a header.
// https://www.rfc-editor.org/rfc/rfc6455#section-5
func (r *frameReader) judge() error {
	r.op, r.fin = r.header[0]&opBits, r.header[0]&finBit != 0
	switch {
	case r.header[0]&reservedBits != 0:
		return broken("reserved bits are set")
	case r.header[1]&maskBit == 0:
		return broken("a client's frames must be masked")
	case r.op >= opClose && (!r.fin || r.header[1]&lengthBits > mostControl):
		return broken("a control frame is too long or fragmented")
	}
	switch r.op {
	case opClose, opPing, opPong:
		return nil
	case opContinuation:
		if r.kind == 0 {
			return broken("a continuation frame without a message")
		}
		return nil
	case opText, opBinary:
		if r.kind != 0 {
			return broken("a new message starts before the last one has ended")
		}
		// https://ircv3.net/specs/extensions/websocket#websocket-features-and-encoding
		if r.accepts != 0 && r.op != r.accepts {
			return &protocolError{statusUnsupported, "the message is not of the negotiated type"}
		}
		r.kind = r.op
		if r.first == 0 {
			r.first = r.op
		}
		return nil
	}
	return broken("unknown opcode")
}

// begin evaluates a complete header.
func (r *frameReader) begin() error {
	short := r.header[1] & lengthBits
	r.left = uint64(short)
	switch short {
	case length16:
		r.left = uint64(binary.BigEndian.Uint16(r.header[2:]))
		if r.left < length16 {
			return broken("a length is not encoded in the shortest form")
		}
	case length64:
		r.left = binary.BigEndian.Uint64(r.header[2:])
		if r.left <= mostLength16 || r.left>>63 != 0 {
			return broken("a length is not encoded in the shortest form, or is too large")
		}
	}
	copy(r.mask[:], r.header[r.have-4:r.have])
	r.have, r.maskAt, r.inFrame = 0, 0, true
	return nil
}

// unmask unmasks the next bytes of the payload, eight at a time.
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

// takeControl handles a part of a control frame. If several pings arrive, only the last one is answered.
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
		r.ping = append([]byte{}, got...) // not nil, even if it is empty
		return nil
	}
	r.closed = true
	r.status = statusNoStatus
	switch len(got) {
	case 0:
		return errPeerClosed
	case 1:
		return broken("a closing frame contains only half a status")
	}
	r.status = binary.BigEndian.Uint16(got)
	switch {
	case !isStatus(r.status):
		return broken("a closing frame contains a status that must not be sent")
	case !utf8.Valid(got[2:]):
		return &protocolError{statusInvalidData, "the closing frame's reason is not UTF-8"}
	}
	return errPeerClosed
}

// isStatus reports whether a closing frame can contain this status.
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

// takeData handles a part of a message. It does not copy a message that arrives in one piece.
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
	// There should be no line ending, but clients older than the specification send one.
	line = bytes.TrimRight(line, "\r\n")
	if len(line) > limit {
		return nil, true, true, nil
	}
	// One message must not become two commands. An LF inside it becomes a CR, which is refused like any CR inside a line.
	for i := bytes.IndexByte(line, '\n'); i >= 0; i = bytes.IndexByte(line, '\n') {
		line[i] = '\r'
	}
	return line, false, true, nil
}

// appendFrame appends a complete frame. A server's frames are not masked.
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

// appendMessage appends a line as a message, without its ending. It skips an empty line. In a text message, it replaces
// invalid UTF-8, because a browser would end the connection.
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

// appendClose appends a closing frame. It cuts the reason to the length that fits.
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
