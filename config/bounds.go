package config

import (
	"reflect"
	"strconv"
	"strings"
)

// outOfBounds checks a value against the tags min, max and oneof. It returns what is wrong, or "".
func outOfBounds(value reflect.Value, tag reflect.StructTag) string {
	if choices := choicesOf(tag); choices != nil {
		return notOneOf(value.String(), choices)
	}
	low, hasLow := tag.Lookup("min")
	high, hasHigh := tag.Lookup("max")
	if value.Kind() == reflect.String {
		return badLength(value.Len(), low, high)
	}
	below := hasLow && value.Int() < bound(value.Type(), low)
	above := hasHigh && value.Int() > bound(value.Type(), high)
	if below || above {
		return "must be between " + low + " and " + high
	}
	return ""
}

// tooMany checks the length of a list against the tag max. It returns what is wrong, or "".
func tooMany(items int, tag reflect.StructTag) string {
	if most := tag.Get("max"); most != "" && int64(items) > bound(reflect.TypeFor[int](), most) {
		return "can have at most " + most + " entries, not " + strconv.Itoa(items)
	}
	return ""
}

// notOneOf says that text is none of the choices, or returns "" if it is one.
func notOneOf(text string, choices []string) string {
	quoted := make([]string, len(choices))
	for i, choice := range choices {
		if text == choice {
			return ""
		}
		quoted[i] = strconv.Quote(choice)
	}
	last := len(quoted) - 1
	wrong := "must be " + strings.Join(quoted[:last], ", ") + " or " + quoted[last]
	if near := nearest(text, choices); near != "" {
		return wrong + "; did you mean " + strconv.Quote(near) + "?"
	}
	return wrong + ", not " + describe(text)
}

// badLength checks the length of a string. It returns what is wrong, or "".
func badLength(bytes int, low, high string) string {
	if low != "" && bytes < int(bound(reflect.TypeFor[int](), low)) {
		if bytes == 0 {
			return "must not be empty"
		}
		return "must be at least " + low + " bytes long"
	}
	if high != "" && bytes > int(bound(reflect.TypeFor[int](), high)) {
		return "must be at most " + high + " bytes long, not " + strconv.Itoa(bytes)
	}
	return ""
}

// bound parses the bound in a tag as a value of type t. It panics if the tag is wrong, since that is a bug in the
// program.
func bound(t reflect.Type, text string) int64 {
	value := reflect.New(t)
	if wrong := setText(value, text); wrong != "" {
		panic("config: the bound " + text + " " + wrong)
	}
	return value.Elem().Int()
}
