package bavard

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	markdownLink    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	markdownHeading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	notInAnchors    = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// TestLinksInDocuments: what a document of the project links to is there: the file, and the heading in it.
func TestLinksInDocuments(t *testing.T) {
	var files []string
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		files = append(files, found...)
	}
	require.Greater(t, len(files), 10)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, link := range markdownLink.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(link[1], "://") {
				continue
			}
			path, anchor, _ := strings.Cut(link[1], "#")
			target := file
			if path != "" {
				target = filepath.Join(filepath.Dir(file), path)
			}
			info, err := os.Stat(target)
			require.NoError(t, err, "%s links to %s", file, link[1])
			if anchor != "" && !info.IsDir() {
				require.Contains(t, anchorsOf(t, target), anchor, "%s links to %s", file, link[1])
			}
		}
	}
}

// anchorsOf are the anchors of a document's headings, as web pages that show Markdown make them.
func anchorsOf(t *testing.T, file string) (anchors []string) {
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, heading := range markdownHeading.FindAllStringSubmatch(string(text), -1) {
		anchors = append(anchors, strings.ReplaceAll(notInAnchors.ReplaceAllString(strings.ToLower(heading[1]), ""), " ", "-"))
	}
	return anchors
}
