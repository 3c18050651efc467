package commands

import "time"

// stsPolicy returns the STS policy for this connection, "" for none: the TLS port on an insecure connection, the
// duration on a secure one. Connections that cannot be eavesdropped on, or whose security a proxy provides, get none.
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

// stsWithdrawn returns the value for clients that had a policy when STS is switched off. A policy cannot be withdrawn,
// but a duration of 0 ends it.
// https://ircv3.net/specs/extensions/sts#the-duration-key
func stsWithdrawn(c *Client) []string {
	if c.conn.TLS() == nil {
		return nil
	}
	return []string{"sts=duration=0"}
}
