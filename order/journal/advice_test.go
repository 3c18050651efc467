package journal

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestExplain: what Check refuses has advice of its own, and does not send people to the doctor, who is asking.
func TestExplain(t *testing.T) {
	ignore := func(uint64, []byte) error { return nil }
	for name, c := range map[string]struct {
		change     func(files map[string]string)
		what, todo string
	}{
		"newer":      {func(f map[string]string) { f[formatName] = "bavard journal 9\n" }, "newer version (format 9)", "Nothing is broken"},
		"no format":  {func(f map[string]string) { delete(f, formatName) }, "is missing, but the folder has a journal", "echo 'bavard journal 1' > "},
		"bad format": {func(f map[string]string) { f[formatName] = "" }, "does not say which format", "echo 'bavard journal 1' > "},
		"missing":    {func(f map[string]string) { delete(f, secondSegment) }, "should follow", "Put the missing file back"},
		"no start":   {func(f map[string]string) { delete(f, firstSegment); delete(f, snapshotName(7)) }, "are missing", "Put the missing file back"},
		"changed": {func(f map[string]string) {
			delete(f, snapshotName(7))
			f[secondSegment] = f[secondSegment][:100] + "!" + f[secondSegment][101:]
		}, "is damaged at byte", "restore the newest backup"},
		"nothing": {func(f map[string]string) { clear(f) }, "there is no journal in", "Check the disk"},
	} {
		t.Run(name, func(t *testing.T) {
			files := madeOf(t)
			c.change(files)
			folder := folderOf(t, files)
			_, err := Check(folder, ignore, ignore)
			what, todo := Explain(folder, err)
			require.Contains(t, what, c.what)
			require.Contains(t, todo, c.todo)
			require.NotContains(t, what, "bavard doctor")
		})
	}
	folder := filepath.Join(t.TempDir(), "none")
	_, err := Check(folder, ignore, ignore)
	_, todo := Explain(folder, err)
	require.Contains(t, todo, "restore a backup")
	unusable := folderOf(t, madeOf(t))
	_, err = Check(unusable, func(uint64, []byte) error { return os.ErrInvalid }, ignore)
	_, todo = Explain(unusable, err)
	require.Contains(t, todo, "Report this as a bug")
}
