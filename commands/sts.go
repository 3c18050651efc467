package commands

import "time"

// stsPolicy is what this connection is told of connecting with TLS only, "" for nothing: without TLS where to go, with it how
// long that holds. Where nobody could listen, or somebody else may have seen to that already, there is nothing to tell.
// https://ircv3.net/specs/extensions/sts#details
func stsPolicy(v *view, c *Client) string {
	policy := &v.config.STS
	if !policy.Enabled || c.listener.Tor || c.listener.WebSocket || c.gateway != nil {
		return ""
	}
	secured := c.conn.TLS()
	if secured == nil {
		if c.listener.Proxy || isUnix(c.conn.Listener()) || !c.conn.RemoteAddr().IsValid() {
			return ""
		}
		return "port=" + itoa(policy.Port)
	}
	// https://ircv3.net/specs/extensions/sts#server-name-indication
	holds, preload := policy.Holds(secured.ServerName)
	if !holds {
		return ""
	}
	value := "duration=" + itoa(int(time.Duration(policy.Duration)/time.Second))
	if preload && policy.Duration > 0 {
		value += ",preload"
	}
	return value
}

// stsWithdrawn is what those are told who had a policy when there is none any more: it cannot be taken back, but it can end.
// https://ircv3.net/specs/extensions/sts#the-duration-key
func stsWithdrawn(c *Client) []string {
	if c.conn.TLS() == nil {
		return nil
	}
	return []string{"sts=duration=0"}
}
