package commands

import (
	"cmp"

	"bavard/state"
	"bavard/wire"
)

// refusalRow is how one refusal is answered.
type refusalRow struct {
	// fail is the code for standard replies. Clients get those where a specification demands it (RENAME) or there is no
	// numeric for the refusal; otherwise they get the numeric.
	// https://ircv3.net/specs/extensions/standard-replies
	fail    string
	numeric func(c *Call, r *state.Refusal) numeric
}

// refusalTable has one row for each refusal of the state.
var refusalTable = map[state.Code]refusalRow{
	state.NoSuchNick:    {"NO_SUCH_NICK", func(_ *Call, r *state.Refusal) numeric { return errNoSuchNick.with(r.Nick) }},
	state.NoSuchChannel: {"NO_SUCH_CHANNEL", func(_ *Call, r *state.Refusal) numeric { return errNoSuchChannel.with(r.Channel) }},
	state.BadChannelName: {"INVALID_CHANNEL", func(c *Call, r *state.Refusal) numeric {
		return errBadChanMask.with(excerpt(r.Channel), badChannelText(c, r))
	}},
	state.NotOnChannel:     {"NOT_ON_CHANNEL", func(_ *Call, r *state.Refusal) numeric { return errNotOnChannel.with(r.Channel) }},
	state.UserNotInChannel: {"USER_NOT_IN_CHANNEL", func(_ *Call, r *state.Refusal) numeric { return errUserNotInChannel.with(r.Nick, r.Channel) }},
	state.UserOnChannel:    {"USER_ON_CHANNEL", func(_ *Call, r *state.Refusal) numeric { return errUserOnChannel.with(r.Nick, r.Channel) }},
	state.NickInUse:        {"NICKNAME_IN_USE", func(_ *Call, r *state.Refusal) numeric { return errNicknameInUse.with(r.Nick) }},
	state.BadNick:          {"INVALID_NICKNAME", badNick},
	state.TooManyChannels:  {"TOO_MANY_CHANNELS", func(_ *Call, r *state.Refusal) numeric { return errTooManyChannels.with(r.Channel) }},
	state.ChannelRenamed:   {"CHANNEL_RENAMED", func(_ *Call, r *state.Refusal) numeric { return errLinkChannel.with(r.Channel, r.Param) }},
	state.ModeForbids:      {"MODE_FORBIDS", modeForbids},
	state.NeedRank:         {"NEED_RANK", func(_ *Call, r *state.Refusal) numeric { return errChanOPrivsNeeded.with(r.Channel, needs(r.Need)) }},
	state.RankProtects:     {"RANK_PROTECTS", rankProtects},
	state.FounderHandsOver: {"FOUNDER_HANDS_OVER", func(_ *Call, r *state.Refusal) numeric {
		return errChanOPrivsNeeded.with(r.Channel, "A channel has one founder: hand it over with MODE "+r.Channel+" +q <nick>")
	}},
	state.KickSelf: {"KICK_SELF", func(_ *Call, r *state.Refusal) numeric {
		return errChanOPrivsNeeded.with(r.Channel, "You cannot kick yourself: use PART "+r.Channel+" to leave")
	}},
	state.UserModeForbids: {"USER_MODE_FORBIDS", modeForbidsUser},
	state.AlreadyAccepted: {"ALREADY_ACCEPTED", func(_ *Call, r *state.Refusal) numeric { return errAcceptExist.with(r.Nick) }},
	state.NotAccepted:     {"NOT_ACCEPTED", func(_ *Call, r *state.Refusal) numeric { return errAcceptNot.with(r.Nick) }},
	state.AcceptFull:      {"ACCEPT_FULL", func(_ *Call, _ *state.Refusal) numeric { return errAcceptFull.with() }},
	state.SilenceFull:     {"SILENCE_FULL", func(_ *Call, r *state.Refusal) numeric { return errSileListFull.with(r.Param) }},
	state.BadMask: {"INVALID_MASK", func(c *Call, r *state.Refusal) numeric {
		return errUnknownError.with(c.message.Command, cmp.Or(r.Why, "Not a valid mask")+": "+excerpt(r.Param))
	}},
	state.UnknownMode:       {"UNKNOWN_MODE", func(_ *Call, r *state.Refusal) numeric { return errUnknownMode.with(letterText(r.Mode)) }},
	state.BadModeParam:      {"INVALID_MODE_PARAM", badModeParam},
	state.ListFull:          {"LIST_FULL", func(_ *Call, r *state.Refusal) numeric { return errBanListFull.with(r.Channel, letterText(r.Mode)) }},
	state.UnknownUserMode:   {"UNKNOWN_MODE", func(_ *Call, _ *state.Refusal) numeric { return errUmodeUnknownFlag.with() }},
	state.ChannelNameInUse:  {"CHANNEL_NAME_IN_USE", cannotRename},
	state.CannotRename:      {"CANNOT_RENAME", cannotRename},
	state.NoSuchSession:     {"NEED_REGISTRATION", func(_ *Call, _ *state.Refusal) numeric { return errNotRegistered.with() }},
	state.AlreadyRegistered: {"ALREADY_REGISTERED", func(_ *Call, _ *state.Refusal) numeric { return errAlreadyRegistered.with() }},
	state.AlreadyApplied: {"ALREADY_APPLIED", func(c *Call, _ *state.Refusal) numeric {
		return errUnknownError.with(c.message.Command, "That operation has already been applied")
	}},
	state.OutOfOrder: {"OUT_OF_ORDER", func(c *Call, _ *state.Refusal) numeric {
		return errUnknownError.with(c.message.Command, "That operation has come out of order")
	}},
	state.CannotLast: {"NOT_KEPT", func(c *Call, _ *state.Refusal) numeric {
		return errUnknownError.with(c.message.Command, cannotLastText)
	}},
	state.ServerBanned: {"SERVER_BANNED", func(_ *Call, r *state.Refusal) numeric { return errYoureBannedCreep.with(bannedText(r.Why)) }},
	state.ReservedNick: {"NICKNAME_RESERVED", func(_ *Call, r *state.Refusal) numeric {
		return errErroneusNickname.with(excerpt(r.Nick), reservedText("Nickname", r.Why))
	}},
	state.ReservedChannel: {"CHANNEL_RESERVED", func(_ *Call, r *state.Refusal) numeric {
		return errBadChanName.with(excerpt(r.Channel), reservedText("Channel", r.Why))
	}},
	state.BadBan: {"INVALID_BAN", func(c *Call, r *state.Refusal) numeric {
		return errUnknownError.with(c.message.Command, r.Why+": "+wire.Cut(r.Param, 64))
	}},
	state.BanExists: {"BAN_EXISTS", func(c *Call, r *state.Refusal) numeric {
		return errUnknownError.with(c.message.Command, "Already in the list: "+r.Param)
	}},
	state.NoSuchBan: {"NO_SUCH_BAN", func(c *Call, r *state.Refusal) numeric {
		return errUnknownError.with(c.message.Command, "Not in the list: "+wire.Cut(r.Param, 64))
	}},
	state.BadFilter: {"INVALID_FILTER", func(c *Call, r *state.Refusal) numeric {
		return errUnknownError.with(c.message.Command, r.Why+": "+wire.Cut(r.Param, 100))
	}},
	state.BadRelayNick: {"INVALID_NICK", relayNumeric}, state.CannotRelay: {"PRIVS_NEEDED", relayNumeric}, state.RelayBanned: {"BANNED", relayNumeric},
	state.CannotPlay:       {"CANNOT_ROLEPLAY", playNumeric},
	state.NoMetadataTarget: {"INVALID_TARGET", metadataNumeric},
	state.BadMetadataKey:   {"KEY_INVALID", metadataNumeric},
	state.BadMetadataValue: {"VALUE_INVALID", metadataNumeric},
	state.MetadataDenied:   {"KEY_NO_PERMISSION", metadataNumeric},
	state.MetadataNotSet:   {"KEY_NOT_SET", metadataNumeric},
	state.MetadataFull:     {"LIMIT_REACHED", metadataNumeric},
	state.BadMultiline: {multilineInvalid, func(c *Call, r *state.Refusal) numeric {
		return errUnknownError.with(c.message.Command, r.Why)
	}},
	// REDACT itself answers with standard replies that name the message.
	state.RedactForbidden: {"REDACT_FORBIDDEN", func(c *Call, _ *state.Refusal) numeric {
		return errUnknownError.with(c.message.Command, "You are not authorised to delete this message")
	}},
	state.RedactExpired: {"REDACT_WINDOW_EXPIRED", func(c *Call, _ *state.Refusal) numeric {
		return errUnknownError.with(c.message.Command, "You can no longer delete this message")
	}},
	state.BadLevel: {"INVALID_LEVEL", func(c *Call, _ *state.Refusal) numeric {
		return errUnknownError.with(c.message.Command, "The level must be a number from 1 to 5; 5 closes nothing")
	}},
	state.DoorClosed: {"DOOR_CLOSED", func(_ *Call, r *state.Refusal) numeric { return errYoureBannedCreep.with(r.Why) }},
	state.NoNewChannels: {"NO_NEW_CHANNELS", func(_ *Call, r *state.Refusal) numeric {
		return errBadChanName.with(excerpt(r.Channel), "No new channels can be created at the moment")
	}},
	state.TalkClosed:  {"TALK_CLOSED", talkClosed},
	state.TextBlocked: {"TEXT_BLOCKED", textBlocked},
	state.BansFull: {"BANS_FULL", func(c *Call, _ *state.Refusal) numeric {
		return errUnknownError.with(c.message.Command, "The list of server bans is full")
	}},
	state.NoPrivilege: {"NEED_PRIVILEGE", func(_ *Call, r *state.Refusal) numeric { return errNoPrivs.with(r.Privilege.Name()) }},
	state.BadHost: {"INVALID_HOST", func(c *Call, r *state.Refusal) numeric {
		return errUnknownError.with(c.message.Command, "Not a valid host (letters, digits and .:-_/ are allowed, but no colon first): "+wire.Cut(r.Param, 64))
	}},
	state.BadRealname: {"INVALID_REALNAME", func(c *Call, _ *state.Refusal) numeric {
		return errUnknownError.with(c.message.Command, "Realname is not valid")
	}},
	state.CannotChangeRealname: {"CANNOT_CHANGE_REALNAME", func(c *Call, r *state.Refusal) numeric {
		return errUnknownError.with(c.message.Command, r.Why)
	}},
	state.BadAccount: {"INVALID_ACCOUNT", func(c *Call, r *state.Refusal) numeric {
		return errUnknownError.with(c.message.Command, "Not a valid account name: "+excerpt(r.Param))
	}},
	state.AlreadyInside:  {"ALREADY_ON_CHANNEL", func(_ *Call, r *state.Refusal) numeric { return errKnockOnChan.with(r.Channel) }},
	state.ChannelOpen:    {"CHANNEL_OPEN", func(_ *Call, r *state.Refusal) numeric { return errChanOpen.with(r.Channel) }},
	state.TooManyKnocks:  {"TOO_MANY_KNOCKS", func(_ *Call, r *state.Refusal) numeric { return errTooManyKnock.with(r.Channel) }},
	state.UnknownSnomask: {"UNKNOWN_SNOMASK", func(_ *Call, r *state.Refusal) numeric { return errUnknownSnomask.with(letterText(r.Mode)) }},
	state.NotOper:        {"NEED_OPER", func(_ *Call, _ *state.Refusal) numeric { return errNoPrivileges.with() }},
}

