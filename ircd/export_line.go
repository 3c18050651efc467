package main

import (
	"bavard/state"
)

// exportLine is a line of the history: a message, or an event such as a join.
type exportLine struct {
	Type string `json:"type"`
	// Channel is the id of a channel, and Name its name, which is missing if the channel is gone. Between are the two
	// sides of a private conversation.
	Channel uint64        `json:"channel,omitempty"`
	Name    string        `json:"name,omitempty"`
	Between []exportParty `json:"between,omitempty"`
	// OneSided: only one side still has this conversation, because the other has deleted it.
	OneSided bool              `json:"one_sided,omitempty"`
	ID       string            `json:"msgid"`
	Time     string            `json:"time"`
	Verb     string            `json:"verb"`
	Source   string            `json:"source"`
	Account  string            `json:"account,omitempty"`
	Target   string            `json:"target,omitempty"`
	Params   []string          `json:"params,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
	Parts    []exportPart      `json:"parts,omitempty"`
	Bot      bool              `json:"bot,omitempty"`
	Relayer  string            `json:"relayer,omitempty"`
	Deleted  *exportDeletion   `json:"deleted,omitempty"`
}

// exportParty is an account, or a user without one.
type exportParty struct {
	Account uint64 `json:"account,omitempty"`
	Name    string `json:"name,omitempty"`
	User    uint64 `json:"user,omitempty"`
}

type exportPart struct {
	Text   string `json:"text"`
	Concat bool   `json:"concat,omitempty"`
}

type exportDeletion struct {
	Time   string `json:"time"`
	By     string `json:"by"`
	Reason string `json:"reason,omitempty"`
}

func (x *exporter) line(of state.Buffer, l *state.Line) exportLine {
	line := exportLine{
		Type: "line", OneSided: of.OneSided(), ID: l.ID(), Time: exportTime(x.state.WallAt(l.Elapsed)), Verb: l.Verb,
		Source: l.Source, Account: l.Account, Target: l.Target, Params: l.Params, Bot: l.Bot, Relayer: l.Relayer,
	}
	if id := of.Channel(); id != 0 {
		line.Channel = uint64(id)
		if c := x.state.ChannelByID(id); c != nil {
			line.Name = c.Name()
		}
	} else {
		for _, p := range of.Parties() {
			line.Between = append(line.Between, x.party(p))
		}
	}
	for _, tag := range l.Tags {
		if line.Tags == nil {
			line.Tags = map[string]string{}
		}
		line.Tags[tag.Key] = tag.Value
	}
	for _, p := range l.Parts {
		line.Parts = append(line.Parts, exportPart{p.Text, p.Concat})
	}
	if d := l.Redaction; d != nil {
		line.Deleted = &exportDeletion{exportTime(d.Time), d.Source, d.Reason}
	}
	return line
}

func (x *exporter) party(p state.Party) exportParty {
	party := exportParty{Account: uint64(p.Account()), User: uint64(p.User())}
	if a := x.state.AccountByID(p.Account()); a != nil {
		party.Name = a.Name()
	} else if u := x.state.UserByID(p.User()); u != nil {
		party.Name = u.Nick()
	}
	return party
}
