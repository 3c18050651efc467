package config

import (
	"encoding"
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// decoder copies values from the TOML parser's result into the structs, and records every mistake it finds. An option
// with a wrong value keeps its default, so that one mistake does not cause others.
type decoder struct {
	file     string
	lines    lineIndex
	problems Problems
	more     bool // there are mistakes beyond maxProblems
}

// maxProblems is the maximum number of mistakes to report: a file with more is probably not a configuration file.
const maxProblems = 200

// decode sets the options in cfg, which already has the defaults.
func (d *decoder) decode(raw map[string]any, cfg *Config) {
	d.table("", raw, reflect.ValueOf(cfg).Elem())
}

func (d *decoder) table(path string, raw map[string]any, into reflect.Value) {
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		if d.more {
			return
		}
		here := joinPath(path, name)
		field, ok := fieldNamed(into.Type(), name)
		if !ok {
			d.fail(here, unknownOption(path, name, raw[name], into.Type()))
			continue
		}
		d.value(here, raw[name], into.FieldByIndex(field.Index), field.Tag)
	}
}

func (d *decoder) value(path string, raw any, into reflect.Value, tag reflect.StructTag) {
	switch kindOf(into.Type()) {
	case kindTable:
		table, ok := raw.(map[string]any)
		if !ok {
			d.fail(path, fmt.Sprintf("must be a single section: write [%s] once, with its options below it", path))
			return
		}
		d.table(path, table, into)
	case kindTables:
		d.tables(path, raw, into, tag)
	case kindList:
		d.list(path, raw, into, tag)
	case kindScalar:
		fresh := reflect.New(into.Type())
		if text := setScalar(fresh, raw); text != "" {
			d.fail(path, text)
			return
		}
		if text := outOfBounds(fresh.Elem(), tag); text != "" {
			d.fail(path, text)
			return
		}
		into.Set(fresh.Elem())
	}
}

// tables sets a list of structs from [[name]] sections, or from a list of inline tables.
func (d *decoder) tables(path string, raw any, into reflect.Value, tag reflect.StructTag) {
	var items []any
	switch raw := raw.(type) {
	case []map[string]any:
		for _, table := range raw {
			items = append(items, table)
		}
	case []any:
		items = raw
	default:
		d.fail(path, fmt.Sprintf("must be a list of sections: write [[%s]], with double brackets, for each", path))
		return
	}
	if text := tooMany(len(items), tag); text != "" {
		d.fail(path, text)
		return
	}
	list := reflect.MakeSlice(into.Type(), len(items), len(items))
	for i, item := range items {
		here := joinPath(path, strconv.Itoa(i))
		table, ok := item.(map[string]any)
		if !ok {
			d.fail(here, fmt.Sprintf("write [[%s]] for each, with its options below it", path))
			continue
		}
		applyDefaults(list.Index(i))
		d.table(here, table, list.Index(i))
	}
	into.Set(list)
}

// list sets a list of plain values.
func (d *decoder) list(path string, raw any, into reflect.Value, tag reflect.StructTag) {
	items, ok := raw.([]any)
	if !ok {
		d.fail(path, "must be a list in brackets, such as [\"a\", \"b\"], not "+describe(raw))
		return
	}
	if text := tooMany(len(items), tag); text != "" {
		d.fail(path, text)
		return
	}
	list := reflect.MakeSlice(into.Type(), len(items), len(items))
	for i, item := range items {
		if text := setScalar(list.Index(i).Addr(), item); text != "" {
			d.fail(joinPath(path, strconv.Itoa(i)), text)
		}
	}
	into.Set(list)
}

// fail records a mistake in the option at path.
func (d *decoder) fail(path, text string) {
	if len(d.problems) == maxProblems {
		d.more = true
		return
	}
	d.problems = append(d.problems, Problem{File: d.file, Line: d.lines.of(path), Key: keyOf(path), Text: text, path: path})
}

// failed reports whether a mistake was recorded at path or below it.
func (d *decoder) failed(path string) bool {
	return slices.ContainsFunc(d.problems, func(p Problem) bool { return p.path == path || strings.HasPrefix(p.path, path+".") })
}

type kind int

const (
	kindScalar kind = iota
	kindList
	kindTable
	kindTables
)

var (
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	prefixType      = reflect.TypeFor[netip.Prefix]()
	secretType      = reflect.TypeFor[Secret]()
)

// kindOf classifies the type of a field. A struct that has UnmarshalText, such as netip.Prefix, is a plain value.
func kindOf(t reflect.Type) kind {
	switch {
	case reflect.PointerTo(t).Implements(textUnmarshaler):
		return kindScalar
	case t.Kind() == reflect.Struct:
		return kindTable
	case t.Kind() == reflect.Slice && kindOf(t.Elem()) == kindTable:
		return kindTables
	case t.Kind() == reflect.Slice:
		return kindList
	}
	return kindScalar
}

// optionFields lists the fields of a struct that are options or sections.
func optionFields(t reflect.Type) []reflect.StructField {
	var fields []reflect.StructField
	for field := range t.Fields() {
		if name := field.Tag.Get("toml"); name != "" && name != "-" {
			fields = append(fields, field)
		}
	}
	return fields
}

func fieldNamed(t reflect.Type, name string) (reflect.StructField, bool) {
	for _, field := range optionFields(t) {
		if field.Tag.Get("toml") == name {
			return field, true
		}
	}
	return reflect.StructField{}, false
}

func joinPath(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
