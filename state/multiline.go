package state

// Messages with several lines.
// https://ircv3.net/specs/extensions/multiline

// MultilineBytes returns the length of the combined text of these lines, with one byte for each line break.
func MultilineBytes(lines []TextPart) int {
	total := 0
	for i, line := range lines {
		total += len(line.Text)
		if i > 0 && !line.Concat {
			total++
		}
	}
	return total
}

// Paragraphs returns the texts between the line breaks of a multiline message, with concatenated lines joined.
func Paragraphs(lines []TextPart) []string {
	var texts []string
	for i := 0; i < len(lines); {
		end, size := i+1, len(lines[i].Text)
		for ; end < len(lines) && lines[end].Concat; end++ {
			size += len(lines[end].Text)
		}
		text := lines[i].Text
		if end > i+1 {
			joined := make([]byte, 0, size)
			for _, line := range lines[i:end] {
				joined = append(joined, line.Text...)
			}
			text = string(joined)
		}
		texts = append(texts, text)
		i = end
	}
	return texts
}

// isBlank reports whether all lines are empty.
func isBlank(lines []TextPart) bool {
	for _, line := range lines {
		if line.Text != "" {
			return false
		}
	}
	return true
}

// judgeLines refuses an invalid multiline message to any target. The lines of a client's batch have been checked
// before; this check applies to every operation.
func (s *State) judgeLines(op *Message) *Refusal {
	if len(op.Lines) == 0 {
		return nil
	}
	why := ""
	switch {
	case op.Kind == Tagmsg || op.Text != "" || op.Lines[0].Concat:
		why = "Invalid multiline message"
	case len(op.Lines) > s.policy.MultilineLines || MultilineBytes(op.Lines) > s.policy.MultilineBytes:
		why = "Multiline message too long"
	case isBlank(op.Lines):
		why = "Multiline message with blank lines only"
	}
	for _, line := range op.Lines {
		if line.Concat && line.Text == "" {
			why = "Multiline message with a concatenated blank line"
		}
	}
	if why == "" {
		return nil
	}
	return &Refusal{Code: BadMultiline, Param: op.Target, Why: why}
}

// anyText reports whether holds is true for a text. For a multiline text, it is enough that it is true for one line, as
// clients without multiline see it, or for one paragraph of joined lines.
func anyText(text string, lines []TextPart, holds func(string) bool) bool {
	if len(lines) == 0 {
		return holds(text)
	}
	joined := false
	for _, line := range lines {
		if line.Text != "" && holds(line.Text) {
			return true
		}
		joined = joined || line.Concat
	}
	if joined {
		for _, paragraph := range Paragraphs(lines) {
			if holds(paragraph) {
				return true
			}
		}
	}
	return false
}

// stripLines returns the lines without formatting. A concatenated line that becomes empty is left out, because the
// specification forbids it.
func stripLines(lines []TextPart) []TextPart {
	stripped := make([]TextPart, 0, len(lines))
	for _, line := range lines {
		line.Text = stripFormatting(line.Text)
		if line.Text != "" || !line.Concat {
			stripped = append(stripped, line)
		}
	}
	return stripped
}