// answer answers a refusal with its numeric. If that is only the one for unknown errors, clients with standard replies
// get a FAIL instead.
// https://ircv3.net/specs/extensions/standard-replies#capabilities
func (c *Call) answer(r *state.Refusal) {
	row := refusalTable[r.Code]
	n := row.numeric(c, r)
	for i, word := range n.params[:len(n.params)-1] {
		if len(word) > mostNameBytes {
			n.params[i] = excerpt(word) // the line can contain a second name
		}
	}
	if n.code == errUnknownError.code && c.has(capStandardReplies) {
		c.fail(row.fail, n.params[len(n.params)-1])
		return
	}
	c.reply(n)
}

// refuse answers a mistake that a handler finds and that has no numeric: with a FAIL if the client supports standard
// replies.
func (c *Call) refuse(code, text string, context ...string) {
	if c.has(capStandardReplies) {
		c.fail(code, text, context...)
		return
	}
	c.reply(errUnknownError.with(c.message.Command, text))
}

// caution adds a warning to a command that was carried out: a WARN if the client supports standard replies.
func (c *Call) caution(code, text string) {
	if c.has(capStandardReplies) {
		c.say(&c.out, c.standardReply("WARN", code, text))
		return
	}
	c.notice(c.nick(), text)
}

// answerFail answers a refused rename with a standard reply and its context.
// https://ircv3.net/specs/extensions/channel-rename#errors
func (c *Call) answerFail(r *state.Refusal, context ...string) {
	c.fail(refusalTable[r.Code].fail, renameText(r), context...)
}

