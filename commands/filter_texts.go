package commands

import (
	"slices"
	"strings"
	"time"

	"bavard/state"
)

// Texts of users are compared with the content filters before the operation is applied, and without the lock, because
// that can take a while. The state's table of texts lists which fields of an operation are such texts.

// verdict is the result of comparing a text with the content filters.
type verdict struct {
	numbers []uint64 // of the filters that match
	// sternest is the filter with the severest action.
	sternest state.Filter
}

func (v *verdict) blocks() bool { return v.sternest.Action > state.FilterWarn }

// The work of comparing a text with a content filter depends more on the pattern and the text than any quick estimate
// can tell, so it is measured. The limit on what is charged keeps a busy machine from raising it.
const (
	// slowestStep is the longest time for one byte and one step of a filter, see compiledFilter.stepsPerByte.
	slowestStep = 8 * time.Nanosecond
	// manySteps is the number of steps from which clients take turns: about two milliseconds.
	manySteps = 250_000
	// workTime is the time of one unit of state.State.Work.
	workTime = 10 * time.Nanosecond
)

// verdictOf compares a text with all content filters, and charges the client for that.
func (c *Client) verdictOf(text string) (v verdict) {
	filters := c.server.filters.Load()
	if filters == nil {
		return v
	}
	plain := strings.ToLower(state.PlainText(text))
	steps := 0
	for i := range *filters {
		steps += len(plain) * (*filters)[i].stepsPerByte()
	}
	if steps > manySteps {
		c.takeTurn()
	}
	began := c.server.order.Steady()
	defer func() {
		took := min(c.server.order.Steady().Sub(began), time.Duration(steps)*slowestStep)
		c.work += int(took / workTime)
	}()
	for i := range *filters {
		if f := &(*filters)[i]; f.matches(plain) {
			v.numbers = append(v.numbers, f.Number)
			if f.Action > v.sternest.Action {
				v.sternest = f.Filter
			}
		}
	}
	return v
}

// filterOp compares the texts of an operation with the content filters, and removes blocked texts from it. refused is
// the kind of a blocked text that the operation needs, or 0; found is the verdict on all texts together.
func (c *Client) filterOp(op state.Op, known map[string]verdict) (refused state.TextKind, found verdict) {
	refused = state.FilterTexts(op, func(text string) bool {
		v, is := known[text]
		if !is {
			v = c.verdictOf(text)
			if known != nil {
				known[text] = v
			}
		}
		for _, number := range v.numbers {
			if !slices.Contains(found.numbers, number) {
				found.numbers = append(found.numbers, number)
			}
		}
		if v.sternest.Action > found.sternest.Action {
			found.sternest = v.sternest
		}
		return v.blocks()
	})
	return refused, found
}

// filterTexts filters an operation of a user, and carries out the actions of the filters that match. It returns a
// refusal if the operation must not be applied.
func (c *Call) filterTexts(op state.Op) *state.Refusal {
	if c.server.filters.Load() == nil || c.registration != nil || c.can(state.PrivOper) {
		return nil
	}
	if c.verdicts == nil {
		c.verdicts = map[string]verdict{} // a line can send the same text to several targets
	}
	refused, found := c.filterOp(op, c.verdicts)
	if len(found.numbers) == 0 || refused == state.ChannelText && c.joinsOldChannel(op) {
		return nil
	}
	target := ""
	if c.textAt() > 1 {
		target = c.param(0)
	}
	if c.hitFilters(found.numbers, c.command.verb, target) {
		return &state.Refusal{Code: state.NoSuchSession}
	}
	if refused == 0 {
		return nil
	}
	return state.Blocked(op, refused, found.sternest.Reason)
}

// joinsOldChannel reports whether the operation is a JOIN of a channel that exists: its name was judged when it was
// new.
func (c *Call) joinsOldChannel(op state.Op) (exists bool) {
	if join, is := op.(*state.Join); is {
		c.View(func(s *state.State) { exists = s.Channel(join.Channel) != nil })
	}
	return exists
}

// hitFilters records that the command matches these filters, once for each filter. ended means that the user has been
// disconnected as a result.
func (c *Call) hitFilters(numbers []uint64, verb, target string) (ended bool) {
	op := &state.HitFilters{Verb: verb, Target: target}
	for _, number := range numbers {
		if !slices.Contains(c.hit, number) {
			op.Numbers = append(op.Numbers, number)
		}
	}
	if len(op.Numbers) == 0 {
		return false
	}
	c.hit = append(c.hit, op.Numbers...)
	c.try(op, func(*state.State, []state.Event) { ended = c.session == nil })
	if ended {
		c.closing = true
	}
	return ended
}

// filterArrival filters the texts that a client has sent before its registration. The refusal is for a blocked nick.
// found must be reported after the registration, because before that there is no user.
func (c *Call) filterArrival(op *state.Register) (refusal *state.Refusal, found verdict) {
	refused, found := c.filterOp(op, nil)
	if refused == 0 {
		return nil, found
	}
	return c.nickBlocked(op, op.Nick), found
}

// firstNickBlocked returns the refusal of a nick that a filter blocks, before the welcome, or nil.
func (c *Call) firstNickBlocked(nick string) *state.Refusal {
	op := &state.ChangeNick{Nick: nick}
	if refused, _ := c.filterOp(op, nil); refused == 0 {
		return nil
	}
	return c.nickBlocked(op, nick)
}

// nickBlocked refuses a nick, or ends the connection if that is what its filter does to users.
func (c *Call) nickBlocked(op state.Op, nick string) *state.Refusal {
	f := c.verdictOf(nick).sternest
	if f.Action >= state.FilterKill {
		c.server.announce(&c.out, 'f', "FILTER: "+f.Action.String()+" "+excerpt(nick)+" at "+c.host()+", NICK, by "+f.Pattern)
		c.end(withReason("Filtered", f.Reason), nil)
	}
	return state.Blocked(op, state.NickText, f.Reason)
}

// textBlocked returns the numeric for a text that a content filter has blocked.
func textBlocked(c *Call, r *state.Refusal) numeric {
	switch {
	case r.Text == state.NickText:
		return errErroneusNickname.with(excerpt(r.Nick), r.Why)
	case r.Text == state.ChannelText:
		return errBadChanName.with(excerpt(r.Channel), r.Why)
	case r.Channel != "":
		return errCannotSendToChan.with(r.Channel, r.Why)
	case r.Nick != "":
		return errCantSendToUser.with(r.Nick, r.Why)
	}
	return errUnknownError.with(c.message.Command, r.Why)
}
