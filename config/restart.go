package config

import "reflect"

// Restart lists the options, such as "storage.path", that differ between two configurations and take effect only after
// a restart.
func Restart(old, new *Config) []string {
	var keys []string
	needRestart(old, new, func(key string, _, _ reflect.Value) { keys = append(keys, key) })
	return keys
}

// Carry returns a copy of new that a running daemon can apply: options that need a restart keep their values from old.
func Carry(old, new *Config) *Config {
	carried := *new
	needRestart(old, &carried, func(_ string, from, to reflect.Value) { to.Set(from) })
	return &carried
}

// needRestart calls differs for each option that needs a restart and differs between old and new. Options in lists of
// sections never need one.
func needRestart(old, new *Config, differs func(key string, old, new reflect.Value)) {
	was, is := reflect.ValueOf(old).Elem(), reflect.ValueOf(new).Elem()
	for _, section := range optionFields(was.Type()) {
		if kindOf(section.Type) != kindTable {
			continue
		}
		for _, field := range optionFields(section.Type) {
			from := was.FieldByIndex(section.Index).FieldByIndex(field.Index)
			to := is.FieldByIndex(section.Index).FieldByIndex(field.Index)
			if field.Tag.Get("restart") == "true" && !reflect.DeepEqual(from.Interface(), to.Interface()) {
				differs(joinPath(section.Tag.Get("toml"), field.Tag.Get("toml")), from, to)
			}
		}
	}
}
