package config

import (
	"reflect"
	"strconv"
	"strings"
)

// setDefaults sets every option that has a default.
func setDefaults(cfg *Config) { applyDefaults(reflect.ValueOf(cfg).Elem()) }

// applyDefaults sets the options of one struct and of the structs in it to their defaults.
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

// defaultOf returns the default of an option, or the zero value if it has none. It panics if the tag does not suit the
// field, since that is a bug in the program.
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

// setText sets the variable that into points to from the text of a tag. Unlike a value from the file, that text does
// not have a type yet.
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
