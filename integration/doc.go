// Package integration tests the built daemon from outside: with real IRC clients (irssi, WeeChat, HexChat), a web
// client in a real browser (Chromium), a client library (irc-framework, in Node), and a raw client for what real ones
// cannot show. It contains only tests.
//
// It owns the drivers of the clients, and the story that each of them acts out. It never imports the daemon's packages:
// a test learns about the server only from a socket, from the server's output, or from what a client shows.
//
// Invariants: a test waits, with a deadline, for something to be seen, and never for time to pass; everything is on the
// loopback interface and in a directory of the test's own; every process that a test starts ends with the test, even if
// it fails, and dies with the test program if that is killed; a missing client makes its tests fail and is never a
// reason to skip them; a server that panicked, raced or did not exit cleanly makes its test fail.
package integration
