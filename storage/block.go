package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"bavard/state"
)

// A block has up to blockLines consecutive lines of one kind of a buffer, as one value in the database. Writing or
// reading a block costs about as much as one row, so a line costs much less than if it had a row of its own.
//
//	byte     version (1)
//	4 bytes  CRC-32C of the rest, little-endian
//	byte     the number of lines
//	lines    until the end
//
// A line:
//
//	byte     flags
//	varint   Elapsed, as the difference from the previous line; the first line's is from 0
//	varint   Order, likewise
//	uvarint  Index
//	name     Verb
//	name     Source
//	name     Account, Target, Relayer: each only with its flag
//	party    From, only with its flag
//	uvarint  the number of Params, then each as a text
//	uvarint  the number of Tags, then each as a name and a text; only with their flag
//	uvarint  the number of Parts, then of each a uvarint with twice its length, plus 1 for Concat, and its bytes; only
//	         with their flag
//	         Redaction, only with its flag: varint Time, name Source, name Account, text Reason, byte Bot
//
// A text is a uvarint with its length, and its bytes. A name or party that appeared earlier in the block is a uvarint
// with its number, counting from 1; otherwise it is a 0 and a text, and gets the next number. A party's text is its
// key. Names and parties are numbered separately.
const (
	blockVersion = 1
	// A block is full when it has blockLines lines or blockBytes bytes. A long last line can exceed blockBytes.
	blockLines = 64
	blockBytes = 8 << 10
	// blockHeader is the length of the version and the checksum.
	blockHeader = 5
)

const (
	hasAccount = 1 << iota
	hasTarget
	hasRelayer
	hasFrom
	hasTags
	hasParts
	hasRedaction
	isBot
)

// errDamaged is wrapped by all errors of damaged blocks.
var errDamaged = errors.New("damaged block of history")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encoder encodes lines into a block. It is reused from block to block.
type encoder struct {
	data    []byte
	lines   int
	start   uint64 // the number of the first line, see tails
	last    state.Position
	names   map[string]uint64
	parties map[state.Party]uint64
}

func newEncoder() *encoder {
	e := &encoder{names: map[string]uint64{}, parties: map[state.Party]uint64{}}
	e.reset()
	return e
}

// reset begins a block.
func (e *encoder) reset() {
	e.data = append(e.data[:0], blockVersion, 0, 0, 0, 0, 0)
	e.lines, e.last = 0, state.Position{}
	clear(e.names)
	clear(e.parties)
}

func (e *encoder) full() bool { return e.lines >= blockLines || len(e.data) >= blockBytes }

// block returns the encoded block, which is valid until the next line.
func (e *encoder) block() []byte {
	e.data[blockHeader] = byte(e.lines)
	binary.LittleEndian.PutUint32(e.data[1:], crc32.Checksum(e.data[blockHeader:], castagnoli))
	return e.data
}

func (e *encoder) add(l *state.Line) {
	e.lines++
	e.data = append(e.data, flagsOf(l))
	e.data = binary.AppendVarint(e.data, l.Elapsed-e.last.Elapsed)
	e.data = binary.AppendVarint(e.data, int64(l.Order-e.last.Order))
	e.data = binary.AppendUvarint(e.data, uint64(l.Index))
	e.last = l.Position
	e.name(l.Verb)
	e.name(l.Source)
	for _, optional := range [...]string{l.Account, l.Target, l.Relayer} {
		if optional != "" {
			e.name(optional)
		}
	}
	if l.From != (state.Party{}) {
		e.party(l.From)
	}
	e.data = binary.AppendUvarint(e.data, uint64(len(l.Params)))
	for _, p := range l.Params {
		e.text(p)
	}
	if len(l.Tags) > 0 {
		e.data = binary.AppendUvarint(e.data, uint64(len(l.Tags)))
		for _, t := range l.Tags {
			e.name(t.Key)
			e.text(t.Value)
		}
	}
	if len(l.Parts) > 0 {
		e.data = binary.AppendUvarint(e.data, uint64(len(l.Parts)))
		for _, p := range l.Parts {
			e.data = binary.AppendUvarint(e.data, uint64(len(p.Text))<<1|uint64(asByte(p.Concat)))
			e.data = append(e.data, p.Text...)
		}
	}
	if r := l.Redaction; r != nil {
		e.data = binary.AppendVarint(e.data, r.Time)
		e.name(r.Source)
		e.name(r.Account)
		e.text(r.Reason)
		e.data = append(e.data, asByte(r.Bot))
	}
}

func flagsOf(l *state.Line) (flags byte) {
	for i, has := range [...]bool{l.Account != "", l.Target != "", l.Relayer != "", l.From != (state.Party{}), len(l.Tags) > 0, len(l.Parts) > 0, l.Redaction != nil, l.Bot} {
		flags |= asByte(has) << i
	}
	return flags
}

func asByte(is bool) byte {
	if is {
		return 1
	}
	return 0
}

func (e *encoder) text(s string) {
	e.data = binary.AppendUvarint(e.data, uint64(len(s)))
	e.data = append(e.data, s...)
}

func (e *encoder) name(s string) {
	number := e.names[s]
	e.data = binary.AppendUvarint(e.data, number)
	if number == 0 {
		e.names[s] = uint64(len(e.names)) + 1
		e.text(s)
	}
}