// fail sends a FAIL for the command.
// https://ircv3.net/specs/extensions/standard-replies#message-format
func (c *Call) fail(code, text string, context ...string) {
	c.say(&c.out, c.standardReply("FAIL", code, text, context...))
}

// standardReply returns a standard reply about the command that runs.
func (c *Call) standardReply(kind, code, text string, context ...string) wire.Line {
	return c.fromServer(kind, append(append([]string{c.message.Command, code}, context...), text)...)
}

// badChannelText returns what is wrong with a channel name.
func badChannelText(c *Call, r *state.Refusal) string {
	switch most := c.config().Limits.ChannelLength; {
	case !state.IsChannelName(r.Channel):
		return "Bad Channel Mask: channel names start with " + state.ChannelTypes
	case len(r.Channel) > most:
		return "Bad Channel Mask: at most " + itoa(most) + " bytes"
	}
	return "Bad Channel Mask: no spaces, commas, colons or invisible characters, and something after the " + r.Channel[:1]
}

// needs returns a text with the missing rank.
func needs(r state.Rank) string {
	switch r {
	case state.Founder:
		return "You must be the channel's founder"
	case state.Operator:
		return "You must be a channel operator"
	case state.Voice:
		return "You must have at least a voice in the channel"
	case state.HalfOperator, state.Admin:
		return "You must be a channel " + r.Name()
	}
	return "You must have a higher rank in the channel"
}

