package config

import (
	"reflect"
	"strconv"
	"strings"
)

// setDefaults fills every option that has a default.
func setDefaults(cfg *Config) { applyDefaults(reflect.ValueOf(cfg).Elem()) }

// applyDefaults fills the options of one struct and of the structs in it.
func applyDefaults(into reflect.Value) {
	for _, field := range optionFields(into.Type()) {
		value := into.FieldByIndex(field.Index)
		if kindOf(field.Type) == kindTable {
			applyDefaults(value)
		} else if field.Tag.Get("default") != "" {
			value.Set(defaultOf(field))
		}
	}
}

// defaultOf is the default of an option, or the zero value. It panics when the tag does not fit the field: the tags are part of the program.
func defaultOf(field reflect.StructField) reflect.Value {
	value := reflect.New(field.Type)
	text, ok := field.Tag.Lookup("default")
	wrong := ""
	switch {
	case ok && kindOf(field.Type) == kindList:
		for part := range strings.SplitSeq(text, ", ") {
			item := reflect.New(field.Type.Elem())
			wrong += setScalar(item, part)
			value.Elem().Set(reflect.Append(value.Elem(), item.Elem()))
		}
	case ok:
		wrong = setText(value, text)
	}
	if wrong != "" {
		panic("config: the default of " + field.Name + " " + wrong)
	}
	return value.Elem()
}

// setText sets what the pointer into points to from a tag's text, in which numbers and booleans have no type of their own.
func setText(into reflect.Value, text string) string {
	var raw any = text
	switch into.Elem().Interface().(type) {
	case bool:
		raw = text == "true"
	case int:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return "must be a number"
		}
		raw = n
	}
	return setScalar(into, raw)
}
