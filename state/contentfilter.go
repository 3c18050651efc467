package state

import (
	"net/netip"
	"strings"
)

// FilterAction is the action taken against a line that a filter matches, and against its sender.
type FilterAction byte

// The actions, the mildest first. Their numbers are part of the encoding.
const (
	// FilterWarn lets the line pass and tells the operators.
	FilterWarn FilterAction = 1 + iota
	// FilterBlock drops the line.
	FilterBlock
	// FilterKill disconnects the sender.
	FilterKill
	// FilterBan disconnects the sender and bans their address.
	FilterBan
)

// filterActions holds the names of the actions.
var filterActions = []string{"", "warn", "block", "kill", "ban"}

// String returns the action's name.
func (a FilterAction) String() string {
	if int(a) < len(filterActions) {
		return filterActions[a]
	}
	return ""
}

// FilterActionOf returns the action with this name.
func FilterActionOf(name string) (FilterAction, bool) {
	for i, n := range filterActions {
		if n == name && n != "" {
			return FilterAction(i), true
		}
	}
	return 0, false
}

// Filter is a pattern that is compared with the text that users send. The state keeps filters and carries out their
// actions. Texts are matched before the operation is made, outside the lock, because matching may be slow.
type Filter struct {
	// Number is the filter's place in the order of setting.
	Number uint64
	// Pattern is a mask for the whole text, or a /regular expression/.
	Pattern string
	Action  FilterAction
	// Score is added to the user's score for each line that matches. At Policy.FilterScore the user is disconnected.
	Score int
	// Duration of the ban in nanoseconds, 0: permanent.
	Duration int64
	Reason   string
	// Setter is nick!user@host.
	Setter string
	// Time of setting in nanoseconds.
	Time int64
}

// The operations of the content filter.
type (
	// AddFilter adds a filter. Only IRC operators may.
	AddFilter struct {
		Pattern  string
		Action   FilterAction
		Score    int
		Duration int64
		Reason   string
	}
	// RemoveFilter removes a filter. Only IRC operators may.
	RemoveFilter struct{ Pattern string }
	// HitFilters records that a line of the acting session matches these filters.
	HitFilters struct {
		Numbers []uint64
		// Verb and Target describe the line for the operators who are told.
		Verb, Target string
	}
)

// FiltersChanged: a filter has been added or removed.
type FiltersChanged struct {
	Filter  Filter
	By      *User
	Removed bool
}

// FilterMatched: a user has sent text that a filter matches. If they are disconnected, BanAdded, BanHit or Quitted
// follow.
type FilterMatched struct {
	User   *User
	Filter Filter
	// Action is the action taken: the filter's, or FilterKill because of the score.
	Action       FilterAction
	Verb, Target string
	// Score is the user's score, including this line.
	Score int
}

func (*FiltersChanged) event() {}
func (*FilterMatched) event()  {}

// The bounds of the filters: every line is compared with all of them.
const (
	mostFilters        = 200
	filterPatternBytes = 200
	mostFilterScore    = 1000
)

// Filters returns the filters in the order of setting.
func (s *State) Filters() []Filter { return s.filters }

// PlainText returns a text without formatting, so that colours cannot hide it from a filter.
func PlainText(text string) string { return stripFormatting(text) }

func (s *State) findFilter(pattern string) int {
	for i := range s.filters {
		if s.filters[i].Pattern == pattern {
			return i
		}
	}
	return -1
}

