package commands

import (
	"path/filepath"
	"strings"
)

// runRehash reloads the configuration. A file with mistakes changes nothing, and the mistakes are shown.
// https://modern.ircdocs.horse/#rehash-message
func runRehash(c *Call) {
	file := c.config().File
	if file == "" {
		file = "config.toml"
	}
	c.reply(rplRehashing.with(excerpt(strings.ReplaceAll(filepath.Base(file), " ", "_"))))
	c.willWait()
	restart, err := c.server.options.Rehash()
	if err != nil {
		c.log().Error("configuration not reloaded", "by", c.nick(), "error", err)
		for _, line := range strings.Split(err.Error(), "\n") {
			c.refuse("CONFIG_BAD", "Not reloaded; nothing has changed: "+line)
		}
		return
	}
	c.tell('a', "REHASH", "reloaded the configuration")
	c.notice(c.nick(), "The configuration was reloaded")
	if len(restart) > 0 {
		c.caution("RESTART_NEEDED", "These options need a restart to take effect: "+strings.Join(restart, ", "))
	}
}
