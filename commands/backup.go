package commands

import "strings"

// runBackup makes a backup. Operators cannot choose the folder or the name, so they cannot write files wherever they
// like.
func runBackup(c *Call) {
	c.willWait()
	file, size, err := c.server.options.Backup(func(text string) {
		c.notice(c.nick(), "Backup: "+text)
		c.Flush()
	})
	if err != nil {
		c.log().Error("backup failed", "by", c.nick(), "error", err)
		c.refuse("BACKUP_FAILED", "No backup was made: "+strings.ReplaceAll(err.Error(), "\n", "; "))
		return
	}
	c.tell('a', "BACKUP", "made the backup "+file+" ("+size+")")
	c.notice(c.nick(), "The backup is complete: "+file+" in the server's folder ("+size+")")
}
