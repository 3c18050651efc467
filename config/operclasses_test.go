package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestClassesExtendOneAnother(t *testing.T) {
	cfg, err := Parse("c.toml", []byte(`
[[oper_classes]]
name = "helper"
privileges = ["kill", "auspex"]
snomasks = "k"
title = "is a helper"
[[oper_classes]]
name = "chief"
extends = "helper"
privileges = ["rehash", "kill"]
title = "is the chief"
[[oper_classes]]
name = "owner"
extends = "admin"
vhost = "owner.example"
`))
	require.NoError(t, err)
	require.Equal(t, OperClass{
		Name: "chief", Extends: "helper", Privileges: []string{"auspex", "kill", "rehash"}, Snomasks: "k", Title: "is the chief",
	}, cfg.Class("chief"))
	require.Equal(t, []string{"auspex", "kill"}, cfg.Class("helper").Privileges)
	require.Equal(t, privilegeNames(), cfg.Class("admin").Privileges)
	require.Equal(t, privilegeNames(), cfg.Class("owner").Privileges)
	require.Equal(t, "owner.example", cfg.Class("owner").Vhost)
}

func TestFingerprintsAreTidied(t *testing.T) {
	cfg, err := Parse("c.toml", []byte("[[opers]]\nname = \"a\"\nauto = true\ncertificates = [\""+strings.Repeat("AB:", 31)+"cD\"]\n"))
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("ab", 31)+"cd", cfg.Oper("a").Certificates[0])
	require.Equal(t, DefaultOperClass, cfg.Oper("a").Class)
	require.Nil(t, cfg.Oper("b"))
}
