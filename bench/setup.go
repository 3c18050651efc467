package main

import (
	"context"
	"fmt"
	"time"
)

const (
	// dialAhead is how many clients are in a stage at once. It is less than a listening socket queues, but large,
	// because InspIRCd welcomes new users only once per second.
	dialAhead  = 1000
	stallBound = 20 * time.Second // how long a stage can go without progress
)

// stage is a step that every client takes before the load: what it sends first, and the commands or numerics that end
// the step.
type stage struct {
	name  string
	begin func(i int) error
	done  map[string]bool
	most  int // how many clients are in it at once; 0 means dialAhead
}

// setUp connects n clients, divides them into groups of the given size, and optionally makes them join their groups'
// channels. When it returns, all clients have read everything that was sent to them.
func (s *swarm) setUp(ctx context.Context, n, size int, channels bool) error {
	s.clients = make([]client, n)
	s.groups = make([]group, n/size)
	for i := range s.clients {
		at := i / size
		s.clients[i] = client{fd: -1, nick: fmt.Sprintf("b%d", i), group: int32(at)}
		s.groups[at].members = append(s.groups[at].members, int32(i))
		if channels {
			s.groups[at].channel = channelOf(at)
		}
	}
	stages := []stage{s.registration()}
	if channels {
		stages = append(stages, s.joining())
	}
	return s.performAll(ctx, append(stages, ping(s), ping(s))...)
}

// channelOf returns the name of a group's channel.
func channelOf(at int) string { return fmt.Sprintf("#bench%d", at) }

// joining makes a client join the channel of its group.
func (s *swarm) joining() stage {
	return stage{name: "joining", done: map[string]bool{"366": true}, begin: func(i int) error {
		return s.send(i, fmt.Appendf(nil, "JOIN %s\r\n", s.groups[s.clients[i].group].channel))
	}}
}

// ping waits for the answer to a PING, which arrives after everything that the client's earlier commands caused. One
// round ensures that all commands have been handled, and a second one that everything they caused has arrived.
func ping(s *swarm) stage {
	return stage{name: "the last check", done: map[string]bool{"PONG": true}, begin: func(i int) error { return s.send(i, []byte("PING bench\r\n")) }}
}

func (s *swarm) performAll(ctx context.Context, stages ...stage) error {
	for _, st := range stages {
		if err := s.perform(ctx, st); err != nil {
			return err
		}
	}
	return nil
}

// registration connects and registers a client. The end of the message of the day, or the numeric that there is none,
// ends it.
func (s *swarm) registration() stage {
	return stage{name: "registration", most: s.server.dialAhead, done: greeted, begin: func(i int) error {
		if err := s.connect(i); err != nil {
			return err
		}
		return s.send(i, registration(s.clients[i].nick, s.tags))
	}}
}

// greeted contains the numerics that end the welcome: RPL_ENDOFMOTD and ERR_NOMOTD.
var greeted = map[string]bool{"376": true, "422": true}

func registration(nick string, tags bool) []byte {
	lines := fmt.Appendf(nil, "NICK %s\r\nUSER %s 0 * :bench\r\n", nick, nick)
	if tags {
		lines = fmt.Appendf(nil, "CAP REQ :message-tags server-time\r\n%sCAP END\r\n", lines)
	}
	return lines
}

// perform takes all clients through a stage, with a limited number at once.
func (s *swarm) perform(ctx context.Context, st stage) error {
	most := st.most
	if most == 0 {
		most = dialAhead
	}
	waiting := make(map[int]bool, most)
	var last []byte
	progress := time.Now()
	for next := 0; next < len(s.clients) || len(waiting) > 0; {
		for next < len(s.clients) && len(waiting) < most {
			if err := st.begin(next); err != nil {
				return fmt.Errorf("%s of client %d with %s: %w", st.name, next, s.server.name, err)
			}
			waiting[next] = true
			next++
		}
		_, err := s.wait(func(i int, data []byte) {
			c := &s.clients[i]
			c.tail = eachLine(c.tail, data, func(line []byte) {
				if !waiting[i] {
					return
				}
				last = append(last[:0], line...)
				if st.done[command(line)] {
					delete(waiting, i)
					progress = time.Now()
				}
			})
		})
		if err == nil {
			err = s.sound(ctx)
		}
		if err == nil && s.closed > 0 {
			err = fmt.Errorf("the server ended %d connections", s.closed)
		}
		if err == nil && time.Since(progress) > stallBound {
			err = fmt.Errorf("no progress for %s", stallBound)
		}
		if err != nil {
			return fmt.Errorf("%s with %s: %w; the last line was %q", st.name, s.server.name, err, last)
		}
	}
	return nil
}
