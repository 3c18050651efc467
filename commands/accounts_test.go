package commands

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"bavard/state"
)

// fakeAccounts are the accounts of the scripts. By PLAIN, alice's password is wonderland and Bob's is builder; nobody
// may use "locked", "broken" is where the server fails, and "starred" is one with an impossible name. The certificate
// aabbcc is Carol's, by EXTERNAL. X-SIZES is a mechanism in which the server speaks first, and says as many bytes as
// the client wants, up to 2000: 300 at first; an empty response logs in to "sized".
type fakeAccounts struct {
	mechanisms []string
	// slow, when set, is called where others' exchanges may take their time.
	slow func()
}

func (f *fakeAccounts) Mechanisms() []string { return f.mechanisms }

func (f *fakeAccounts) Start(mechanism string, from Connection) (Exchange, []byte) {
	if f.slow != nil {
		f.slow()
	}
	switch mechanism {
	case "PLAIN":
		return fakeExchange(func(response []byte) (SASLStep, error) {
			if f.slow != nil {
				f.slow()
			}
			return plain(response)
		}), nil
	case "EXTERNAL":
		return fakeExchange(func(response []byte) (SASLStep, error) {
			if from.Fingerprint != "aabbcc" || len(response) > 0 && string(response) != "Carol" {
				return SASLStep{Outcome: SASLDenied}, nil
			}
			return SASLStep{Outcome: SASLLoggedIn, Account: "Carol"}, nil
		}), nil
	case "X-SIZES":
		return fakeExchange(sizes), bytes.Repeat([]byte("x"), 300)
	}
	return nil, nil
}

type fakeExchange func(response []byte) (SASLStep, error)

func (f fakeExchange) Next(response []byte) (SASLStep, error) { return f(response) }

func plain(response []byte) (SASLStep, error) {
	parts := strings.Split(string(response), "\x00")
	if len(parts) != 3 {
		return SASLStep{Outcome: SASLDenied}, nil
	}
	name, password := strings.ToLower(parts[1]), parts[2]
	switch {
	case name == "alice" && password == "wonderland":
		return SASLStep{Outcome: SASLLoggedIn, Account: "alice"}, nil
	case name == "bob" && password == "builder":
		return SASLStep{Outcome: SASLLoggedIn, Account: "Bob"}, nil
	case name == "locked":
		return SASLStep{Outcome: SASLLocked}, nil
	case name == "broken":
		return SASLStep{}, errors.New("the disk is full")
	case name == "starred":
		return SASLStep{Outcome: SASLLoggedIn, Account: "*"}, nil
	}
	return SASLStep{Outcome: SASLDenied}, nil
}

func sizes(response []byte) (SASLStep, error) {
	if len(response) == 0 {
		return SASLStep{Outcome: SASLLoggedIn, Account: "sized"}, nil
	}
	n, err := strconv.Atoi(string(response))
	if err != nil {
		n = len(response)
	}
	n = max(0, min(n, 2000))
	return SASLStep{Challenge: bytes.Repeat([]byte("y"), n)}, nil
}

// setMechanisms is an accounts' side that has other mechanisms from now on.
func (g *stage) setMechanisms(names []string) {
	g.accounts.mechanisms = names
	g.server.AccountsChanged()
	g.settle()
}

// logIn is the server logging somebody in, or with "" out, as a service would.
func (g *stage) logIn(a *actor, account string) {
	s := g.server
	var out outbox
	defer s.flush(&out)
	s.order.Lock()
	refusal := s.doFor(&out, a.client.id, nil, &state.SetAccount{Account: account})
	s.order.Unlock()
	if refusal != nil {
		a.conn.lines = append(a.conn.lines, "("+refusal.Error()+")")
	}
	g.settle()
}
