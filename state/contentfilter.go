package state

import (
	"net/netip"
	"strings"
)

// FilterAction is what happens to a line that a filter matches, and to who sent it.
type FilterAction byte

// The actions, the mildest first. Their numbers are part of the encoding.
const (
	// FilterWarn lets the line pass and tells the operators.
	FilterWarn FilterAction = 1 + iota
	// FilterBlock drops the line.
	FilterBlock
	// FilterKill ends who sent it.
	FilterKill
	// FilterBan ends him and bans his address.
	FilterBan
)

// filterActions are the names of the actions.
var filterActions = []string{"", "warn", "block", "kill", "ban"}

// String is the action's name.
func (a FilterAction) String() string {
	if int(a) < len(filterActions) {
		return filterActions[a]
	}
	return ""
}

// FilterActionOf finds an action by its name.
func FilterActionOf(name string) (FilterAction, bool) {
	for i, n := range filterActions {
		if n == name && n != "" {
			return FilterAction(i), true
		}
	}
	return 0, false
}

// Filter is a pattern against which what users say is held. The state keeps it and carries out what follows; that a text
// matches is found out before the operation is made, because it may take its time.
type Filter struct {
	// Number is the filter's place in the order of setting.
	Number uint64
	// Pattern is a mask of the whole text, or /a regular expression/.
	Pattern string
	Action  FilterAction
	// Score is added to the user's with each line that matches; at Policy.FilterScore he is ended.
	Score int
	// Duration of the ban in nanoseconds, 0: for good.
	Duration int64
	Reason   string
	// Setter is nick!user@host.
	Setter string
	// Time of setting in nanoseconds.
	Time int64
}

// The operations of the content filter.
type (
	// AddFilter sets a filter. It is an IRC operator's.
	AddFilter struct {
		Pattern  string
		Action   FilterAction
		Score    int
		Duration int64
		Reason   string
	}
	// RemoveFilter takes a filter away. It is an IRC operator's.
	RemoveFilter struct{ Pattern string }
	// HitFilters tells that a line of the acting session matches these filters.
	HitFilters struct {
		Numbers []uint64
		// Verb and Target are what the line was, for those who are told.
		Verb, Target string
	}
)

func (*AddFilter) kind() byte    { return 43 }
func (*RemoveFilter) kind() byte { return 44 }
func (*HitFilters) kind() byte   { return 45 }

// FiltersChanged: a filter has come or gone.
type FiltersChanged struct {
	Filter  Filter
	By      *User
	Removed bool
}

// FilterMatched: a user has said what a filter matches. When he is ended, BanAdded, BanHit or Quitted follow.
type FilterMatched struct {
	User   *User
	Filter Filter
	// Action is what is done: the filter's, or FilterKill because of the score.
	Action       FilterAction
	Verb, Target string
	// Score is the user's, with this line.
	Score int
}

func (*FiltersChanged) event() {}
func (*FilterMatched) event()  {}

// The bounds of the filters: all of them are held against a line.
const (
	mostFilters        = 200
	filterPatternBytes = 200
	mostFilterScore    = 1000
)

// Filters are the filters in the order of setting.
func (s *State) Filters() []Filter { return s.filters }

// PlainText is a text without formatting: colours must not hide it from a filter.
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
	// Whom a filter ends or bans, the one who sets it must be allowed to end or ban himself.
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
		Reason: keep(op.Reason, s.policy.KickBytes), Setter: by.source, Time: s.now,
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

// apply carries out the sternest of the filters that have matched and are still there, and ends who has matched too often.
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

// addScore adds to a user's score. What is older than Policy.FilterWindow does not count any more.
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

// banByFilter bans a user's address, if there is room in the list and nothing exempts it; he is ended in any case. An
// address that is not his alone, because none is kept or it is this machine's, is not banned.
func (s *State) banByFilter(u *User, f *Filter) {
	word := u.address
	if addr, err := netip.ParseAddr(word); err != nil || addr.IsLoopback() {
		word = ""
	}
	if target, tidy, why := parseBanTarget(s.policy.Casemapping, BanConnect, word); why == "" {
		b := &ServerBan{
			Action: BanConnect, Target: strings.Clone(tidy), Reason: f.Reason, Setter: "filter", Time: s.now, number: s.nextBan + 1, target: target,
		}
		if f.Duration > 0 {
			b.Until = s.now + f.Duration
		}
		if s.judgeNewBan(b, nil) == nil {
			s.setBan(b, nil)
		}
	}
	if s.byID[u.id] == u {
		s.endUser(u, f.quitText())
	}
}
