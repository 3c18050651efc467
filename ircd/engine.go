package main

import (
	"context"
	"net"
	"time"

	"bavard/accounts"
	"bavard/commands"
	"bavard/config"
	"bavard/storage"
	"bavard/transport"
)

// ircEngine is the engine that serves connections with package commands.
type ircEngine struct{ server *commands.Server }

// newEngine returns the daemon's engine.
func newEngine(p parts) engine {
	return ircEngine{commands.New(commands.Options{
		Config:         p.config,
		Log:            p.log,
		History:        storage.NewMemory(p.config.History.Bounds()),
		VerifyPassword: accounts.VerifyPassword,
		Rehash:         p.rehash,
		Terminate:      p.terminate,
		FlushAll:       transport.FlushAll[commands.Conn],
		Reason:         whyEnded,
		Resolver:       &net.Resolver{},
		Ident:          askIdent,
		Version:        "bavard-" + version,
	})}
}

func (e ircEngine) Open(c *transport.Conn) (transport.Session, time.Duration) {
	return e.server.Open(c)
}
func (e ircEngine) Beat()                     { e.server.Beat() }
func (e ircEngine) Reload(cfg *config.Config) { e.server.Reload(cfg) }
func (e ircEngine) Stop(reason string)        { e.server.Stop(reason) }
func (e ircEngine) Run(ctx context.Context)   { e.server.Run(ctx) }
