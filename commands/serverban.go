package commands

// bannedText is what somebody is told whom a server ban keeps out.
func bannedText(reason string) string {
	if reason == "" {
		return "You are banned from this server"
	}
	return "You are banned from this server: " + reason
}

// reservedText is what somebody is told who asks for a reserved name.
func reservedText(what, reason string) string {
	if reason == "" {
		return what + " is reserved"
	}
	return what + " is reserved: " + reason
}
