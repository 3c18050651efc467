package accounts

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/argon2"
)

func TestHashAndVerify(t *testing.T) {
	for _, password := range []string{"hunter2", "mot de passe à accents", " ", "$argon2id$", strings.Repeat("x", MaxPasswordBytes)} {
		h, err := HashPassword(password)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(h, "$argon2id$v=19$m=19456,t=2,p=1$"), h)
		require.NotContains(t, h, "hunter2")
		require.NoError(t, CheckHash(h))
		require.True(t, VerifyPassword(h, password))
		require.False(t, VerifyPassword(h, password+"x"))
		require.False(t, VerifyPassword(h, ""))
	}
}

func TestHashesAreSalted(t *testing.T) {
	a, err := HashPassword("same")
	require.NoError(t, err)
	b, err := HashPassword("same")
	require.NoError(t, err)
	require.NotEqual(t, a, b)
}

func TestHashRefuses(t *testing.T) {
	_, err := HashPassword("")
	require.ErrorIs(t, err, ErrEmptyPassword)
	_, err = HashPassword(strings.Repeat("x", MaxPasswordBytes+1))
	require.ErrorIs(t, err, ErrLongPassword)
}

// A hash from a different program must be verified with its own parameters, not with ours.
func TestVerifyOtherParameters(t *testing.T) {
	salt := []byte("somesalt")
	key := argon2.IDKey([]byte("password"), salt, 3, 64, 2, 24)
	h := fmt.Sprintf("$argon2id$v=19$m=64,t=3,p=2$%s$%s", base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
	require.NoError(t, CheckHash(h))
	require.True(t, VerifyPassword(h, "password"))
	require.False(t, VerifyPassword(h, "Password"))
}

func TestCheckHash(t *testing.T) {
	const salt, key = "c29tZXNhbHQ", "MDEyMzQ1Njc4OWFiY2RlZg"
	whole := "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + key
	require.NoError(t, CheckHash(whole))
	for name, c := range map[string]struct {
		hash string
		want error
	}{
		"empty":            {"", ErrMalformedHash},
		"a password":       {"hunter2", ErrMalformedHash},
		"argon2i":          {strings.Replace(whole, "argon2id", "argon2i", 1), ErrMalformedHash},
		"a wrong version":  {strings.Replace(whole, "v=19", "v=16", 1), ErrMalformedHash},
		"no costs":         {strings.Replace(whole, "m=64,t=1,p=1", "", 1), ErrMalformedHash},
		"costs swapped":    {strings.Replace(whole, "m=64,t=1", "t=1,m=64", 1), ErrMalformedHash},
		"negative":         {strings.Replace(whole, "t=1", "t=-1", 1), ErrMalformedHash},
		"plus sign":        {strings.Replace(whole, "t=1", "t=+1", 1), ErrMalformedHash},
		"no pass":          {strings.Replace(whole, "t=1", "t=0", 1), ErrMalformedHash},
		"no lane":          {strings.Replace(whole, "p=1", "p=0", 1), ErrMalformedHash},
		"too little":       {strings.Replace(whole, "m=64", "m=7", 1), ErrMalformedHash},
		"beyond 32 bits":   {strings.Replace(whole, "m=64", "m=4294967296", 1), ErrMalformedHash},
		"salt too short":   {strings.Replace(whole, salt, "c29t", 1), ErrMalformedHash},
		"salt not base64":  {strings.Replace(whole, salt, "c29tZXNhb-Q", 1), ErrMalformedHash},
		"hash too short":   {strings.Replace(whole, key, "MDEyMw", 1), ErrMalformedHash},
		"padded":           {whole + "==", ErrMalformedHash},
		"one part more":    {whole + "$", ErrMalformedHash},
		"text before":      {"x" + whole, ErrMalformedHash},
		"line end":         {whole + "\n", ErrMalformedHash},
		"4 TiB of memory":  {strings.Replace(whole, "m=64", "m=4294967295", 1), ErrCostlyHash},
		"too many passes":  {strings.Replace(whole, "t=1", "t=17", 1), ErrCostlyHash},
		"too many lanes":   {strings.Replace(whole, "m=64,t=1,p=1", "m=128,t=1,p=9", 1), ErrCostlyHash},
		"too long a hash":  {strings.Replace(whole, key, strings.Repeat("QUFB", 22), 1), ErrCostlyHash},
		"too long a salt":  {strings.Replace(whole, salt, strings.Repeat("QUFB", 22), 1), ErrCostlyHash},
		"memory one above": {strings.Replace(whole, "m=64", fmt.Sprintf("m=%d", maxMemoryKiB+1), 1), ErrCostlyHash},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, CheckHash(c.hash), c.want)
			require.False(t, VerifyPassword(c.hash, "hunter2"))
		})
	}
}

// A hash waits while too many others are computed. Afterwards its place is free again, or the second round would wait
// forever.
func TestHashingIsBounded(t *testing.T) {
	const h = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg"
	places := hashing
	defer func() { hashing = places }()
	synctest.Test(t, func(t *testing.T) {
		const crowd = 8
		hashing = make(chan struct{}, 2)
		for range 2 {
			hashing <- struct{}{}
			hashing <- struct{}{}
			var done atomic.Int32
			for range crowd {
				go func() { // ends when its one hash is computed
					VerifyPassword(h, "hunter2")
					done.Add(1)
				}()
			}
			synctest.Wait()
			require.Zero(t, done.Load(), "a hash was computed although all places were taken")
			<-hashing
			<-hashing
			synctest.Wait()
			require.EqualValues(t, crowd, done.Load())
			require.Empty(t, hashing)
		}
	})
}

func FuzzCheckHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg")
	f.Add("$argon2id$v=19$m=4294967295,t=4294967295,p=255$$")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := parseHash(text)
		if err != nil {
			return
		}
		require.Equal(t, text, h.String(), "a hash that is accepted has one form only")
		require.LessOrEqual(t, h.memoryKiB, uint32(maxMemoryKiB))
		require.LessOrEqual(t, h.passes, uint32(maxPasses))
	})
}
