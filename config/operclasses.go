package config

import (
	"slices"
	"strconv"
	"strings"

	"bavard/state"
)

// DefaultOperClass is the class of an operator whose section names none. It has every privilege.
const DefaultOperClass = "admin"

// AllPrivileges stands for every privilege in a class.
const AllPrivileges = "*"

// OperClass is a class of IRC operators.
type OperClass struct {
	Name       string   `toml:"name" example:"helper" max:"32" doc:"The name, which [[opers]] and other classes refer to."`
	Extends    string   `toml:"extends" default:"" max:"32" doc:"A class to inherit from. This class has all its privileges, and its other options where this class does not set them."`
	Privileges []string `toml:"privileges" example:"kill" max:"100" doc:"What operators of this class can do: the names of privileges, or \"*\" for all. The reference lists them."`
	Snomasks   string   `toml:"snomasks" default:"" max:"64" doc:"The server notices that they receive from the start (MODE +s), as letters. The reference lists them."`
	Title      string   `toml:"title" default:"" max:"100" doc:"Their line in WHOIS, such as 'is a helper'. If unset, it is 'is an IRC operator'."`
	Vhost      string   `toml:"vhost" default:"" max:"63" doc:"The host that others see for them, such as 'staff.example.org'. If unset, they keep their own."`
}

// Class returns the class with this name, complete with what it inherits from other classes.
func (cfg *Config) Class(name string) OperClass {
	whole := cfg.class(name)
	whole.Privileges = slices.Clone(whole.Privileges)
	for next := whole.Extends; next != ""; {
		base := cfg.class(next)
		next = base.Extends
		whole.Privileges = append(whole.Privileges, base.Privileges...)
		for _, o := range []struct{ own, from *string }{{&whole.Snomasks, &base.Snomasks}, {&whole.Title, &base.Title}, {&whole.Vhost, &base.Vhost}} {
			if *o.own == "" {
				*o.own = *o.from
			}
		}
	}
	if slices.Contains(whole.Privileges, AllPrivileges) {
		whole.Privileges = privilegeNames()
	}
	slices.Sort(whole.Privileges)
	whole.Privileges = slices.Compact(slices.Clone(whole.Privileges))
	return whole
}

// class returns a class as the file defines it, or the built-in one if the file does not.
func (cfg *Config) class(name string) OperClass {
	if found := findClass(cfg.OperClasses, name); found != nil {
		return *found
	}
	return OperClass{Name: DefaultOperClass, Privileges: []string{AllPrivileges}}
}

// Oper returns the section of an operator, or nil.
func (cfg *Config) Oper(name string) *Oper {
	for i := range cfg.Opers {
		if cfg.Opers[i].Name == name {
			return &cfg.Opers[i]
		}
	}
	return nil
}

// SomeOperHash is the password hash of an operator block, "" when none has one: to check a password against it takes
// as long as for a name that exists.
func (cfg *Config) SomeOperHash() string {
	for i := range cfg.Opers {
		if cfg.Opers[i].Password != "" {
			return string(cfg.Opers[i].Password)
		}
	}
	return ""
}

func findClass(classes []OperClass, name string) *OperClass {
	for i := range classes {
		if classes[i].Name == name && name != "" {
			return &classes[i]
		}
	}
	return nil
}

func (c *checker) operClasses(classes []OperClass, limits Limits) {
	seen := names{}
	for i := range classes {
		class := &classes[i]
		at := c.at("oper_classes", i)
		if c.broken(at) {
			continue
		}
		c.entryName("oper_classes", i, class.Name, seen)
		c.operClass(at, class, classes)
		if len(class.Vhost) > limits.HostLength {
			c.reportAt(at, "vhost", "is longer than limits.host_length")
		}
	}
}

func (c *checker) operClass(at element, class *OperClass, classes []OperClass) {
	if class.Extends != "" && class.Extends != DefaultOperClass && findClass(classes, class.Extends) == nil {
		c.reportAt(at, "extends", "no [[oper_classes]] has this name: "+strconv.Quote(class.Extends))
	}
	base, steps := class, 0
	for base != nil && steps <= len(classes) {
		base, steps = findClass(classes, base.Extends), steps+1
	}
	if base != nil {
		c.reportAt(at, "extends", "makes the class extend itself: "+strconv.Quote(class.Extends))
		class.Extends = ""
	}
	known := privilegeNames()
	for i, name := range class.Privileges {
		if name == AllPrivileges || slices.Contains(known, name) {
			continue
		}
		text := "unknown privilege " + strconv.Quote(name)
		if near := nearest(name, known); near != "" {
			text += "; did you mean " + strconv.Quote(near) + "?"
		}
		c.reportAt(at.item("privileges", i), "", text)
	}
	letters := lettersOf(state.Snomasks())
	if bad := strings.Trim(class.Snomasks, "+*"+letters); bad != "" {
		c.reportAt(at, "snomasks", "can contain only the characters "+letters+" or *, not "+strconv.Quote(bad))
	}
	if !printable(class.Title) {
		c.reportAt(at, "title", "must be one line without control characters")
	}
	if class.Vhost != "" && !state.ValidHost(class.Vhost) {
		c.reportAt(at, "vhost", "can contain only letters a-z, digits and .:-_/, and must not start with a colon")
	}
}
