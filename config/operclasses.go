package config

import (
	"slices"
	"strconv"
	"strings"
)

// DefaultOperClass is the class of an operator whose block names none: it may do everything.
const DefaultOperClass = "admin"

// AllPrivileges stands for every privilege in a class.
const AllPrivileges = "*"

// PrivilegeNames are what a class may allow.
var PrivilegeNames = []string{
	"auspex", "chghost", "defcon", "die", "dline", "eline", "filter", "globops", "kill", "kline", "metadata", "redact", "rehash", "restart", "resv", "sajoin",
	"sakick", "samode", "sanick", "sapart", "satopic",
	"sethost", "shun", "snomask", "stats", "uban", "wallops", "xline",
}

// SnomaskLetters are the kinds of server notices.
const SnomaskLetters = "acfgknoqtvx"

// OperClass is a kind of IRC operator.
type OperClass struct {
	Name       string   `toml:"name" example:"helper" max:"32" doc:"The name, which [[opers]] and other classes refer to."`
	Extends    string   `toml:"extends" default:"" max:"32" doc:"A class whose privileges it has too, and whose other options hold when they are not given here."`
	Privileges []string `toml:"privileges" example:"kill" max:"100" doc:"What its operators may do: the names of privileges, or \"*\" for all. The reference lists them."`
	Snomasks   string   `toml:"snomasks" default:"" max:"64" doc:"The server notices that they get from the start (MODE +s), as letters. The reference lists them."`
	Title      string   `toml:"title" default:"" max:"100" doc:"Their line in WHOIS, such as 'is a helper'. Without one it is 'is an IRC operator'."`
	Vhost      string   `toml:"vhost" default:"" max:"63" doc:"The host that others see for them, such as 'staff.example.org'. Without one they keep their own."`
}

// Class is the class of an operator with all that it has from those that it extends.
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
		whole.Privileges = PrivilegeNames
	}
	slices.Sort(whole.Privileges)
	whole.Privileges = slices.Compact(slices.Clone(whole.Privileges))
	return whole
}

// class is a class as it is written, or the one that is there without being written.
func (cfg *Config) class(name string) OperClass {
	if found := findClass(cfg.OperClasses, name); found != nil {
		return *found
	}
	return OperClass{Name: DefaultOperClass, Privileges: []string{AllPrivileges}}
}

// Oper finds the block of an operator, or nil.
func (cfg *Config) Oper(name string) *Oper {
	for i := range cfg.Opers {
		if cfg.Opers[i].Name == name {
			return &cfg.Opers[i]
		}
	}
	return nil
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
	seen := map[string]bool{}
	for i := range classes {
		class := &classes[i]
		at := c.at("oper_classes", i)
		if c.broken(at) {
			continue
		}
		c.entryName(at, class.Name, seen)
		c.operClass(at, class, classes)
		if len(class.Vhost) > limits.HostLength {
			c.reportAt(at, "vhost", "is longer than limits.host_length")
		}
	}
}

func (c *checker) operClass(at element, class *OperClass, classes []OperClass) {
	if class.Extends != "" && class.Extends != DefaultOperClass && findClass(classes, class.Extends) == nil {
		c.reportAt(at, "extends", "there is no [[oper_classes]] of this name: "+strconv.Quote(class.Extends))
	}
	base, steps := class, 0
	for base != nil && steps <= len(classes) {
		base, steps = findClass(classes, base.Extends), steps+1
	}
	if base != nil {
		c.reportAt(at, "extends", "leads back to itself: "+strconv.Quote(class.Extends))
		class.Extends = ""
	}
	for i, name := range class.Privileges {
		if name == AllPrivileges || slices.Contains(PrivilegeNames, name) {
			continue
		}
		text := "there is no privilege of this name: " + strconv.Quote(name)
		if near := nearest(name, PrivilegeNames); near != "" {
			text += "; did you mean " + strconv.Quote(near) + "?"
		}
		c.reportAt(at.item("privileges", i), "", text)
	}
	if bad := strings.Trim(class.Snomasks, "+*"+SnomaskLetters); bad != "" {
		c.reportAt(at, "snomasks", "may contain only the characters "+SnomaskLetters+" or *, not "+strconv.Quote(bad))
	}
	if !printable(class.Title) {
		c.reportAt(at, "title", "must be one line without control characters")
	}
	if strings.HasPrefix(class.Vhost, ":") || strings.ContainsFunc(class.Vhost, func(r rune) bool {
		return !isLetter(r) && !isDigit(r) && !strings.ContainsRune(".:-_/", r)
	}) {
		c.reportAt(at, "vhost", "may contain only letters a-z, digits and .:-_/, and does not start with a colon")
	}
}
