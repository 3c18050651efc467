package config

import (
	"encoding"
	"net/netip"
	"reflect"
	"strconv"
	"time"
)

// setScalar sets the variable that into points to. It returns what is wrong with the value, or "".
func setScalar(into reflect.Value, raw any) string {
	elem := into.Elem()
	if elem.Type() == prefixType {
		return setPrefix(into.Interface().(*netip.Prefix), raw)
	}
	if elem.Type() == secretType {
		text, ok := raw.(string)
		if !ok {
			return "must be a string in quotes"
		}
		elem.SetString(text)
		return ""
	}
	if number, ok := into.Interface().(interface{ setInt(int64) error }); ok {
		if n, ok := raw.(int64); ok {
			return textOf(number.setInt(n))
		}
	}
	if own, ok := into.Interface().(encoding.TextUnmarshaler); ok {
		text, isText := raw.(string)
		if err := own.UnmarshalText([]byte(text)); err != nil || !isText {
			if err == nil || !isText {
				return "must be a string in quotes, not " + describe(raw)
			}
			return err.Error() + ", not " + describe(raw)
		}
		return ""
	}
	return setPlain(elem, raw)
}

func setPlain(elem reflect.Value, raw any) string {
	switch elem.Kind() {
	case reflect.String:
		if text, ok := raw.(string); ok {
			elem.SetString(text)
			return ""
		}
		return "must be a string in quotes, not " + describe(raw)
	case reflect.Bool:
		if yes, ok := raw.(bool); ok {
			elem.SetBool(yes)
			return ""
		}
		return "must be true or false, without quotes, not " + describe(raw)
	case reflect.Int:
		n, ok := raw.(int64)
		if !ok {
			return "must be a whole number, without quotes, not " + describe(raw)
		}
		if elem.OverflowInt(n) {
			return "is too large"
		}
		elem.SetInt(n)
		return ""
	}
	panic("config: an option of type " + elem.Type().String())
}

// setPrefix parses a network in CIDR form. A single address counts as one too, because people write it that way.
func setPrefix(into *netip.Prefix, raw any) string {
	text, ok := raw.(string)
	if !ok {
		return "must be a string in quotes, not " + describe(raw)
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		addr, err := netip.ParseAddr(text)
		if err != nil || addr.Zone() != "" {
			return "must be an address or a network in CIDR form, such as 192.0.2.0/24 or 2001:db8::/32, not " + describe(raw)
		}
		prefix = netip.PrefixFrom(addr, addr.BitLen())
	}
	const mappedBits = 96 // of an IPv4 address that is written as IPv6; clients' addresses never are
	if addr := prefix.Addr(); addr.Is4In6() && prefix.Bits() >= mappedBits {
		prefix = netip.PrefixFrom(addr.Unmap(), prefix.Bits()-mappedBits)
	}
	*into = prefix.Masked()
	return ""
}

// describe names a value of the file in a message.
func describe(raw any) string {
	const longest = 40
	switch raw := raw.(type) {
	case string:
		if len(raw) > longest {
			return "a string of " + strconv.Itoa(len(raw)) + " bytes"
		}
		return strconv.Quote(raw)
	case int64:
		return strconv.FormatInt(raw, 10)
	case float64:
		return strconv.FormatFloat(raw, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(raw)
	case time.Time:
		return "a date"
	case []any, []map[string]any:
		return "a list"
	default:
		return "a section"
	}
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
