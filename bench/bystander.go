package main

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// bystanderEvery is how often a bystander sends its lines.
	bystanderEvery = 5 * time.Millisecond
	// bystanderPatience is how long it waits for the last answers.
	bystanderPatience = 20 * time.Second
)

// bystander sends a PING and a message to itself every 5 ms, whether or not earlier ones have been answered, and
// records how long each takes. It has a thread of its own, so that the loader's work does not count as the server's.
type bystander struct {
	fd    int
	began time.Time
	sent  []time.Duration // when each was sent; -1 if it has been answered
	tail  []byte
	waits histogram
	worst time.Duration
	open  int // the number of unanswered lines
	// measuring is set while lines count. over ends the run.
	measuring, over atomic.Bool
	done            chan error
}

const bystanderNick = "bystander"

// startBystander connects a bystander and starts it.
func startBystander(s *server) (*bystander, error) {
	fd, err := dial(s.plain, bystanderAddress)
	if err != nil {
		return nil, err
	}
	b := &bystander{fd: fd, began: time.Now(), done: make(chan error, 1)}
	if _, err := writeSocket(fd, fmt.Appendf(nil, "NICK %s\r\nUSER u 0 * :u\r\n", bystanderNick)); err != nil {
		_ = unix.Close(fd) // the earlier error matters
		return nil, err
	}
	// It ends when over is set and everything is answered, or after bystanderPatience.
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		b.done <- b.run()
		_ = unix.Close(fd) // an error no longer matters
	}()
	return b, nil
}

// stop ends the bystander once the last answers have arrived.
func (b *bystander) stop() error {
	b.over.Store(true)
	return <-b.done
}

func (b *bystander) run() error {
	buffer := make([]byte, 64<<10)
	next := time.Duration(0)
	var end time.Duration
	for {
		now := time.Since(b.began)
		switch {
		case b.over.Load() && end == 0:
			end = now + bystanderPatience
		case end != 0 && (b.open == 0 || now > end):
			b.giveUp(now)
			return nil
		case end == 0 && now >= next:
			if err := b.speak(now); err != nil {
				return err
			}
			next = now + bystanderEvery
		}
		poll := []unix.PollFd{{Fd: int32(b.fd), Events: unix.POLLIN}}
		if _, err := unix.Poll(poll, 1); err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		n, closed, err := readSocket(b.fd, buffer)
		if err != nil || closed {
			return errors.Join(err, fmt.Errorf("the bystander was disconnected: %s", b.tail))
		}
		now = time.Since(b.began)
		b.tail = eachLine(b.tail, buffer[:n], func(line []byte) { b.hear(line, now) })
	}
}

// speak sends a PING and a message. While measuring, each has a number.
func (b *bystander) speak(now time.Duration) error {
	lines := fmt.Appendf(nil, "PING x\r\nPRIVMSG %s :x\r\n", bystanderNick)
	if b.measuring.Load() {
		lines = fmt.Appendf(nil, "PING b%d\r\nPRIVMSG %s :b%d\r\n", len(b.sent), bystanderNick, len(b.sent)+1)
		b.sent = append(b.sent, now, now)
		b.open += 2
	}
	n, err := writeSocket(b.fd, lines)
	if err == nil && n == 0 {
		err = errors.New("the server does not read what the bystander sends")
	}
	return err
}

// giveUp counts lines that were never answered as if the answer came now.
func (b *bystander) giveUp(now time.Duration) {
	for _, sent := range b.sent {
		if sent >= 0 {
			b.waits.add(now - sent)
			b.worst = max(b.worst, now-sent)
		}
	}
}

// hear records how long an answer took.
func (b *bystander) hear(line []byte, now time.Duration) {
	at := bytes.LastIndex(line, []byte(" :b"))
	if at < 0 {
		return
	}
	number, err := strconv.Atoi(string(line[at+len(" :b"):]))
	if err != nil || number < 0 || number >= len(b.sent) || b.sent[number] < 0 {
		return
	}
	wait := now - b.sent[number]
	b.sent[number] = -1
	b.open--
	b.waits.add(wait)
	b.worst = max(b.worst, wait)
}
