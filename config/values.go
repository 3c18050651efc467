package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"strconv"
	"time"

	"bavard/state"
)

// Size is a number of bytes. In the file it is a number with a unit ("512B", "64KiB", "1MiB", "2GiB") or a plain number
// of bytes.
type Size int64

// sizeUnits lists the units from the largest to the smallest: a size is written with the first one that divides it.
var sizeUnits = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

var (
	errSize     = errors.New(`must be a size such as "64KiB", "1MiB" or "512B"`)
	errDuration = errors.New(`must be a duration of at most 100y such as "90s", "5m", "2h", "1d12h" or "0"`)
	errFileMode = errors.New(`must be permissions in octal, such as "0660"`)
)

// UnmarshalText parses a size as it is written in the file.
func (s *Size) UnmarshalText(text []byte) error {
	number, unit := splitUnit(string(text))
	bytes := int64(0)
	if unit == "" {
		bytes = 1
	}
	for _, u := range sizeUnits {
		if unit == u.name {
			bytes = u.bytes
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || bytes == 0 {
		return errSize
	}
	if n > math.MaxInt64/bytes {
		return errors.New("is too large")
	}
	*s = Size(n * bytes)
	return nil
}

// MarshalText formats the size as [Size.UnmarshalText] parses it.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String formats the size with the largest unit that needs no fraction.
func (s Size) String() string {
	for _, u := range sizeUnits {
		if int64(s) >= u.bytes && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

func (s *Size) setInt(n int64) error {
	if n < 0 {
		return errSize
	}
	*s = Size(n)
	return nil
}

// Duration is a span of time. In the file it is one or more numbers with a unit ("90s", "5m", "2h", "1d", "1h30m"), or
// "0", as in commands; here milliseconds ("500ms") can be given as well.
type Duration time.Duration

// UnmarshalText parses a duration as it is written in the file.
func (d *Duration) UnmarshalText(text []byte) error {
	n, ok := state.ParseFineDuration(string(text))
	if !ok {
		return errDuration
	}
	*d = Duration(n)
	return nil
}

// MarshalText formats the duration as [Duration.UnmarshalText] parses it, to the millisecond.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String formats the duration with no more units than it needs.
func (d Duration) String() string { return state.FormatFineDuration(int64(d)) }

func (d *Duration) setInt(n int64) error {
	if n != 0 {
		return fmt.Errorf("needs a unit, such as \"%ds\" or \"%dm\"", n, n)
	}
	*d = 0
	return nil
}

// FileMode is a file's permissions. In the configuration file it is an octal number in quotes ("0660").
type FileMode fs.FileMode

// UnmarshalText parses permissions as they are written in the file.
func (m *FileMode) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 8, 32)
	if err != nil {
		return errFileMode
	}
	return m.setInt(int64(n))
}

// MarshalText formats the permissions as [FileMode.UnmarshalText] parses them.
func (m FileMode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// String formats the permissions in octal with a leading 0.
func (m FileMode) String() string { return fmt.Sprintf("%04o", uint32(m)) }

func (m *FileMode) setInt(n int64) error {
	if n < 0 || n > 0o777 {
		return errFileMode
	}
	*m = FileMode(n)
	return nil
}

// hidden is printed in place of a secret.
const hidden = "***"

// Secret is a string that no log and no message may show. Every way of printing it shows *** instead; string(s) is the
// string itself.
type Secret string

// String hides the secret.
func (Secret) String() string { return hidden }

// GoString hides the secret.
func (Secret) GoString() string { return hidden }

// Format hides the secret, whatever the verb. Without this method, a verb that does not suit strings would print it.
func (Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, hidden) }

// LogValue hides the secret.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the secret, in JSON too.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// splitUnit splits "64KiB" into "64" and "KiB".
func splitUnit(text string) (number, unit string) {
	i := 0
	for i < len(text) && isDigit(rune(text[i])) {
		i++
	}
	return text[:i], text[i:]
}

func isDigit(r rune) bool  { return r >= '0' && r <= '9' }
func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
