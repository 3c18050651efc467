package commands

import "strings"

// targetList collects targets, without repeats under the casemapping, and up to a maximum number. The zero value is not
// usable: call Call.newTargets.
type targetList struct {
	most int
	fold func(string) string
	kept []string
	seen map[string]bool // folded
	// over is the first target beyond the maximum, or "" if there was none.
	over string
}

func (c *Call) newTargets(most int) *targetList {
	return &targetList{most: most, fold: c.view().policy.Casemapping.Fold, seen: map[string]bool{}}
}

// take adds a target, and reports whether it is new and within the maximum.
func (l *targetList) take(target string) bool {
	folded := l.fold(target)
	switch {
	case l.seen[folded]:
		return false
	case len(l.kept) == l.most:
		if l.over == "" {
			l.over = target
		}
		return false
	}
	l.seen[folded] = true
	l.kept = append(l.kept, target)
	return true
}

// takeAll adds targets in order until the maximum is exceeded, and returns the collected targets.
func (l *targetList) takeAll(targets []string) []string {
	for _, target := range targets {
		if l.take(target); l.over != "" {
			break
		}
	}
	return l.kept
}

// tellOver answers 407 if targets were left out.
func (c *Call) tellOver(l *targetList) {
	if l.over != "" {
		c.reply(errTooManyTargets.with(excerpt(l.over)))
	}
}

// targets splits a list of targets at the separators, and returns the targets without repeats, up to the maximum
// number. If it leaves some out, it answers 407.
func (c *Call) targets(list, separators string) []string {
	return c.boundedTargets(strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(separators, r) }))
}

// boundedTargets is like targets, for a list that has already been split.
func (c *Call) boundedTargets(all []string) []string {
	if len(all) == 1 {
		return all
	}
	l := c.newTargets(c.config().Limits.Targets)
	l.takeAll(all)
	c.tellOver(l)
	return l.kept
}

// channels is like targets, for channels to join or leave: the maximum is the number of channels that a user can be in.
func (c *Call) channels(list string) []string {
	l := c.newTargets(c.config().Limits.ChannelsPerUser)
	l.takeAll(splitList(list))
	c.tellOver(l)
	return l.kept
}

// unique returns the targets without repeats, for a list that is limited only by the length of a line.
func (c *Call) unique(all []string) []string { return c.newTargets(len(all)).takeAll(all) }

// uniqueWords returns the words without repeats. Words that differ in case are different.
func uniqueWords(all []string) (kept []string) {
	seen := map[string]bool{}
	for _, word := range all {
		if !seen[word] {
			seen[word] = true
			kept = append(kept, word)
		}
	}
	return kept
}

// list splits a parameter at commas. It answers an empty list, because silence would not show the mistake.
func (c *Call) list(param string) []string {
	names := splitList(param)
	if len(names) == 0 {
		c.needMoreParams()
	}
	return names
}

// splitList splits at commas and drops empty elements.
func splitList(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}
