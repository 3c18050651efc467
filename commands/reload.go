package commands

import (
	"strings"

	"bavard/config"
	"bavard/state"
)

// install puts a configuration into force, whose policy the state already has. The lock is held, or there are no
// connections yet.
func (s *Server) install(cfg *config.Config) {
	policy := s.state.Policy()
	s.config = cfg
	s.isupport = isupportTokens(cfg, policy)
	v := &view{config: cfg, name: cfg.Server.Name, policy: *policy}
	v.motd, v.rules, v.operMotd = textLines(cfg.Server.MOTD), textLines(cfg.Server.Rules), textLines(cfg.Server.OperMOTD)
	v.tokens = s.isupport
	if s.options.Accounts != nil {
		v.mechanisms = s.options.Accounts.Mechanisms()
	}
	v.fix(s, s.isupport)
	s.view.Store(v)
}

// textLines splits a long text into lines that are short enough for a numeric with the longest names.
func textLines(text string) (lines []string) {
	if text == "" {
		return nil
	}
	const mostBytes = 350
	for _, line := range strings.Split(text, "\n") {
		lines = append(lines, wrap(line, mostBytes)...)
	}
	return lines
}

// Reload puts a new configuration into force: policy, limits, MOTD, operators. All clients stay connected, and are
// told which advertised features have changed.
func (s *Server) Reload(cfg *config.Config) {
	var out outbox
	s.options.History.SetLimits(cfg.History.Bounds(cfg.Storage.Path != ""))
	defer s.flush(&out)
	s.order.Lock()
	defer s.order.Unlock()
	if !cfg.History.Private { // an administrator who switches this off does not want older messages kept either
		s.records.add(state.Record{All: true})
	}
	s.config = cfg
	s.do(&out, nil, &state.Configure{Policy: policyOf(cfg)})
	s.judgeOpers(&out)
}

// configured installs the configuration of a new policy, and tells clients about changes before they see their effects.
func (r *renderer) configured() {
	s := r.server
	before, viewBefore := s.isupport, s.view.Load()
	s.install(s.config)
	s.capsChanged(r.out, viewBefore, s.view.Load())
	changed := changedTokens(before, s.isupport)
	if len(changed) == 0 {
		return
	}
	lines := fixedTokens(s.view.Load(), changed)
	for _, u := range s.state.Users() {
		eachSessionOf(u, func(c *Client) {
			if c.has(capExtendedISupport) {
				c.tellSupported(r.out, changed)
			} else {
				c.fixed(r.out, lines)
			}
		})
	}
}
