package config

import (
	"encoding"
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
)

// sampleColumns is the maximum width of a comment in the sample file.
const sampleColumns = 100

const sampleHead = `# Configuration of Bavard, an IRC daemon: every option with its default and an explanation.
#
# This file is generated from the program (go generate ./config). An option that you leave out has the default shown here. Options that are commented out have no default; the value shown is an example. Sections that are commented out, such as #[[classes]], are optional: each of their options shows its default, or an example if it has none.
# Sizes are written like "512B", "64KiB" or "1MiB", durations like "90s", "5m", "2h" or "1d".
# "bavard check" reports every mistake. SIGHUP, or REHASH by an operator, reloads the file. Options that need a restart say so.
`

// Sample returns the text of a configuration file that has the same effect as an empty one: each option with its
// explanation and its default.
func Sample() []byte {
	var b strings.Builder
	b.WriteString(wrapHead(sampleHead))
	defaults := reflect.ValueOf(Default()).Elem()
	for _, section := range optionFields(defaults.Type()) {
		name := section.Tag.Get("toml")
		value := defaults.FieldByIndex(section.Index)
		b.WriteString("\n")
		writeComment(&b, tagText(section.Tag, "doc"))
		if kindOf(section.Type) == kindTable {
			fmt.Fprintf(&b, "[%s]\n", name)
			writeSection(&b, value, "")
			continue
		}
		writeSections(&b, name, value)
	}
	return []byte(b.String())
}

// writeSections writes a section for each element of a list, the first one with explanations. If the list is empty, it
// writes one that is commented out.
func writeSections(b *strings.Builder, name string, list reflect.Value) {
	if list.Len() == 0 {
		shown := reflect.New(list.Type().Elem()).Elem()
		applyDefaults(shown)
		fmt.Fprintf(b, "#[[%s]]\n", name)
		writeSection(b, shown, "#")
		return
	}
	for i := range list.Len() {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(b, "[[%s]]\n", name)
		if i == 0 {
			writeSection(b, list.Index(i), "")
			continue
		}
		for _, field := range optionFields(list.Type().Elem()) {
			if value := list.Index(i).FieldByIndex(field.Index); !value.IsZero() {
				fmt.Fprintf(b, "%s = %s\n", field.Tag.Get("toml"), literal(value))
			}
		}
	}
}

// writeSection writes the options of one section. It puts the mark, "" or "#", in front of each.
func writeSection(b *strings.Builder, section reflect.Value, mark string) {
	for i, field := range optionFields(section.Type()) {
		if i > 0 {
			b.WriteString("\n")
		}
		value := section.FieldByIndex(field.Index)
		writeComment(b, sentence(field))
		example, hasExample := field.Tag.Lookup("example")
		text, behind := literal(value), mark
		switch {
		case hasExample && value.IsZero():
			text, behind = exampleLiteral(field.Type, example), "#"
		case field.Type == reflect.TypeFor[FileMode]():
			// It is only for Unix sockets, and the default listeners are not.
			text, behind = literal(defaultOf(field)), "#"
		}
		fmt.Fprintf(b, "%s%s = %s\n", behind, field.Tag.Get("toml"), text)
	}
}

// sentence returns an option's explanation, followed by its bounds, its choices and whether it needs a restart.
func sentence(field reflect.StructField) string {
	text := tagText(field.Tag, "doc")
	low, high := field.Tag.Get("min"), field.Tag.Get("max")
	if field.Type.Kind() != reflect.String && low != "" && high != "" {
		text += " From " + low + " to " + high + "."
	}
	if choices := choicesOf(field.Tag); choices != nil {
		text += " One of: " + strings.Join(choices, ", ") + "."
	}
	if field.Tag.Get("restart") == "true" {
		text += " Changes need a restart."
	}
	return text
}

// literal formats a value as it is written in the file.
func literal(value reflect.Value) string {
	switch own := value.Interface().(type) {
	case Secret:
		return `""`
	case netip.Prefix:
		return strconv.Quote(own.String())
	case encoding.TextMarshaler:
		text, err := own.MarshalText()
		if err != nil {
			panic("config: " + err.Error())
		}
		return strconv.Quote(string(text))
	}
	switch value.Kind() {
	case reflect.String:
		return strconv.Quote(value.String())
	case reflect.Slice:
		items := make([]string, value.Len())
		for i := range items {
			items[i] = literal(value.Index(i))
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return fmt.Sprint(value.Interface())
}

func exampleLiteral(t reflect.Type, example string) string {
	if kindOf(t) == kindList {
		return "[" + strconv.Quote(example) + "]"
	}
	return strconv.Quote(example)
}

func writeComment(b *strings.Builder, text string) {
	line := "#"
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > sampleColumns {
			b.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}

// wrapHead wraps each line of the head separately.
func wrapHead(head string) string {
	var b strings.Builder
	for line := range strings.Lines(head) {
		writeComment(&b, strings.TrimPrefix(line, "#"))
	}
	return b.String()
}

// Option is one option of the file, for the documentation.
type Option struct {
	Key     string   // such as "limits.nick_length", or "opers.name" in a list of sections
	Type    string   // in plain English: "string", "number", "true or false", "size", ...
	Default string   // as written in the file; empty if there is none
	Doc     string   // the explanation
	Min     string   // the lower bound, as written in the file; empty if there is none
	Max     string   // the upper bound; for a string, of its length in bytes
	Choices []string // the only values allowed; nil if there is no such list
	Restart bool     // a change needs a restart
}

// Options lists every option in the order of the sample file.
func Options() []Option {
	var options []Option
	for _, section := range optionFields(reflect.TypeFor[Config]()) {
		t := section.Type
		if kindOf(t) == kindTables {
			t = t.Elem()
		}
		for _, field := range optionFields(t) {
			options = append(options, option(section.Tag.Get("toml"), field))
		}
	}
	return options
}

func option(section string, field reflect.StructField) Option {
	o := Option{
		Key:     joinPath(section, field.Tag.Get("toml")),
		Type:    typeName(field.Type),
		Doc:     tagText(field.Tag, "doc"),
		Min:     field.Tag.Get("min"),
		Max:     field.Tag.Get("max"),
		Choices: choicesOf(field.Tag),
		Restart: field.Tag.Get("restart") == "true",
	}
	if field.Tag.Get("default") != "" {
		o.Default = literal(defaultOf(field))
	}
	return o
}

func typeName(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[Size]():
		return "size"
	case reflect.TypeFor[Duration]():
		return "duration"
	case reflect.TypeFor[FileMode]():
		return "permissions"
	case secretType:
		return "secret"
	case prefixType:
		return "CIDR"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "number"
	case reflect.Slice:
		return "list of " + typeName(t.Elem())
	}
	return "string"
}
