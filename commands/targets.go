package commands

import "strings"

// A targetList keeps each target that is named once, by the casemapping, and only as many as there may be. The zero
// value is not ready: Call.newTargets.
type targetList struct {
	most int
	fold func(string) string
	kept []string
	seen map[string]bool // folded
	// over is the first target for which there was no room, "" when all had some.
	over string
}

func (c *Call) newTargets(most int) *targetList {
	return &targetList{most: most, fold: c.view().policy.Casemapping.Fold, seen: map[string]bool{}}
}

// take reports whether the target is a new one that is kept.
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

// takeAll takes the targets in order until there is no more room.
func (l *targetList) takeAll(targets []string) []string {
	for _, target := range targets {
		if l.take(target); l.over != "" {
			break
		}
	}
	return l.kept
}

// tellOver answers when targets were left out.
func (c *Call) tellOver(l *targetList) {
	if l.over != "" {
		c.reply(errTooManyTargets.with(excerpt(l.over)))
	}
}

// targets splits a list of targets at the separators, and keeps each target once, as many as there may be; that the
// rest is left out is answered with 407.
func (c *Call) targets(list, separators string) []string {
	return c.boundedTargets(strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(separators, r) }))
}

// boundedTargets is targets for a list that has been split.
func (c *Call) boundedTargets(all []string) []string {
	if len(all) == 1 {
		return all
	}
	l := c.newTargets(c.config().Limits.Targets)
	l.takeAll(all)
	c.tellOver(l)
	return l.kept
}

// channels splits a list of channels to enter or to leave: there may be as many as a user can be in.
func (c *Call) channels(list string) []string {
	l := c.newTargets(c.config().Limits.ChannelsPerUser)
	l.takeAll(splitList(list))
	c.tellOver(l)
	return l.kept
}

// unique are the targets without repeats, for a list that nothing but the length of a line bounds.
func (c *Call) unique(all []string) []string { return c.newTargets(len(all)).takeAll(all) }

// uniqueWords are words without repeats, where case counts.
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