func rankProtects(_ *Call, r *state.Refusal) numeric {
	article := "an "
	switch r.Has {
	case state.Founder:
		article = "the channel's "
	case state.Voice, state.HalfOperator, state.NoRank:
		article = "a "
	}
	return errChanOPrivsNeeded.with(r.Channel, r.Nick+" is "+article+r.Has.Name()+": you must have a higher rank")
}

// modeForbids answers what a mode forbids. A refused join has the numeric of the mode's row, and any other attempt the
// numeric of its kind.
func modeForbids(c *Call, r *state.Refusal) numeric {
	mode := "+" + letterText(r.Mode)
	switch r.Doing {
	case state.Joining:
		return errCannotJoin(state.ChannelModeInfo(r.Mode).Join).with(r.Channel, "Cannot join channel ("+mode+")"+c.endAndReason(r.Until, r.Reason))
	case state.ChangingNick:
		if r.Mode == 'b' {
			return errBanOnChan.with(excerpt(r.Nick), r.Channel)
		}
		return errCannotChangeNick.with("Cannot change nickname while in " + r.Channel + " (" + mode + ": " + r.Why + ")")
	case state.SettingTopic:
		return errChanOPrivsNeeded.with(r.Channel, "Nobody may set this channel's topic ("+mode+")")
	case state.Knocking:
		return errCannotKnock.with(r.Channel, "Cannot knock on channel ("+mode+": "+r.Why+")")
	case state.Kicking:
		return errCannotKick.with(r.Channel, "Cannot kick ("+mode+": "+r.Why+")")
	}
	return errCannotSendToChan.with(r.Channel, "Cannot send to channel ("+mode+": "+r.Why+")"+c.endAndReason(r.Until, r.Reason))
}

func cannotRename(c *Call, r *state.Refusal) numeric {
	return errUnknownError.with(c.message.Command, renameText(r)+": "+r.Param)
}

func renameText(r *state.Refusal) string {
	if r.Why == "" {
		return "The channel name is already taken"
	}
	return r.Why
}

func talkClosed(_ *Call, r *state.Refusal) numeric {
	const text = "Only registered users can speak at the moment"
	switch {
	case r.Doing == state.ChangingNick:
		return errCannotChangeNick.with("Cannot change nickname: " + text)
	case r.Channel != "":
		return errCannotSendToChan.with(r.Channel, text)
	}
	return errCantSendToUser.with(r.Nick, text)
}

func badNick(c *Call, r *state.Refusal) numeric {
	text := "Erroneus nickname: letters, digits and -_[]{}\\`^| are allowed, with no digit or hyphen first"
	if most := c.config().Limits.NickLength; len(r.Nick) > most {
		text = "Erroneus nickname: at most " + itoa(most) + " characters"
	}
	return errErroneusNickname.with(excerpt(r.Nick), text)
}

func badModeParam(_ *Call, r *state.Refusal) numeric {
	return errInvalidModeParam.with(r.Channel, letterText(r.Mode), excerpt(r.Param), r.Why)
}

// letterText returns a mode letter in a printable form, because it may be any byte.
func letterText(letter byte) string {
	if letter <= ' ' || letter > '~' {
		return "?"
	}
	return string(rune(letter))
}

// echoable returns a user's word as a middle parameter of an answer, or "*" if it cannot be one. The last line of each
// listing contains the requested word, complete and as it was written, because clients wait for that word. The other
// lines of a listing contain the channel's current name instead, because clients identify the channel's window by it,
// both after a RENAME and after the PART and JOIN that replace one.
func echoable(word string) string {
	if len(word) > mostEchoed {
		return "*"
	}
	return middle(word)
}

// middle returns a word of any length as a middle parameter, or "*" if it cannot be one.
func middle(word string) string {
	if word == "" || word[0] == ':' || !noSpaces(word) {
		return "*"
	}
	return word
}

// mostEchoed bounds a word in an answer: it fits into a line with the longest names that may be configured, and would
// be cut otherwise. No name is that long.
const mostEchoed = 300

// mostNameBytes is the greatest length that may be configured for channel names, which can be longer than nicks.
const mostNameBytes = 128

// excerpt returns a word of a user for an answer whose text matters more than the word, which it shortens.
func excerpt(word string) string { return wire.Cut(middle(word), 64) }

func noSpaces(word string) bool {
	for i := 0; i < len(word); i++ {
		if word[i] == ' ' {
			return false
		}
	}
	return true
}
