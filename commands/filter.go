package commands

import (
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"time"

	"bavard/state"
)

// compiledFilter is a filter that can be compared with texts in lower case without formatting.
type compiledFilter struct {
	state.Filter
	mask  string
	regex *regexp.Regexp // nil for a mask
	size  int            // the size of the regular expression's program
}

// mostProgram bounds the programs of all regular expressions together, and so the time that matching a line takes.
const mostProgram = 5000

// compileFilter compiles a pattern, without regard to case. why describes what is wrong with the pattern, or is "".
func compileFilter(f state.Filter) (compiled compiledFilter, why string) {
	compiled.Filter = f
	expression, opened := strings.CutPrefix(f.Pattern, "/")
	expression, closed := strings.CutSuffix(expression, "/")
	if !opened || !closed {
		compiled.mask = strings.ToLower(strings.ReplaceAll(f.Pattern, `\s`, " "))
		if strings.Trim(compiled.mask, "*? ") == "" {
			return compiled, "That would match every text"
		}
		return compiled, ""
	}
	parsed, err := syntax.Parse(expression, syntax.Perl|syntax.FoldCase)
	if err != nil {
		return compiled, "Not a regular expression (" + strings.TrimPrefix(err.Error(), "error parsing regexp: ") + ")"
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return compiled, "Not a regular expression"
	}
	if compiled.size = len(program.Inst); compiled.size > mostProgram {
		return compiled, "That regular expression is too large"
	}
	compiled.regex, err = regexp.Compile("(?i)" + expression)
	switch {
	case err != nil:
		return compiled, "Not a regular expression"
	case compiled.regex.MatchString(""):
		return compiled, "That would match every text"
	}
	return compiled, ""
}

// stepsPerByte returns about how many steps a byte of a text needs: one for each instruction of a regular expression,
// or for eight bytes of a mask.
func (f *compiledFilter) stepsPerByte() int {
	const bytesPerStep = 8
	return max(f.size, len(f.mask)/bytesPerStep, 1)
}

func (f *compiledFilter) matches(plain string) bool {
	if f.regex != nil {
		return f.regex.MatchString(plain)
	}
	return state.Match(f.mask, plain)
}

// compileFilters compiles the filters of the state, as far as they are new. The lock is held, or there are no
// connections yet.
func (s *Server) compileFilters() {
	var all []compiledFilter
	known := map[string]*compiledFilter{}
	if old := s.filters.Load(); old != nil {
		for i := range *old {
			known[(*old)[i].Pattern] = &(*old)[i]
		}
	}
	for _, f := range s.state.Filters() {
		if same := known[f.Pattern]; same != nil {
			compiled := *same
			compiled.Filter = f
			all = append(all, compiled)
			continue
		}
		// A filter that only a newer version understands is left alone.
		if compiled, why := compileFilter(f); why == "" {
			all = append(all, compiled)
		}
	}
	if len(all) == 0 {
		s.filters.Store(nil)
		return
	}
	s.filters.Store(&all)
}

// runFilter manages the list of filters.
func runFilter(c *Call) {
	switch strings.ToUpper(c.param(0)) {
	case "ADD":
		c.addFilter(c.params()[1:])
	case "DEL":
		if pattern := c.param(1); pattern == "" {
			c.needMoreParams()
		} else if c.Do(&state.RemoveFilter{Pattern: pattern}, nil) {
			c.log().Info("filter removed", "by", c.nick(), "pattern", pattern)
		}
	case "LIST":
		c.View(func(s *state.State) {
			for _, f := range s.Filters() {
				c.notice(c.nick(), filterText(f)+" by "+f.Setter+" at "+banTime(f.Time))
			}
			c.notice(c.nick(), "End of the list: "+itoa(len(s.Filters()))+" filters")
		})
	case "TEST":
		c.testFilters(c.rest(1))
	default:
		c.refuse("INVALID_PARAMS", "Use FILTER ADD, DEL, LIST or TEST; see HELP FILTER")
	}
}

// addFilter parses action, optional duration and score, pattern and reason, and adds the filter.
func (c *Call) addFilter(words []string) {
	if len(words) < 2 {
		c.needMoreParams()
		return
	}
	op := &state.AddFilter{}
	var known bool
	if op.Action, known = state.FilterActionOf(strings.ToLower(words[0])); !known {
		c.refuse("INVALID_PARAMS", "The action must be warn, block, kill or ban")
		return
	}
	if words = c.filterSpan(op, words[1:]); words == nil {
		return
	}
	op.Pattern, op.Reason = words[0], strings.TrimSpace(strings.Join(words[1:], " "))
	compiled, why := compileFilter(state.Filter{Pattern: op.Pattern})
	size := compiled.size
	if filters := c.server.filters.Load(); filters != nil {
		for _, f := range *filters {
			size += f.size
		}
	}
	if why == "" && size > mostProgram {
		why = "The regular expressions are too large in total"
	}
	if why != "" {
		c.answer(&state.Refusal{Code: state.BadFilter, Param: op.Pattern, Why: why})
		return
	}
	if c.Do(op, nil) {
		c.log().Info("filter added", "by", c.nick(), "pattern", op.Pattern, "action", op.Action.String(), "score", op.Score)
	}
}

// filterSpan takes the duration and the score from the front of the words, and leaves the pattern and the reason; nil
// when they are refused. A score is a number with a plus.
func (c *Call) filterSpan(op *state.AddFilter, words []string) []string {
	score := func() (n int, is bool) {
		n, err := strconv.Atoi(words[0])
		return n, err == nil && words[0][0] == '+' && len(words) > 1
	}
	if _, is := score(); !is && len(words) > 1 {
		d, rest, _, ok := c.takeDuration(words)
		if !ok {
			return nil
		}
		op.Duration, words = int64(d), rest
	}
	if n, is := score(); is {
		op.Score, words = n, words[1:]
	}
	return words
}

// testFilters shows which filters a text would match.
func (c *Call) testFilters(text string) {
	n := 0
	if filters := c.server.filters.Load(); filters != nil {
		plain := strings.ToLower(state.PlainText(text))
		for i := range *filters {
			if f := &(*filters)[i]; f.matches(plain) {
				n++
				c.notice(c.nick(), filterText(f.Filter))
			}
		}
	}
	c.notice(c.nick(), itoa(n)+" filters match")
}

// filterText formats a filter in the form that FILTER ADD accepts.
func filterText(f state.Filter) string {
	text := f.Action.String()
	if f.Duration > 0 {
		text += " " + durationText(time.Duration(f.Duration))
	}
	if f.Score > 0 {
		text += " +" + itoa(f.Score)
	}
	return withReason(text+" "+f.Pattern, f.Reason)
}

// filtersChanged compiles the new filters and tells the operators.
func (r *renderer) filtersChanged(e *state.FiltersChanged) {
	r.server.compileFilters()
	text := "added the filter " + filterText(e.Filter)
	if e.Removed {
		text = "removed the filter " + filterText(e.Filter)
	}
	r.toUser(r.line(nil, r.server.view.Load().name, "NOTICE", e.By.Nick(), "You "+text).text(), e.By)
	r.tellOthers('f', e.By, e.By.Nick()+" has "+text)
}

// filterMatched tells the operators about a match without the text, which may have been private.
func (r *renderer) filterMatched(e *state.FilterMatched) {
	text := "FILTER: " + e.Action.String() + " " + describe(e.User) + ", " + e.Verb
	if e.Target != "" {
		text += " to " + e.Target
	}
	text += ", by " + e.Filter.Pattern
	if e.Score > 0 {
		text += ", score " + itoa(e.Score)
	}
	r.serverNotice('f', text)
}
