package main

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
)

// serverName is the name of each server.
const serverName = "irc.bench.test"

// setting holds the values of this run that a configuration needs.
type setting struct {
	plain, secure    netip.AddrPort // the addresses to listen on, without and with TLS
	certificate, key string         // PEM files
	dir              string         // a directory of the server's own
	storage          string         // further lines of this daemon's [storage]
	keepsNothing     bool           // this daemon keeps nothing on the disk
	tags             bool           // clients will negotiate tags
}

// bavardConfig turns off what would slow down or refuse the loader: flood control, limits per address, pings.
// Everything else keeps its default, including the history of channels, because that is what people run.
func bavardConfig(s setting) string {
	return bavardBasics(s) + `[limits]
clients = 100000
connections_per_address = 0
connection_rate = 0
send_queue = "64MiB"
receive_queue = "1MiB"
registration_timeout = "2m"
ping_interval = "1h"

[flood]
enabled = false

[log]
level = "warn"
`
}

// bavardBasics returns the part of the configuration that every server of a measurement needs: name, sockets, files.
func bavardBasics(s setting) string {
	path := s.dir
	if s.keepsNothing {
		path = ""
	}
	return fmt.Sprintf(`[server]
name = %q

[[listeners]]
address = %q

[[listeners]]
address = %q
tls = true

[tls]
certificate = %q
key = %q

[storage]
path = %q
%s
`, serverName, s.plain, s.secure, s.certificate, s.key, path, s.storage)
}

// inspircdConfig does the same for InspIRCd. It loads no modules except for TLS and, if needed, for tags, so that
// InspIRCd is at its fastest.
// https://docs.inspircd.org/3/configuration/
func inspircdConfig(s setting) string {
	modules := ""
	if s.tags {
		modules = "<module name=\"cap\">\n<module name=\"ircv3_ctctags\">\n<module name=\"ircv3_msgid\">\n<module name=\"ircv3_servertime\">\n"
	}
	return strings.NewReplacer(
		"NAME", serverName,
		"PLAIN", fmt.Sprintf(`address="%s" port="%d"`, s.plain.Addr(), s.plain.Port()),
		"SECURE", fmt.Sprintf(`address="%s" port="%d"`, s.secure.Addr(), s.secure.Port()),
		"CERTIFICATE", s.certificate, "KEY", s.key, "DIR", s.dir, "MODULES", modules,
	).Replace(`<server name="NAME" description="bench" network="Bench">
<admin name="bench" nick="bench" email="bench@NAME">
<module name="ssl_gnutls">
MODULES<sslprofile name="bench" provider="gnutls" certfile="CERTIFICATE" keyfile="KEY">
<bind PLAIN type="clients">
<bind SECURE type="clients" sslprofile="bench">
<dns server="127.0.0.1" timeout="1">
<connect name="bench" allow="*" timeout="120" pingfreq="1h" maxchans="100"
         localmax="100000" globalmax="100000" limit="100000" maxconnwarn="no"
         resolvehostnames="no" useident="no" fakelag="no" threshold="1000000" commandrate="1000000000"
         hardsendq="64M" softsendq="64M" recvq="1M">
<performance netbuffersize="10240" somaxconn="4096" softlimit="100000" quietbursts="yes" clonesonconnect="no">
<options defaultmodes="nt">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="sparse" target="DIR/inspircd.log">
`)
}

// ngircdConfig does the same for ngIRCd: no lookups, no PAM, no penalties. Its queues have a fixed size, so it may
// disconnect clients that are sent much at once.
// https://ngircd.barton.de/man/ngircd.conf.5.html
func ngircdConfig(s setting) string {
	return fmt.Sprintf(`[Global]
Name = %s
Info = bench
AdminInfo1 = bench
Listen = 127.0.0.1
Ports = %d
ServerUID = %d
ServerGID = %d
MotdFile = %s/none
[Limits]
IdleTimeout = 0
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 100
MaxNickLength = 30
MaxPenaltyTime = 0
PingTimeout = 3600
PongTimeout = 3600
[Options]
DNS = no
Ident = no
PAM = no
IncludeDir = %s/none
[SSL]
CertFile = %s
KeyFile = %s
Ports = %d
`, serverName, s.plain.Port(), os.Geteuid(), os.Getegid(), s.dir, s.dir, s.certificate, s.key, s.secure.Port())
}
