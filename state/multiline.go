package state

// What is said in several lines at once.
// https://ircv3.net/specs/extensions/multiline

// MultilineBytes is how long the combined text of these lines is, one byte for each line break between them.
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

// Paragraphs are the texts that the lines of a multiline message join to, one for each line break and one more.
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

// isBlank tells whether there is nothing in any line.
func isBlank(lines []TextPart) bool {
	for _, line := range lines {
		if line.Text != "" {
			return false
		}
	}
	return true
}

// judgeLines refuses a multiline message that nobody may send, wherever it goes. What a client has sent is judged line by
// line before; this is what holds for the operations of all.
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

// anyText tells whether something holds of a text: of a multiline one, for any line as those read it who get one after the
// other, or for lines that join to one.
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

// stripLines are the lines without formatting. One that goes on from the line before and has nothing left is left out:
// nobody may be sent that.
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
