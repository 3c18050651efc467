package state

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBufferKeys checks that each buffer has one key, and that no other bytes are a key.
func TestBufferKeys(t *testing.T) {
	alice, bob, guest := Party{account: 1}, Party{account: 2}, Party{user: 300}
	keys := map[string]Buffer{}
	for want, b := range map[string]Buffer{
		"0107":           ChannelBuffer(7),
		"01808001":       ChannelBuffer(1 << 14),
		"0201010102":     PairBuffer(bob, alice),
		"0301010102":     OneSidedBuffer(alice, bob),
		"0401010102":     OneSidedBuffer(bob, alice),
		"0202ac020102":   PairBuffer(bob, guest),
		"0202ac0202ac02": PairBuffer(guest, guest),
		"0302ac0202ac02": OneSidedBuffer(guest, guest),
		"020000":         {},
	} {
		key := b.Key()
		require.Equal(t, want, hex.EncodeToString(key), "%+v", b)
		parsed, err := ParseBuffer(key)
		require.NoError(t, err)
		require.Equal(t, b, parsed)
		keys[string(key)] = b
	}
	for key := range keys {
		for end := range len(key) {
			_, err := ParseBuffer([]byte(key[:end]))
			require.ErrorIs(t, err, ErrEncoding)
		}
		_, err := ParseBuffer([]byte(key + "\x00"))
		require.ErrorIs(t, err, ErrEncoding)
	}
	for _, wrong := range []string{"", "0100", "018700", "0501010102", "0201020101", "0302ac02010200", "02020002", "040102", "040202020202"} {
		key, err := hex.DecodeString(wrong)
		require.NoError(t, err)
		_, err = ParseBuffer(key)
		require.ErrorIs(t, err, ErrEncoding, wrong)
	}
}

func TestPartyKeys(t *testing.T) {
	for _, p := range []Party{{}, {account: 1}, {account: 1 << 63}, {user: 1}, {user: 1 << 40}} {
		parsed, err := ParseParty(p.Key())
		require.NoError(t, err)
		require.Equal(t, p, parsed)
	}
	for _, wrong := range []string{"", "\x01\x00", "\x02\x00", "\x03", "\x00\x00", "\x02\x80\x00"} {
		_, err := ParseParty([]byte(wrong))
		require.ErrorIs(t, err, ErrEncoding, "%q", wrong)
	}
}

func FuzzParseBuffer(f *testing.F) {
	f.Add([]byte("\x01\x07"))
	f.Add([]byte("\x03\x01\x05\x02\x07"))
	f.Fuzz(func(t *testing.T, key []byte) {
		if b, err := ParseBuffer(key); err == nil {
			require.Equal(t, key, b.Key())
		}
	})
}
