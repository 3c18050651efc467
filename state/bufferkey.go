package state

import (
	"encoding/binary"
	"fmt"
)

// The encoded forms of a Party and a Buffer are the keys by which storage finds them on disk. Each has exactly one
// form.

const (
	partyNobody  = 0
	partyAccount = 1
	partyUser    = 2

	bufferChannel = 1
	bufferPair    = 2
	// Only the first or the second of the two parties may read the conversation.
	bufferOfFirst  = 3
	bufferOfSecond = 4
)

// Key returns the encoded form of a party.
func (p Party) Key() []byte { return p.appendKey(nil) }

func (p Party) appendKey(b []byte) []byte {
	switch {
	case p.account != 0:
		return binary.AppendUvarint(append(b, partyAccount), uint64(p.account))
	case p.user != 0:
		return binary.AppendUvarint(append(b, partyUser), uint64(p.user))
	}
	return append(b, partyNobody)
}

// Key returns the encoded form of a buffer.
func (b Buffer) Key() []byte {
	if b.channel != 0 {
		return binary.AppendUvarint([]byte{bufferChannel}, uint64(b.channel))
	}
	kind := byte(bufferPair)
	switch {
	case b.only == Party{}:
	case b.only == b.parties[0]:
		kind = bufferOfFirst
	default:
		kind = bufferOfSecond
	}
	return b.parties[1].appendKey(b.parties[0].appendKey([]byte{kind}))
}

// ParseParty returns the party with this encoded form. Its errors wrap ErrEncoding.
func ParseParty(key []byte) (Party, error) {
	d := decoder{rest: key}
	p := d.party()
	if d.err == nil && string(p.Key()) != string(key) {
		d.fail("party")
	}
	return p, d.err
}

// ParseBuffer returns the buffer with this encoded form. Its errors wrap ErrEncoding.
func ParseBuffer(key []byte) (Buffer, error) {
	if len(key) == 0 {
		return Buffer{}, fmt.Errorf("%w: empty buffer", ErrEncoding)
	}
	var b Buffer
	d := decoder{rest: key[1:]}
	if key[0] == bufferChannel {
		b.channel = ChannelID(d.uvarint())
	} else {
		first, second := d.party(), d.party()
		b = PairBuffer(first, second)
		switch key[0] {
		case bufferOfFirst:
			b.only = first
		case bufferOfSecond:
			b.only = second
		}
	}
	if d.err == nil && string(b.Key()) != string(key) {
		d.fail("buffer") // an unknown kind, or a different form of the same buffer
	}
	return b, d.err
}

func (d *decoder) party() (p Party) {
	switch d.uvarint() {
	case partyAccount:
		p.account = AccountID(d.uvarint())
	case partyUser:
		p.user = UserID(d.uvarint())
	}
	return p
}
