package commands

import (
	"slices"
	"strings"

	"bavard/state"
)

// Subscriptions: a sorted list of metadata keys whose changes a client is told. They end with the capability.

// wants reports whether the client is told of changes to a key. The lock is held.
func (c *Client) wants(key string) bool {
	_, found := slices.BinarySearch(c.subs, key)
	return found && c.has(capMetadata)
}

// listens reports whether the client has subscriptions. The lock is held.
func (c *Client) listens() bool { return len(c.subs) > 0 && c.has(capMetadata) }

// subscribe adds keys in order until the limit is reached, and sends the current values of the new keys.
// https://ircv3.net/specs/extensions/metadata#metadata-sub
func (c *Call) subscribe() {
	most := c.config().Metadata.MaxSubs
	var done, fresh []string
	c.View(func(s *state.State) {
		for _, key := range c.metadataKeys() {
			if refusal := s.Policy().JudgeMetadataKey(key); refusal != nil {
				c.failMetadata(refusal)
				continue
			}
			if len(c.subs) >= most {
				c.fail("TOO_MANY_SUBS", "You are subscribed to the maximum number of keys", key)
				break
			}
			if at, found := slices.BinarySearch(c.subs, key); !found {
				c.subs = slices.Insert(c.subs, at, strings.Clone(key))
				fresh = append(fresh, key)
			}
			done = append(done, key)
		}
		c.keyLines(rplMetadataSubOK, done, c.reply)
	})
	if len(fresh) > 0 && c.registration == nil {
		slices.Sort(fresh)
		c.tellEverywhere(fresh)
	}
}

// unsubscribe: https://ircv3.net/specs/extensions/metadata#metadata-unsub
func (c *Call) unsubscribe() {
	var done []string
	c.View(func(s *state.State) {
		for _, key := range c.metadataKeys() {
			if refusal := s.Policy().JudgeMetadataKey(key); refusal != nil {
				c.failMetadata(refusal)
				continue
			}
			if at, found := slices.BinarySearch(c.subs, key); found {
				c.subs = slices.Delete(c.subs, at, at+1)
			}
			done = append(done, key)
		}
		c.keyLines(rplMetadataUnsubOK, done, c.reply)
	})
}

// listSubscriptions: https://ircv3.net/specs/extensions/metadata#metadata-subs
func (c *Call) listSubscriptions() {
	c.View(func(*state.State) {
		b := c.openBatch(&c.out, "metadata-subs")
		c.keyLines(rplMetadataSubs, c.subs, b.numeric)
		b.end()
	})
}

// keyLines sends keys, each as a parameter, on as few lines as possible.
func (c *Call) keyLines(row wordsN, keys []string, say func(numeric)) {
	const most = 13 // with the nick a line stays within 15 parameters
	for room := c.room(row.code); len(keys) > 0; {
		n, used := 0, 0
		for n < len(keys) && n < most && used+1+len(keys[n]) <= room {
			used += 1 + len(keys[n])
			n++
		}
		say(row.with(keys[:n]...))
		keys = keys[n:]
	}
}
