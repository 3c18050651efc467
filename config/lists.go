package config

import (
	"reflect"
	"slices"
	"strings"

	"bavard/state"
)

// Options name modes, ranks, privileges and the like. The tables of package state are the only source for these lists,
// so that the file can use a new row at once.

// botMode marks a user as a bot. It makes no sense as a default for everyone.
const botMode = 'B'

// rankLetters returns the mode letters of all ranks, from the highest to the lowest.
func rankLetters() string {
	letters := ""
	for _, r := range state.Ranks() {
		letters += string(rune(r.Letter))
	}
	return letters
}

// rankNames returns the names of all ranks, from the lowest to the highest.
func rankNames() []string {
	names := []string{state.NoRank.Name()}
	for _, r := range slices.Backward(state.Ranks()) {
		names = append(names, r.Name)
	}
	return names
}

// channelFlags returns the modes that every new channel can have: those that take no parameter and that any operator
// can set.
func channelFlags() []state.ModeInfo {
	return slices.DeleteFunc(state.ChannelModes(), func(m state.ModeInfo) bool { return m.Kind != state.FlagMode || m.Oper })
}

// userFlags returns the modes that every new user can have: those that users can set on themselves.
func userFlags() []state.ModeInfo {
	return slices.DeleteFunc(state.UserModes(), func(m state.ModeInfo) bool { return !m.Own || m.Oper || m.Letter == botMode })
}

// lettersOf returns the letters of the modes.
func lettersOf(modes []state.ModeInfo) string {
	letters := ""
	for _, m := range modes {
		letters += string(rune(m.Letter))
	}
	return letters
}

// privilegeNames returns the names of all privileges that a class can have.
func privilegeNames() []string {
	var names []string
	for _, p := range state.Privileges() {
		names = append(names, p.Name)
	}
	return names
}

// measureNames returns the names of everything that a DEFCON level can block.
func measureNames() []string {
	var names []string
	for _, m := range state.Measures() {
		names = append(names, m.Name)
	}
	return names
}

// separators returns the characters that can mark relayed nicks.
func separators() string {
	all := ""
	for b := byte('!'); b <= '~'; b++ {
		if state.ValidSeparator(b) {
			all += string(rune(b))
		}
	}
	return all
}

// placeholders maps what tags write in place of a list to the list itself.
var placeholders = map[string]func() string{
	"{ranks}": func() string {
		var list []string
		for _, r := range state.Ranks() {
			list = append(list, string(rune(r.Letter))+" "+r.Name)
		}
		return strings.Join(list, ", ")
	},
	"{rank names}":    func() string { return strings.Join(rankNames(), "|") },
	"{channel flags}": func() string { return named(channelFlags()) },
	"{user flags}":    func() string { return named(userFlags()) },
	"{measures}": func() string {
		var list []string
		for _, m := range state.Measures() {
			list = append(list, "'"+m.Name+"' ("+m.Help+")")
		}
		return enumeration(list, "and")
	},
	"{separators}": func() string { return enumeration(strings.Split(separators(), ""), "and") },
}

// named lists modes for an explanation, such as "i (invite-only), m (moderated)".
func named(modes []state.ModeInfo) string {
	var list []string
	for _, m := range modes {
		list = append(list, string(rune(m.Letter))+" ("+m.Name+")")
	}
	return strings.Join(list, ", ")
}

// enumeration joins words, such as "a, b and c".
func enumeration(words []string, conjunction string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " " + conjunction + " " + words[last]
}

// tagText returns a tag's text, with each placeholder replaced by its list.
func tagText(tag reflect.StructTag, key string) string {
	text := tag.Get(key)
	for name, list := range placeholders {
		if strings.Contains(text, name) {
			text = strings.ReplaceAll(text, name, list())
		}
	}
	return text
}

// choicesOf returns the only values that an option allows, or nil if it has no such list.
func choicesOf(tag reflect.StructTag) []string {
	text := tagText(tag, "oneof")
	if text == "" {
		return nil
	}
	return strings.Split(text, "|")
}
