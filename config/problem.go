package config

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Problem is one mistake in a configuration file.
type Problem struct {
	File string // as it was given
	Line int    // counts from 1; 0 if the mistake has no line, such as a missing file
	Key  string // the option, such as "channels.ranks"; empty if the mistake is not in an option
	Text string // what is wrong, in plain English; never contains a secret

	path string // like Key, but with the number of each list element
}

// String formats the problem like "config.toml:12: channels.ranks: must contain o".
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	if p.Key != "" {
		b.WriteString(": " + p.Key)
	}
	b.WriteString(": " + p.Text)
	return b.String()
}

// Problems is an error that lists all mistakes in a file, sorted by line.
type Problems []Problem

// Error returns one line per mistake.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return ps
}

// keyOf removes the numbers of list elements from a path: a problem's line already says which element it is about.
func keyOf(path string) string {
	parts := strings.Split(path, ".")
	parts = slices.DeleteFunc(parts, func(part string) bool {
		_, err := strconv.Atoi(part)
		return err == nil
	})
	return strings.Join(parts, ".")
}

// unknownOption says that the section at path has no option with this name, and suggests one that may have been meant.
func unknownOption(path, name string, raw any, section reflect.Type) string {
	if path == "" {
		return unknownAtTop(name, raw, section)
	}
	if near := nearest(name, optionNames(section)); near != "" {
		return "unknown option; did you mean " + near + "?"
	}
	if home := sectionWith(name); home != "" && home != keyOf(path) {
		return "unknown option; there is one with this name in [" + home + "]"
	}
	return "unknown option"
}

// unknownAtTop does the same for a name at the top of the file, outside any section.
func unknownAtTop(name string, raw any, config reflect.Type) string {
	_, isTable := raw.(map[string]any)
	_, isTables := raw.([]map[string]any)
	if isTable || isTables {
		near := nearest(name, optionNames(config))
		if near == "" {
			return "unknown section"
		}
		field, _ := fieldNamed(config, near)
		if kindOf(field.Type) == kindTables {
			near = "[" + near + "]"
		}
		return "unknown section; did you mean [" + near + "]?"
	}
	near := nearest(name, allOptionNames())
	if near == "" {
		return "unknown option"
	}
	home := sectionWith(near)
	if near == name {
		return "is outside its section: it belongs below [" + home + "]"
	}
	return "unknown option; did you mean " + near + " below [" + home + "]?"
}

func optionNames(t reflect.Type) []string {
	fields := optionFields(t)
	names := make([]string, len(fields))
	for i, field := range fields {
		names[i] = field.Tag.Get("toml")
	}
	return names
}

// allOptionNames lists the names of all options in single sections.
func allOptionNames() []string {
	var names []string
	for _, section := range optionFields(reflect.TypeFor[Config]()) {
		if kindOf(section.Type) == kindTable {
			names = append(names, optionNames(section.Type)...)
		}
	}
	return names
}

// sectionWith returns the first single section that has an option with this name, or "".
func sectionWith(name string) string {
	for _, section := range optionFields(reflect.TypeFor[Config]()) {
		if kindOf(section.Type) != kindTable {
			continue
		}
		if _, ok := fieldNamed(section.Type, name); ok {
			return section.Tag.Get("toml")
		}
	}
	return ""
}

// nearest returns the name that is closest to what was typed, or "" if none is close. Longer words may differ more.
func nearest(typed string, names []string) string {
	const longest = 64
	if len(typed) > longest {
		return ""
	}
	best, bestDistance := "", max(1, len(typed)/3)+1
	for _, name := range names {
		if d := editDistance(strings.ToLower(typed), name); d < bestDistance {
			best, bestDistance = name, d
		}
	}
	return best
}

// editDistance returns how many letters must be inserted, deleted, replaced or swapped with their neighbour to turn a
// into b.
func editDistance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := last[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(change, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