func (op *AddFilter) apply(s *State, st Stamp) *Refusal {
	by, refusal := s.operator(st, PrivFilter)
	// Operators may only set filters that disconnect or ban if they may disconnect or ban users themselves.
	switch {
	case refusal != nil:
	case op.Action == FilterKill:
		refusal = by.lacks(PrivKill)
	case op.Action == FilterBan:
		refusal = by.lacks(PrivKline)
	}
	switch {
	case refusal != nil:
		return refusal
	case op.Action.String() == "" || op.Score < 0 || op.Score > mostFilterScore || op.Duration < 0 || op.Duration > longestBan:
		return &Refusal{Code: BadFilter, Param: op.Pattern, Why: "The action, score or duration is not valid"}
	case op.Pattern == "" || len(op.Pattern) > filterPatternBytes || strings.ContainsAny(op.Pattern, "\r\n\x00"):
		return &Refusal{Code: BadFilter, Param: op.Pattern, Why: "A pattern must have 1 to 200 bytes"}
	case s.findFilter(op.Pattern) >= 0:
		return &Refusal{Code: BadFilter, Param: op.Pattern, Why: "Already in the list"}
	case len(s.filters) >= mostFilters:
		return &Refusal{Code: BadFilter, Param: op.Pattern, Why: "There are too many filters"}
	}
	s.nextFilter++
	f := Filter{
		Number: s.nextFilter, Pattern: strings.Clone(op.Pattern), Action: op.Action, Score: op.Score, Duration: op.Duration,
		Reason: keep(op.Reason, s.policy.KickBytes), Setter: by.source, Time: s.wall,
	}
	s.filters = append(s.filters[:len(s.filters):len(s.filters)], f)
	s.emit(&FiltersChanged{Filter: f, By: by})
	return nil
}

func (op *RemoveFilter) apply(s *State, st Stamp) *Refusal {
	by, refusal := s.operator(st, PrivFilter)
	if refusal != nil {
		return refusal
	}
	at := s.findFilter(op.Pattern)
	if at < 0 {
		return &Refusal{Code: BadFilter, Param: op.Pattern, Why: "Not in the list"}
	}
	f := s.filters[at]
	kept := append([]Filter(nil), s.filters[:at]...)
	s.filters = append(kept, s.filters[at+1:]...)
	s.emit(&FiltersChanged{Filter: f, By: by, Removed: true})
	return nil
}

// apply carries out the strictest of the matching filters that still exist, and disconnects a user whose score is too
// high.
func (op *HitFilters) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	u := session.user
	var sternest *Filter
	score := 0
	for i := range s.filters {
		for _, number := range op.Numbers {
			if f := &s.filters[i]; f.Number == number {
				score += f.Score
				if sternest == nil || f.Action > sternest.Action {
					sternest = f
				}
				break
			}
		}
	}
	if sternest == nil || u.IsOper() {
		return nil
	}
	e := &FilterMatched{User: u, Filter: *sternest, Action: sternest.Action, Verb: op.Verb, Target: op.Target, Score: s.addScore(u, score)}
	if s.policy.FilterScore > 0 && e.Score >= s.policy.FilterScore {
		e.Action = max(e.Action, FilterKill)
	}
	s.emit(e)
	switch e.Action {
	case FilterBan:
		s.banByFilter(u, sternest)
	case FilterKill:
		s.endUser(u, sternest.quitText())
	}
	return nil
}

// addScore adds to a user's score, which is forgotten after Policy.FilterWindow.
func (s *State) addScore(u *User, score int) int {
	if s.now-u.scoreSince >= s.policy.FilterWindow {
		u.score = 0
	}
	if u.score == 0 {
		u.scoreSince = s.now
	}
	u.score = min(u.score+score, mostFilterScore)
	return u.score
}

func (f *Filter) quitText() string {
	if f.Reason == "" {
		return "Filtered"
	}
	return "Filtered: " + f.Reason
}

// banByFilter bans a user's address, unless the list is full or the address is exempt, and disconnects the user in any
// case. A hidden address or one of this machine is not banned, because other users may have it too.
func (s *State) banByFilter(u *User, f *Filter) {
	word := u.address
	if addr, err := netip.ParseAddr(word); err != nil || addr.IsLoopback() {
		word = ""
	}
	if target, tidy, why := parseBanTarget(s.policy.Casemapping, BanConnect, word); why == "" {
		b := &ServerBan{
			Action: BanConnect, Target: strings.Clone(tidy), Reason: f.Reason, Setter: "filter", Time: s.wall, number: s.nextBan + 1, target: target,
		}
		if f.Duration > 0 {
			b.Until = s.now + f.Duration
		}
		if s.judgeNewBan(b, nil) == nil {
			s.setBan(b, nil, s.hitBy(b))
		}
	}
	if s.byID[u.id] == u {
		s.endUser(u, f.quitText())
	}
}
