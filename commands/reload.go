package commands

import (
	"strings"

	"bavard/config"
	"bavard/state"
)

// install puts a configuration in force, whose policy the state has already. Under the lock, or before there is anybody.
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

// textLines are the lines of a long text, each short enough to fit into a line whatever the names in it.
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

// Reload puts another configuration in force: policy, limits, MOTD, opers. Everybody who is connected stays, and learns
// which advertised features have changed.
func (s *Server) Reload(cfg *config.Config) {
	var out outbox
	defer s.flush(&out)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.History.SetLimits(cfg.History.Bounds())
	if !cfg.History.Private { // whoever ends that does not want what was said before to be there either
		s.options.History.DropConversations()
	}
	s.config = cfg
	s.apply(&out, nil, 0, &state.Configure{Policy: policyOf(cfg)})
	s.judgeOpers(&out)
}

// configured: the new policy is in force; clients learn what they have to know before they see what it does.
func (r *renderer) configured() {
	s := r.server
	before, viewBefore := s.isupport, s.view.Load()
	s.install(s.config)
	s.capsChanged(r.out, viewBefore, s.view.Load())
	changed := changedTokens(before, s.isupport)
	if len(changed) == 0 {
		return
	}
	for _, u := range s.state.Users() {
		eachSessionOf(u, func(c *Client) {
			c.tellSupported(r.out, changed)
		})
	}
}
