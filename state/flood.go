package state

import (
	"strconv"
	"strings"
)

// Flood profiles (+F) are sets of rules. Each rule limits how often something may happen within the profile's seconds,
// and names the action taken against users who exceed the limit.

// floodKind is one row of the table of things that are counted: joins for the channel, everything else for each member.
type floodKind struct {
	letter byte
	name   string
}

var floodKinds = []floodKind{
	{letter: 'm', name: "messages"},
	{letter: 'r', name: "repeats"},
	{letter: 'n', name: "nick changes"},
	{letter: 'j', name: "joins"},
}

// The actions of a flood rule.
const (
	floodMute = 'm' // mutes the host for some minutes
	floodKick = 'k' // kicks the user, or refuses a join
	floodBan  = 'b' // kicks the user and bans the host for some minutes
)

// floodProfiles holds the predefined profiles.
var floodProfiles = map[string]string{
	"relaxed": "[20m#m5,8r#m5,5n#m5,30j#k]:15",
	"normal":  "[10m#m5,4r#m10,3n#m5,15j#k]:15",
	"strict":  "[6m#m10,3r#b10,2n#m10,8j#k]:15",
}

const floodHelp = "The parameter must be relaxed, normal or strict, or rules such as [10m#m5,4r#b10,3n#k,15j#k]:15 (a number; messages, repeats, nick changes or joins; mute, kick or ban, and a time: m5 is 5 minutes, m1h an hour; seconds, or a time such as 1m)"

// floodRule is one rule of a profile.
type floodRule struct {
	kind   byte
	rate   rate
	action byte
	span   int64 // how long a mute or ban lasts, in nanoseconds
}

type floodProfile []floodRule

// rule returns the rule for a kind, or nil.
func (p floodProfile) rule(kind byte) *floodRule {
	for i := range p {
		if p[i].kind == kind {
			return &p[i]
		}
	}
	return nil
}

func checkFlood(_ *Policy, param string) (tidy, why string, ok bool) {
	tidy = strings.ToLower(param)
	if floodProfiles[tidy] != "" {
		return tidy, "", true
	}
	profile, ok := readFlood(tidy)
	if !ok {
		return "", floodHelp, false
	}
	return profile.String(), "", true
}

// String writes the profile in its shortest form, as other servers do: times in minutes and seconds, without units.
func (p floodProfile) String() string {
	rules := make([]string, len(p))
	for i, r := range p {
		rules[i] = strconv.FormatInt(r.rate.count, 10) + string(r.kind) + "#" + string(r.action)
		if r.span%minute != 0 {
			rules[i] += FormatDuration(r.span)
		} else if r.span > 0 {
			rules[i] += strconv.FormatInt(r.span/minute, 10)
		}
	}
	return "[" + strings.Join(rules, ",") + "]:" + strconv.FormatInt(p[0].rate.span/second, 10)
}

func parseFlood(tidy string) any {
	if ready := floodProfiles[tidy]; ready != "" {
		tidy = ready
	}
	p, _ := readFlood(tidy)
	return p
}

// readFlood parses rules such as "[10m#m5,4r#k]:15". Each kind may appear once.
func readFlood(text string) (floodProfile, bool) {
	rules, span, _ := strings.Cut(strings.TrimPrefix(text, "["), "]:")
	length, ok := parseSpan(span, 600)
	if !ok || text[0] != '[' {
		return nil, false
	}
	var p floodProfile
	for _, word := range strings.Split(rules, ",") {
		r, ok := readFloodRule(word)
		if !ok || p.rule(r.kind) != nil {
			return nil, false
		}
		r.rate.span = length * second
		p = append(p, r)
	}
	return p, true
}

// readFloodRule parses one rule, such as "10m#b5".
func readFloodRule(word string) (floodRule, bool) {
	what, how, _ := strings.Cut(word, "#")
	if len(what) < 2 || how == "" {
		return floodRule{}, false
	}
	r := floodRule{kind: what[len(what)-1], action: how[0]}
	count, ok := number(what[:len(what)-1], 1, 1000)
	if !ok || floodKindOf(r.kind) == nil || strings.IndexByte("mkb", r.action) < 0 {
		return r, false
	}
	r.rate.count = count
	if r.action == floodKick {
		return r, how == "k"
	}
	r.span, ok = ParseDuration(how[1:], minute)
	return r, ok && r.span > 0 && r.span <= 7*day
}

func floodKindOf(letter byte) *floodKind {
	for i := range floodKinds {
		if floodKinds[i].letter == letter {
			return &floodKinds[i]
		}
	}
	return nil
}

// number parses a number from least to most.
func number(text string, least, most int64) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= least && n <= most && text[0] != '+'
}

// floodForbids refuses a join that exceeds its rule, unless the rule has a different action.
func floodForbids(a *attempt) bool {
	if a.doing != Joining {
		return false
	}
	r := a.channel.parsed('F').(floodProfile).rule('j')
	return r != nil && r.action == floodKick && r.rate.full(a.channel.memory.of('F'), a.state.now)
}

// countFlood counts an allowed attempt and, when it exceeds its rule, carries out the rule's action.
func countFlood(a *attempt) (stop bool) {
	switch a.doing {
	case Joining:
		return a.countJoin()
	case Entered:
		a.muteEntered()
		return false
	case ChangingNick:
		return a.countOf('n', 0)
	}
	switch {
	case a.member == nil, a.kind == Tagmsg:
		return false
	case len(a.lines) > 0:
		return a.countLines()
	}
	return a.countOf('r', textHash(a.text)) || a.countOf('m', 0)
}

