package state

import (
	"fmt"
	"reflect"
)

// opTable has every operation with its number in the encoded form. Numbers are never reused: a new operation gets the
// highest number plus one.
var opTable = []opRow{
	operation[Register](1),
	operation[Quit](2),
	operation[ChangeNick](3),
	operation[SetAway](4),
	operation[SetUserModes](5),
	operation[MakeOper](6),
	operation[Join](7),
	operation[Part](8),
	operation[SetTopic](9),
	operation[InviteUser](10),
	operation[Kick](11),
	operation[SetModes](12),
	operation[Rename](13),
	operation[Message](14),
	operation[Kill](15),
	operation[NodeUp](16),
	operation[Configure](17),
	operation[Expire](18),
	operation[SendWallops](19),
	operation[ChangeAccept](30),
	operation[ChangeSilence](31),
	operation[AddBan](40),
	operation[RemoveBan](41),
	operation[SetDefcon](42),
	operation[AddFilter](43),
	operation[RemoveFilter](44),
	operation[HitFilters](45),
	operation[Announce](50),
	operation[ForceJoin](51),
	operation[ForcePart](52),
	operation[ForceNick](53),
	operation[SetRealname](54),
	operation[ChangeHost](55),
	operation[Cycle](56),
	operation[Knock](57),
	operation[SetAccount](60),
	operation[SetMetadata](62),
	operation[ClearMetadata](63),
	operation[Redact](64),
	operation[MarkRead](65),
	operation[Relay](66),
	operation[Play](67),
}

// opRow is a row of opTable.
type opRow struct {
	kind   byte
	of     reflect.Type
	create func() Op
}

// operation returns the row of an operation.
func operation[T any, P interface {
	*T
	Op
}](kind byte) opRow {
	return opRow{kind, reflect.TypeFor[P](), func() Op { return P(new(T)) }}
}

// newOp has a function for each number that creates an empty operation, for decoding. opKinds has the number of each
// type of operation.
var newOp, opKinds = map[byte]func() Op{}, map[reflect.Type]byte{}

func init() {
	for _, row := range opTable {
		newOp[row.kind], opKinds[row.of] = row.create, row.kind
	}
}

// kindOf returns the number of an operation in its encoded form.
func kindOf(op Op) byte {
	kind, known := opKinds[reflect.TypeOf(op)]
	if !known {
		panic(fmt.Sprintf("state: %T is not in opTable", op))
	}
	return kind
}
