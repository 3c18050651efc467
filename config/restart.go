package config

import "reflect"

// Restart lists the options that differ between two configurations and take effect only after a restart, such as "storage.path".
func Restart(old, new *Config) []string {
	var keys []string
	needRestart(old, new, func(key string, _, _ reflect.Value) { keys = append(keys, key) })
	return keys
}

// Carry gives back new with the values that only a restart may change taken from old: it is what a running daemon may apply. Neither is changed.
func Carry(old, new *Config) *Config {
	carried := *new
	needRestart(old, &carried, func(_ string, from, to reflect.Value) { to.Set(from) })
	return &carried
}

// needRestart calls differs for each option that needs a restart and is not the same in both. Options in lists of sections never need one.
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
