package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// encodingVersion is the first byte of every encoded operation and snapshot.
const encodingVersion = 1

// rankType is the type Rank, which is encoded by the codes of its ranks.
var rankType = reflect.TypeFor[Rank]()

// ErrEncoding is wrapped by every error that decoding returns.
var ErrEncoding = errors.New("state: not a valid encoding")

// EncodeOp returns the encoded form of a stamped operation: version, kind, stamp, then the fields in their order. Each
// struct is preceded by its length, so that a field may be added at its end: a field that an older encoding lacks is
// zero, and an older program skips a field that it does not know. Fields are never moved or removed, and never change
// their type.
func EncodeOp(st Stamp, op Op) []byte { return AppendOp(nil, &st, op) }

// AppendOp appends what EncodeOp returns to b.
func AppendOp(b []byte, st *Stamp, op Op) []byte {
	b = append(b, encodingVersion, kindOf(op))
	b = appendValue(b, reflect.ValueOf(st).Elem())
	return appendValue(b, reflect.ValueOf(op).Elem())
}

// DecodeOp decodes what EncodeOp wrote. Its errors wrap ErrEncoding.
func DecodeOp(b []byte) (Stamp, Op, error) {
	var st Stamp
	if len(b) < 2 || b[0] != encodingVersion {
		return st, nil, fmt.Errorf("%w: version", ErrEncoding)
	}
	makeOp := newOp[b[1]]
	if makeOp == nil {
		return st, nil, fmt.Errorf("%w: operation %d", ErrEncoding, b[1])
	}
	op := makeOp()
	d := decoder{rest: b[2:]}
	d.value(reflect.ValueOf(&st).Elem())
	d.value(reflect.ValueOf(op).Elem())
	if d.err == nil && len(d.rest) > 0 {
		d.fail("trailing bytes")
	}
	return st, op, d.err
}

// appendValue encodes a value by its type: numbers as varints, ranks by their codes; strings, slices and structs with
// their length first. Maps, pointers and interfaces have no encoded form, because their order or type is not fixed.
func appendValue(b []byte, v reflect.Value) []byte {
	if v.Type() == rankType {
		return binary.AppendUvarint(b, Rank(v.Uint()).code())
	}
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return append(b, 1)
		}
		return append(b, 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return binary.AppendVarint(b, v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return binary.AppendUvarint(b, v.Uint())
	case reflect.String:
		b = binary.AppendUvarint(b, uint64(v.Len()))
		return append(b, v.String()...)
	case reflect.Slice:
		b = binary.AppendUvarint(b, uint64(v.Len()))
		for i := range v.Len() {
			b = appendValue(b, v.Index(i))
		}
		return b
	case reflect.Struct:
		start := len(b)
		for i := range v.NumField() {
			b = appendValue(b, v.Field(i))
		}
		return insertLength(b, start)
	}
	panic("state: a " + v.Type().String() + " has no encoded form")
}

// insertLength inserts, at start, the length of what follows.
func insertLength(b []byte, start int) []byte {
	var length [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(length[:], uint64(len(b)-start))
	b = append(b, length[:n]...)
	copy(b[start+n:], b[start:])
	copy(b[start:], length[:n])
	return b
}

// decoder decodes what appendValue wrote. After the first error it returns zeros.
type decoder struct {
	rest []byte
	err  error
}

func (d *decoder) fail(what string) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: %s", ErrEncoding, strings.TrimPrefix(what, ErrEncoding.Error()+": "))
	}
	d.rest = nil
}

func (d *decoder) value(v reflect.Value) {
	if v.Type() == rankType {
		d.rank(v)
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(d.uvarint() != 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if n := d.varint(); v.OverflowInt(n) {
			d.fail("number out of range")
		} else {
			v.SetInt(n)
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if n := d.uvarint(); v.OverflowUint(n) {
			d.fail("number out of range")
		} else {
			v.SetUint(n)
		}
	case reflect.String:
		v.SetString(string(d.bytes()))
	case reflect.Slice:
		d.slice(v)
	case reflect.Struct:
		d.fields(v)
	default:
		panic("state: a " + v.Type().String() + " has no encoded form")
	}
}

func (d *decoder) rank(v reflect.Value) {
	r, ok := rankOfCode(d.uvarint())
	if !ok {
		d.fail("unknown rank")
	}
	v.SetUint(uint64(r))
}

// fields decodes a struct within its length. Missing fields stay zero, and anything after the known fields is skipped.
func (d *decoder) fields(v reflect.Value) {
	inner := decoder{rest: d.bytes()}
	for i := 0; i < v.NumField() && len(inner.rest) > 0; i++ {
		inner.value(v.Field(i))
	}
	if inner.err != nil {
		d.fail(inner.err.Error())
	}
}

func (d *decoder) slice(v reflect.Value) {
	n := d.uvarint()
	// Each element takes at least one byte, so a length beyond the remaining bytes is wrong.
	if n > uint64(len(d.rest)) {
		d.fail("length")
		return
	}
	if n == 0 {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), int(n), int(n)))
	for i := range int(n) {
		d.value(v.Index(i))
	}
}

func (d *decoder) varint() int64 {
	n, size := binary.Varint(d.rest)
	if size <= 0 {
		d.fail("number")
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) uvarint() uint64 {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 {
		d.fail("number")
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if n > uint64(len(d.rest)) {
		d.fail("length")
		return nil
	}
	text := d.rest[:n]
	d.rest = d.rest[n:]
	return text
}