func (e *encoder) party(p state.Party) {
	number := e.parties[p]
	e.data = binary.AppendUvarint(e.data, number)
	if number == 0 {
		e.parties[p] = uint64(len(e.parties)) + 1
		e.text(string(p.Key()))
	}
}

// decodeBlock appends the lines of a block to a list. Its errors wrap errDamaged.
func decodeBlock(to []state.Line, data []byte) ([]state.Line, error) {
	if len(data) <= blockHeader || data[0] != blockVersion {
		return to, fmt.Errorf("%w: version", errDamaged)
	}
	if binary.LittleEndian.Uint32(data[1:]) != crc32.Checksum(data[blockHeader:], castagnoli) {
		return to, fmt.Errorf("%w: checksum", errDamaged)
	}
	d := decoder{rest: string(data[blockHeader:]), names: make([]string, 0, 16)} // all texts of the lines are substrings of rest
	lines := int(d.byte())
	to = slices.Grow(to, lines)
	for range lines {
		to = append(to, d.line())
	}
	if len(d.rest) > 0 {
		d.fail("trailing bytes")
	}
	if d.wrong != "" {
		return to, fmt.Errorf("%w: %s", errDamaged, d.wrong)
	}
	return to, nil
}

// decoder decodes what the encoder wrote. After the first error it returns zeros.
type decoder struct {
	rest    string
	wrong   string
	last    state.Position
	names   []string
	parties []state.Party
	params  []string // space for the parameters of several lines
}

func (d *decoder) fail(what string) {
	if d.wrong == "" {
		d.wrong = what
	}
	d.rest = ""
}

func (d *decoder) line() (l state.Line) {
	flags := d.byte()
	l.Elapsed = d.last.Elapsed + d.varint()
	l.Order = d.last.Order + uint64(d.varint())
	index := d.uvarint()
	l.Index = uint16(index)
	if uint64(l.Index) != index {
		d.fail("index")
	}
	d.last = l.Position
	l.Verb, l.Source = d.name(), d.name()
	for _, optional := range [...]struct {
		flag byte
		to   *string
	}{{hasAccount, &l.Account}, {hasTarget, &l.Target}, {hasRelayer, &l.Relayer}} {
		if flags&optional.flag != 0 {
			*optional.to = d.name()
		}
	}
	if flags&hasFrom != 0 {
		l.From = d.party()
	}
	l.Params = d.texts()
	if flags&hasTags != 0 {
		l.Tags = make([]state.Tag, d.count())
		for i := range l.Tags {
			l.Tags[i] = state.Tag{Key: d.name(), Value: d.text()}
		}
	}
	if flags&hasParts != 0 {
		l.Parts = make([]state.TextPart, d.count())
		for i := range l.Parts {
			twice := d.uvarint()
			l.Parts[i] = state.TextPart{Text: d.take(twice >> 1), Concat: twice&1 != 0}
		}
	}
	if flags&hasRedaction != 0 {
		l.Redaction = &state.Redaction{Time: d.varint(), Source: d.name(), Account: d.name(), Reason: d.text(), Bot: d.byte() != 0}
	}
	l.Bot = flags&isBot != 0
	return l
}

// texts decodes parameters. Nearly all lines have one, so they share the memory.
func (d *decoder) texts() []string {
	n := d.count()
	if n == 0 {
		return nil
	}
	if cap(d.params)-len(d.params) < n {
		d.params = make([]string, 0, max(n, blockLines))
	}
	from := len(d.params)
	for range n {
		d.params = append(d.params, d.text())
	}
	return d.params[from:len(d.params):len(d.params)]
}

func (d *decoder) name() string {
	number := d.uvarint()
	if number == 0 {
		d.names = append(d.names, d.text())
		number = uint64(len(d.names))
	}
	if number > uint64(len(d.names)) {
		d.fail("name")
		return ""
	}
	return d.names[number-1]
}

func (d *decoder) party() state.Party {
	number := d.uvarint()
	if number == 0 {
		p, err := state.ParseParty([]byte(d.text()))
		if err != nil {
			d.fail("party")
		}
		d.parties = append(d.parties, p)
		number = uint64(len(d.parties))
	}
	if number > uint64(len(d.parties)) {
		d.fail("party")
		return state.Party{}
	}
	return d.parties[number-1]
}

// count decodes the number of items of a list. Each takes at least one byte.
func (d *decoder) count() int {
	n := d.uvarint()
	if n > uint64(len(d.rest)) {
		d.fail("count")
		return 0
	}
	return int(n)
}

func (d *decoder) text() string { return d.take(d.uvarint()) }

func (d *decoder) take(n uint64) string {
	if n > uint64(len(d.rest)) {
		d.fail("length")
		return ""
	}
	text := d.rest[:n]
	d.rest = d.rest[n:]
	return text
}

func (d *decoder) byte() byte {
	if d.rest == "" {
		d.fail("end")
		return 0
	}
	b := d.rest[0]
	d.rest = d.rest[1:]
	return b
}

func (d *decoder) varint() int64 {
	u := d.uvarint()
	n := int64(u >> 1)
	if u&1 != 0 {
		n = ^n
	}
	return n
}

func (d *decoder) uvarint() (n uint64) {
	for shift := 0; shift < 64; shift += 7 {
		b := d.byte()
		if shift == 63 && b > 1 {
			break
		}
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
	d.fail("number")
	return 0
}