// countLines counts each line of a multiline message as a message, because clients without the capability receive it
// as one. Blank lines count too, although these clients do not receive them. The whole message is the text that can be
// repeated, and each line that is the same as the one before it is a repeat as well.
func (a *attempt) countLines() (stop bool) {
	whole, last := a.distinctLines(), int64(0)
	for _, line := range a.lines {
		hash := textHash(line.Text)
		repeats := line.Text != "" && (last == 0 || hash == last)
		if line.Text != "" {
			last = hash
		}
		if repeats && a.countOf('r', whole) || a.countOf('m', 0) {
			return true
		}
	}
	return false
}

// distinctLines returns the hash of the lines without blank ones and without repeats in a row. A message whose lines
// are all the same has the hash of that line.
func (a *attempt) distinctLines() int64 {
	var distinct []string
	for _, line := range a.lines {
		if n := len(distinct); line.Text != "" && (n == 0 || textHash(distinct[n-1]) != textHash(line.Text)) {
			distinct = append(distinct, line.Text)
		}
	}
	return textHash(strings.Join(distinct, "\n"))
}

// countJoin counts a join, and bans a user whose join exceeds the rule if that is the rule's action. With the action
// kick, floodForbids has refused such a join before; with mute, muteEntered acts once the user has joined.
func (a *attempt) countJoin() (stop bool) {
	r := a.channel.parsed('F').(floodProfile).rule('j')
	if r == nil {
		return false
	}
	seen := a.channel.memory.of('F')
	if r.action == floodBan && r.rate.full(seen, a.state.now) {
		a.punish(r)
		return true
	}
	start, count := r.rate.counted(seen, a.state.now)
	a.channel.memory.set('F', start, count)
	return false
}

func (a *attempt) muteEntered() {
	r := a.channel.parsed('F').(floodProfile).rule('j')
	counted := a.channel.memory.of('F') // empty when the join does not count
	if r != nil && r.action == floodMute && len(counted) == 2 && counted[1] > r.rate.count {
		a.punish(r)
	}
}

// The layout of the numbers that are remembered about a member: the window and the count of each kind, and the hash of
// the last text.
const (
	floodHashAt  = 6
	floodNumbers = 7
)

var floodAt = map[byte]int{'m': 0, 'r': 2, 'n': 4}

// countOf counts an event of a kind for the member. For repeats, hash identifies the text: only the same text again
// counts.
func (a *attempt) countOf(kind byte, hash int64) (stop bool) {
	r := a.channel.parsed('F').(floodProfile).rule(kind)
	if r == nil {
		return false
	}
	var known [floodNumbers]int64
	copy(known[:], a.member.memory.of('F'))
	at := floodAt[kind]
	seen := known[at : at+2]
	if kind == 'r' && known[floodHashAt] != hash {
		known[floodHashAt], seen[0], seen[1] = hash, 0, 0
	}
	if r.rate.full(seen, a.state.now) {
		a.member.memory.set('F')
		a.punish(r)
		return true
	}
	seen[0], seen[1] = r.rate.counted(seen, a.state.now)
	a.member.memory.set('F', known[:]...)
	return false
}

// textHash returns the FNV-1a hash of a text without its case and colours.
func textHash(text string) int64 {
	text = ASCII.Fold(stripFormatting(text))
	hash := uint64(14695981039346656037)
	for i := range len(text) {
		hash = (hash ^ uint64(text[i])) * 1099511628211
	}
	return int64(hash)
}

// punish carries out the action of a rule that the user exceeded. When the ban list is full, it kicks instead of
// muting.
func (a *attempt) punish(r *floodRule) {
	s, c := a.state, a.channel
	why := "Flooding: more than " + strconv.FormatInt(r.rate.count, 10) + " " + floodKindOf(r.kind).name + " in " + seconds(r.rate.span/second)
	set := r.action != floodKick && a.user.address != "" && s.banHost(c, a.user, r.action == floodMute, r.span, why)
	switch {
	case r.action == floodMute && set:
		a.why = "flooding: you are muted for " + FormatDuration(r.span)
		if a.kind != Notice && a.doing != Entered {
			s.decline(Refusal{Code: ModeForbids, Channel: c.name, Mode: 'F', Doing: a.doing, Why: a.why})
		}
	case a.member == nil:
		s.decline(Refusal{Code: ModeForbids, Channel: c.name, Mode: 'F', Doing: a.doing})
	default:
		s.removeMember(a.member)
		s.emit(&Kicked{c, nil, a.user, why, a.member})
		s.settle(c)
	}
}

// banHost bans or mutes a user's host for a time, as the server. It returns false when the ban list is full.
func (s *State) banHost(c *Channel, u *User, mute bool, span int64, reason string) bool {
	text := "*!*@" + u.host
	if mute {
		text = "$m:" + text
	}
	tidy, test, ok := s.policy.parseMask(text, extbanDepth)
	if !ok {
		return false
	}
	folded := s.policy.Casemapping.Fold(tidy)
	if c.findEntry('b', folded) >= 0 {
		return true
	}
	if c.listEntries() >= s.policy.ListEntries {
		return false
	}
	entry := ListEntry{Mask: tidy, Setter: "+F", Time: s.wall, Until: s.now + span, Reason: reason, folded: folded, test: test, order: s.order}
	if !s.hasBytesFor(c, entry.bytes()) || s.tooMuchWork(c, &entry) != "" {
		return false
	}
	s.setEntry(c, 'b', len(c.List('b')), entry, true)
	s.emit(&ModesChanged{Channel: c, Changes: []ModeChange{{On: true, Letter: 'b', Param: tidy}}})
	return true
}
