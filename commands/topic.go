package commands

import "bavard/state"

// runTopic: https://modern.ircdocs.horse/#topic-message
func runTopic(c *Call) {
	if len(c.params()) > 1 {
		c.Do(&state.SetTopic{Channel: c.param(0), Text: c.param(1)}, nil)
		return
	}
	name := c.param(0)
	if name == "" {
		if name = c.currentName(); name == "" {
			return
		}
	}
	c.View(func(s *state.State) {
		channel := c.openChannel(s, name)
		switch {
		case channel == nil: // the caller has been told
		case !s.ChannelReadable(c.user(), channel):
			c.reply(errNotOnChannel.with(channel.Name()))
		case channel.Topic().Text == "":
			c.reply(rplNoTopic.with(channel.Name()))
		default:
			r := renderer{server: c.server, out: &c.out}
			r.topic(channel, c.Client)
		}
	})
}

func (r *renderer) topic(channel *state.Channel, c *Client) {
	if t := channel.Topic(); t.Text != "" {
		r.numericTo(c, rplTopic.with(channel.Name(), t.Text))
		r.numericTo(c, rplTopicWhoTime.with(channel.Name(), t.Setter, seconds(t.Time)))
	}
}

// https://modern.ircdocs.horse/#topic-message
func (r *renderer) topicChanged(e *state.TopicChanged) {
	l := r.number(r.line(e.By, e.By.Source(), "TOPIC", e.Channel.Name(), e.Channel.Topic().Text).text())
	r.toMembers(l, e.Channel)
	r.rememberIn(l, e.Channel, l.line.Params[1:])
}
