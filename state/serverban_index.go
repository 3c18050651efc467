package state

import (
	"net/netip"
	"slices"
	"sort"
	"strings"
)

// ServerBan is one entry of the list of server bans.
type ServerBan struct {
	// Action and Target identify the entry.
	Action BanAction
	Target string
	Reason string
	// Setter is nick!user@host, or a word when no user set it.
	Setter string
	// Time is when the entry was set, by the time of day; Until is when it ends by itself, by the state's clock (0:
	// never).
	Time, Until int64

	number uint64 // entries are found in the order in which they were set
	target banTarget
}

// Number is the entry's place in the order of setting; later ones are greater.
func (b *ServerBan) Number() uint64 { return b.number }

// banKey is the key of an entry by action and target.
type banKey struct {
	action BanAction
	target string // folded
}

// wordKey is the key of the entries of one kind whose word has no wildcard.
type wordKey struct {
	kind targetKind
	word string
}

// banList is the list of server bans with its indexes. A new user is looked up by the networks around their address
// and by their words, and compared one by one only with masks that no index can find.
type banList struct {
	all      []*ServerBan // by number
	byTarget map[banKey]*ServerBan
	byPrefix map[netip.Prefix][]*ServerBan
	// bits counts the prefixes of each length, for IPv4 and IPv6. Only lengths in use are looked up.
	bits   [2][129]int
	byWord map[wordKey][]*ServerBan
	wild   map[targetKind][]*ServerBan
	wilds  int
	// wildWork is the most work that it takes to compare a user with all of wild.
	wildWork int
	// softExempts counts the exemptions that an address alone cannot decide.
	softExempts int
}

// mostWildBans bounds the entries that are compared one by one.
const mostWildBans = 10_000

// mostWildWork bounds the work of comparing a user with all these entries: it is done at each change of a nick or real
// name.
const mostWildWork = 150_000

func newBanList() banList {
	return banList{
		byTarget: map[banKey]*ServerBan{}, byPrefix: map[netip.Prefix][]*ServerBan{},
		byWord: map[wordKey][]*ServerBan{}, wild: map[targetKind][]*ServerBan{},
	}
}

// indexWord returns the word under which a target is indexed; false for one that is compared with every user.
func (t *banTarget) indexWord() (string, bool) {
	word := t.word
	if t.kind == maskTarget {
		word = t.host
	}
	return word, !strings.ContainsAny(word, `*?\`)
}

func (l *banList) add(b *ServerBan, cm Casemapping) {
	l.all = append(l.all, b)
	l.byTarget[banKey{b.Action, cm.Fold(b.Target)}] = b
	if b.isSoftExempt() {
		l.softExempts++
	}
	if p := b.target.prefix; p.IsValid() {
		if l.byPrefix[p] == nil {
			l.bits[family(p.Addr())][p.Bits()]++
		}
		l.byPrefix[p] = append(l.byPrefix[p], b)
	} else if word, plain := b.target.indexWord(); plain {
		key := wordKey{b.target.kind, word}
		l.byWord[key] = append(l.byWord[key], b)
	} else {
		l.wild[b.target.kind] = append(l.wild[b.target.kind], b)
		l.wilds++
		l.wildWork += b.target.work()
	}
}

func (l *banList) remove(b *ServerBan, cm Casemapping) {
	at := sort.Search(len(l.all), func(i int) bool { return l.all[i].number >= b.number })
	l.all = slices.Delete(l.all, at, at+1)
	delete(l.byTarget, banKey{b.Action, cm.Fold(b.Target)})
	if b.isSoftExempt() {
		l.softExempts--
	}
	if p := b.target.prefix; p.IsValid() {
		if dropBan(l.byPrefix, p, b); l.byPrefix[p] == nil {
			l.bits[family(p.Addr())][p.Bits()]--
		}
	} else if word, plain := b.target.indexWord(); plain {
		dropBan(l.byWord, wordKey{b.target.kind, word}, b)
	} else {
		dropBan(l.wild, b.target.kind, b)
		l.wilds--
		l.wildWork -= b.target.work()
	}
}

func (b *ServerBan) isSoftExempt() bool {
	return b.Action == BanExempt && b.target.kind != addressTarget
}

func dropBan[K comparable](m map[K][]*ServerBan, key K, b *ServerBan) {
	list := m[key]
	if at := slices.Index(list, b); at >= 0 {
		list = slices.Delete(list, at, at+1)
	}
	if len(list) == 0 {
		delete(m, key)
		return
	}
	m[key] = list
}

func family(a netip.Addr) int {
	if a.Is4() {
		return 0
	}
	return 1
}

// ofAddress calls do with the entries whose network contains the address, the narrowest network first.
func (l *banList) ofAddress(addr netip.Addr, do func(*ServerBan) (found bool)) bool {
	if !addr.IsValid() {
		return false
	}
	counts := &l.bits[family(addr)]
	for bits := addr.BitLen(); bits > 0; bits-- {
		if counts[bits] == 0 {
			continue
		}
		prefix, _ := addr.Prefix(bits) // the length is in range
		if slices.ContainsFunc(l.byPrefix[prefix], do) {
			return true
		}
	}
	return false
}

// find returns the first entry with this action that covers a user, or nil.
func (l *banList) find(action BanAction, who *banSubject) (found *ServerBan) {
	judge := func(b *ServerBan) bool {
		if b.Action == action && b.target.covers(who) {
			found = b
		}
		return found != nil
	}
	if len(l.all) == 0 || l.ofAddress(who.addr, judge) {
		return found
	}
	for _, host := range who.hosts {
		if slices.ContainsFunc(l.byWord[wordKey{maskTarget, host}], judge) {
			return found
		}
	}
	words := [...]wordKey{{accountTarget, who.account}, {realnameTarget, who.realname}, {certificateTarget, who.fingerprint}}
	for _, key := range words {
		if slices.ContainsFunc(l.byWord[key], judge) {
			return found
		}
	}
	for kind := maskTarget; kind <= certificateTarget; kind++ {
		if slices.ContainsFunc(l.wild[kind], judge) {
			return found
		}
	}
	return nil
}

// reserved returns the entry that reserves a name, or nil.
func (s *State) reserved(kind targetKind, folded string) *ServerBan {
	if list := s.bans.byWord[wordKey{kind, folded}]; len(list) > 0 {
		return list[0]
	}
	for _, b := range s.bans.wild[kind] {
		if s.glob(b.target.word, folded) {
			return b
		}
	}
	return nil
}
