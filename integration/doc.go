// Package integration drives the built daemon from outside: as real IRC clients (irssi, WeeChat, HexChat), as a web client in a real
// browser (Chromium) and a client library (irc-framework, in Node), and as a raw client for what real ones cannot show. It has tests only.
//
// It owns the drivers of the clients and the story that each of them goes through. It never imports the daemon's packages: what a test knows
// about the server, it has read from a socket, from the server's output, or from what a client shows.
//
// Invariants: a test waits for something to be seen, with a deadline, and never for time to pass; everything is on the loopback interface and
// in a folder of the test's own; every process that a test starts ends with it, also when it fails, and dies with the test program should that
// one be killed; a missing client is a failure and never a skip; a server that panicked, raced or did not exit cleanly fails its test.
package integration
