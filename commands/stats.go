package commands

import (
	"fmt"
	"runtime"
	"strings"

	"bavard/state"
	"bavard/wire"
)

// statsRow is one letter of STATS.
type statsRow struct {
	letter    byte
	privilege state.Privilege // 0: everyone
	run       func(*Call)
	help      string
}

// statsTable holds every letter of STATS. An unknown letter gets only the end of the report. It is filled by init
// because its rows refer to the table of verbs, which refers back to it.
var statsTable []statsRow

func init() {
	statsTable = []statsRow{
		{'g', state.PrivStats, statsBans(state.BanConnect, "G"), "server bans"},
		{'e', state.PrivStats, statsBans(state.BanExempt, "E"), "exemptions from server bans"},
		{'i', state.PrivStats, statsDoors, "which networks and listeners each connection class covers"},
		{'k', state.PrivStats, statsBans(state.BanConnect, "K"), "server bans"},
		{'l', state.PrivStats, statsConnections, "connections"},
		{'m', state.PrivStats, statsCommands, "how often each command has been used"},
		{'o', state.PrivStats, statsOpers, "operator blocks"},
		{'p', 0, statsOnlineOpers, "IRC operators online"},
		{'q', state.PrivStats, statsBans(state.BanReserve, "Q"), "reserved names"},
		{'P', state.PrivStats, statsListeners, "listeners"},
		{'u', 0, statsUptime, "uptime"},
		{'y', state.PrivStats, statsClasses, "connection classes"},
		{'z', state.PrivStats, statsMemory, "memory"},
	}
}

// runStats shows a report, and tells the operators who requested it.
// https://modern.ircdocs.horse/#stats-message
func runStats(c *Call) {
	letter := c.param(0)
	if letter == "" {
		c.needMoreParams()
		return
	}
	for _, row := range statsTable {
		if row.letter != letter[0] {
			continue
		}
		if !c.can(row.privilege) {
			c.answer(c.lacks(row.privilege))
			break
		}
		c.server.announce(&c.out, 't', "STATS: "+c.nick()+" asks for "+row.help+" ("+string(rune(row.letter))+")")
		row.run(c)
		break
	}
	c.reply(rplEndOfStats.with(echoable(letter)))
}

// mostListenerBytes bounds the listeners in one line. The path of a Unix socket has at most 108 bytes.
const mostListenerBytes = 128

func statsBans(action state.BanAction, letter string) func(*Call) {
	return func(c *Call) {
		eachItem(c, (*state.State).BansFrom, (*state.ServerBan).Number, func(_ *state.State, b *state.ServerBan) {
			if b.Action == action {
				c.reply(rplStatsKline.with(letter, strings.ReplaceAll(b.Target, " ", "_"), "*", strings.ReplaceAll(b.Setter, " ", "_"), b.Reason))
			}
		})
	}
}

// statsConnections lists connections: who, by which listener, for how many seconds, and idle for how many seconds.
func statsConnections(c *Call) {
	now := c.server.order.Steady()
	eachItem(c, (*state.State).UsersFrom, (*state.User).ID, func(_ *state.State, u *state.User) {
		eachSessionOf(u, func(cl *Client) {
			c.reply(rplStatsLink.with(u.Nick()+"["+u.Username()+"@"+u.Host()+"]", wire.Cut(cl.conn.Listener(), mostListenerBytes),
				itoa(int(now.Sub(cl.opened).Seconds())), itoa(int(now.Sub(cl.conn.LastRead()).Seconds()))))
		})
	})
}

func statsCommands(c *Call) {
	for i := range verbs {
		if n := c.server.uses[i].Load(); n > 0 {
			c.reply(rplStatsCommands.with(verbs[i].verb, itoa(int(n))))
		}
	}
}

func statsOpers(c *Call) {
	for _, o := range c.config().Opers {
		for _, host := range o.Hosts {
			c.reply(rplStatsOline.with("O", host, "*", o.Name, o.Class))
		}
	}
}

func statsOnlineOpers(c *Call) {
	shown := 0
	c.eachOperator(func(u *state.User) {
		shown++
		idle := c.server.idle(u.Active())
		c.reply(rplStatsDebug.with("p", u.Nick()+" ("+u.Username()+"@"+u.Host()+") "+operTitle(u)+", idle "+seconds(idle)+" seconds"))
	})
	c.reply(rplStatsDebug.with("p", fmt.Sprintf("%d IRC operators", shown)))
}

func statsListeners(c *Call) {
	for _, l := range c.config().Listeners {
		kind := "plain"
		if l.TLS {
			kind = "TLS"
		}
		c.reply(rplStatsDebug.with("P", l.Address+" ("+kind+")"))
	}
}

func statsUptime(c *Call) {
	up := c.server.order.Steady().Sub(c.server.order.Started())
	c.reply(rplStatsUptime.with("Server Up " + uptime(up)))
	c.View(func(s *state.State) {
		c.reply(rplStatsConn.with(fmt.Sprintf("Highest connection count: %d", c.server.mostLocal)))
	})
}

// statsClasses lists the connection classes: name, seconds before a PING, connections from one address and in total
// (0: any number), and bytes of the send queue. The limits for connections without a class come last.
func statsClasses(c *Call) {
	cfg := c.config()
	line := func(name string, s *settings, perAddress, most int) {
		c.reply(rplStatsYline.with("Y", name, itoa(int(s.pingInterval.Seconds())), itoa(perAddress), itoa(most), itoa(s.sendQueue)))
	}
	for i := range cfg.Classes {
		class := &cfg.Classes[i]
		perAddress := class.ConnectionsPerAddress
		if perAddress == 0 {
			perAddress = cfg.Limits.ConnectionsPerAddress
		}
		line(class.Name, makeSettings(cfg, class), perAddress, class.Connections)
	}
	line("*", makeSettings(cfg, nil), cfg.Limits.ConnectionsPerAddress, cfg.Limits.Clients)
}

// statsDoors lists which connections belong to each class, by network, listener and TLS.
func statsDoors(c *Call) {
	for _, class := range c.config().Classes {
		networks, listeners := []string{"*"}, []string{"*"}
		if len(class.Networks) > 0 {
			networks = nil
			for _, network := range class.Networks {
				networks = append(networks, network.String())
			}
		}
		if len(class.Listeners) > 0 {
			listeners = joinWith(class.Listeners, ",", mostListenerBytes)
		}
		for _, network := range networks {
			for _, some := range listeners {
				c.reply(rplStatsIline.with("I", network, some, class.TLS, class.Name))
			}
		}
	}
}

// statsMemory shows the memory that the program uses.
func statsMemory(c *Call) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	const mib = 1 << 20
	c.reply(rplStatsDebug.with("z", fmt.Sprintf("heap %d MiB in use, %d MiB from the system, %d collections, %d goroutines",
		m.HeapInuse/mib, m.Sys/mib, m.NumGC, runtime.NumGoroutine())))
	c.View(func(s *state.State) {
		n := s.Counts()
		c.reply(rplStatsDebug.with("z", fmt.Sprintf("%d users, %d channels, %d connections", n.Users, n.Channels, len(c.server.clients))))
	})
}
