package commands

import "bavard/wire"

// numeric is a reply with its parameters.
type numeric struct {
	code   string
	params []string
	words  bool // the last parameter is not free text
}

// numeric queues a numeric for this client.
// https://modern.ircdocs.horse/#numeric-replies
func (c *Client) numeric(out *outbox, n numeric) { c.say(out, c.numericLine(n)) }

func (c *Client) numericLine(n numeric) wire.Line {
	params := make([]string, 0, 1+len(n.params))
	l := c.fromServer(n.code, append(append(params, c.nick()), n.params...)...)
	l.Text = !n.words
	return l
}

// The type of a row fixes the number of parameters, which "with" takes. The last parameter of a numeric row is the
// row's own text. Rows named free end with a text that is passed to with, and rows named words end with a word. params
// names the kinds of these parameters, after the client's nick: TestNumericsFit has the greatest length of each kind,
// and checks that only text can be cut at the end of a line. A kind with dots is a list of words, which is continued on
// further lines.
type (
	numeric0 struct{ code, text string }
	numeric1 struct{ code, params, text string }
	numeric2 struct{ code, params, text string }
	numeric3 struct{ code, params, text string }
	words1   struct{ code, params string }
	words2   struct{ code, params string }
	words3   struct{ code, params string }
	words4   struct{ code, params string }
	words5   struct{ code, params string }
	wordsN   struct{ code, params string }
	free1    struct{ code, params string }
	free2    struct{ code, params string }
	free3    struct{ code, params string }
	free4    struct{ code, params string }
	free5    struct{ code, params string }
	free7    struct{ code, params string }
	freeN    struct{ code, params string }
)

func (n numeric0) with() numeric         { return numeric{code: n.code, params: []string{n.text}} }
func (n numeric1) with(a string) numeric { return numeric{code: n.code, params: []string{a, n.text}} }
func (n numeric2) with(a, b string) numeric {
	return numeric{code: n.code, params: []string{a, b, n.text}}
}
func (n numeric3) with(a, b, c string) numeric {
	return numeric{code: n.code, params: []string{a, b, c, n.text}}
}
func (n words1) with(a string) numeric          { return numeric{n.code, []string{a}, true} }
func (n words2) with(a, b string) numeric       { return numeric{n.code, []string{a, b}, true} }
func (n words3) with(a, b, c string) numeric    { return numeric{n.code, []string{a, b, c}, true} }
func (n words4) with(a, b, c, d string) numeric { return numeric{n.code, []string{a, b, c, d}, true} }
func (n words5) with(a, b, c, d, e string) numeric {
	return numeric{n.code, []string{a, b, c, d, e}, true}
}
func (n wordsN) with(params ...string) numeric { return numeric{n.code, params, true} }
func (n free1) with(a string) numeric          { return numeric{code: n.code, params: []string{a}} }
func (n free2) with(a, b string) numeric       { return numeric{code: n.code, params: []string{a, b}} }
func (n free3) with(a, b, c string) numeric    { return numeric{code: n.code, params: []string{a, b, c}} }
func (n free4) with(a, b, c, d string) numeric {
	return numeric{code: n.code, params: []string{a, b, c, d}}
}
func (n free5) with(a, b, c, d, e string) numeric {
	return numeric{code: n.code, params: []string{a, b, c, d, e}}
}
func (n freeN) with(params ...string) numeric { return numeric{code: n.code, params: params} }
func (n free7) with(a, b, c, d, e, f, g string) numeric {
	return numeric{code: n.code, params: []string{a, b, c, d, e, f, g}}
}

// The table of numerics, with the names of https://modern.ircdocs.horse/#numerics.
var (
	rplWelcome       = free1{"001", "text"}
	rplYourHost      = free1{"002", "text"}
	rplCreated       = free1{"003", "text"}
	rplMyInfo        = wordsN{"004", "server version usermodes channelmodes parammodes"}
	rplIsupport      = freeN{"005", "tokens... text"}
	rplSnomask       = numeric1{"008", "snomasks", "Server notice mask"}
	rplMap           = free1{"006", "text"}
	rplMapEnd        = numeric0{"007", "End of /MAP"}
	rplTraceOper     = words5{"204", "kind class who address seconds"}
	rplTraceUser     = words5{"205", "kind class who address seconds"}
	rplStatsLink     = words4{"211", "who listener seconds seconds"}
	rplStatsCommands = words2{"212", "verb number"}
	rplStatsKline    = free5{"216", "letter target * source text"}
	rplStatsIline    = words5{"215", "letter network listeners tls class"}
	rplStatsYline    = wordsN{"218", "letter class number number number number"}
	rplEndOfStats    = numeric1{"219", "asked", "End of /STATS report"}
	rplUmodeIs       = words1{"221", "usermodes"}
	rplRules         = free1{"232", "text"}
	rplStatsUptime   = free1{"242", "text"}
	rplStatsOline    = words5{"243", "letter hostmask * opername class"}
	rplStatsDebug    = free2{"249", "letter text"}
	rplStatsConn     = free1{"250", "text"}
	rplLuserClient   = free1{"251", "text"}
	rplLuserOp       = numeric1{"252", "number", "IRC operators online"}
	rplLuserUnknown  = numeric1{"253", "number", "unregistered connections"}
	rplLuserChannels = numeric1{"254", "number", "channels formed"}
	rplLuserMe       = free1{"255", "text"}
	rplAdminMe       = numeric1{"256", "server", "Administrative info"}
	rplAdminLoc1     = free1{"257", "text"}
	rplAdminLoc2     = free1{"258", "text"}
	rplAdminEmail    = free1{"259", "text"}
	rplTraceEnd      = numeric2{"262", "server version", "End of TRACE"}
	rplLocalUsers    = free3{"265", "number number text"}
	rplGlobalUsers   = free3{"266", "number number text"}
	rplWhoisSpecial  = free2{"320", "nick text"}
	rplWhoisCertFP   = free2{"276", "nick fingerprint"}
	rplSileList      = words2{"271", "nick mask"}
	rplEndOfSileList = numeric0{"272", "End of Silence List"}
	rplAcceptList    = free1{"281", "nicks..."}
	rplEndOfAccept   = numeric0{"282", "End of /ACCEPT list."}
	rplAway          = free2{"301", "nick message"}
	rplUserhost      = free1{"302", "userhosts..."}
	rplIson          = free1{"303", "nicks..."}
	rplUnaway        = numeric0{"305", "You are no longer marked as being away"}
	rplNowAway       = numeric0{"306", "You have been marked as being away"}
	rplRulesStart    = free1{"308", "text"}
	rplEndOfRules    = numeric0{"309", "End of /RULES command."}
	rplWhoisUser     = free5{"311", "nick user host * text"}
	rplWhoisServer   = free3{"312", "nick server text"}
	rplWhoisOperator = free2{"313", "nick text"}
	rplWhowasUser    = free5{"314", "nick user host * text"}
	rplEndOfWho      = numeric1{"315", "asked", "End of WHO list"}
	rplWhoisIdle     = numeric3{"317", "nick seconds seconds", "seconds idle, signon time"}
	rplEndOfWhois    = numeric1{"318", "asked", "End of /WHOIS list"}
	rplWhoisChannels = free2{"319", "nick channels..."}
	rplListStart     = numeric1{"321", "word", "Users  Name"}
	rplList          = free3{"322", "channel number text"}
	rplListEnd       = numeric0{"323", "End of /LIST"}
	rplChannelModeIs = wordsN{"324", "channel modes..."}
	rplCreationTime  = words2{"329", "channel seconds"}
	rplWhoisAccount  = numeric2{"330", "nick account", "is logged in as"}
	rplNoTopic       = numeric1{"331", "channel", "No topic is set"}
	rplTopic         = free2{"332", "channel topic"}
	rplTopicWhoTime  = words3{"333", "channel source seconds"}
	rplWhoisBot      = numeric1{"335", "nick", "is a bot"}
	rplInviteList    = words1{"336", "channel"}
	rplEndInviteList = numeric0{"337", "End of /INVITE list"}
	rplWhoisActually = numeric3{"338", "nick userhost address", "is actually using host"}
	rplInviting      = words2{"341", "nick channel"}
	rplVersion       = free3{"351", "version server text"}
	rplWhoReply      = free7{"352", "channel user host server nick flags hops"}
	rplNamReply      = free3{"353", "symbol channel names..."}
	rplWhospcrpl     = wordsN{"354", "fields..."}
	rplUserIP        = free1{"340", "userhosts..."}
	rplLinks         = free3{"364", "server server hops"}
	rplEndOfLinks    = numeric1{"365", "asked", "End of /LINKS list"}
	rplEndOfNames    = numeric1{"366", "asked", "End of /NAMES list"}
	rplEndOfWhowas   = numeric1{"369", "asked", "End of WHOWAS"}
	rplInfo          = free1{"371", "text"}
	rplMotd          = free1{"372", "text"}
	rplEndOfInfo     = numeric0{"374", "End of INFO list"}
	rplMotdStart     = free1{"375", "text"}
	rplEndOfMotd     = numeric0{"376", "End of /MOTD command."}
	rplWhoisModes    = free2{"379", "nick text"}
	rplYoureOper     = numeric0{"381", "You are now an IRC operator"}
	rplNotOper       = numeric0{"385", "You are no longer an IRC operator"}
	rplIrcOps        = free1{"386", "text"}
	rplEndOfIrcOps   = numeric0{"387", "End of /IRCOPS."}
	rplHostHidden    = numeric1{"396", "host", "is now your displayed host"}
	rplRehashing     = numeric1{"382", "file", "Rehashing"}
	rplTime          = free4{"391", "server seconds number text"}
	rplWhoisSecure   = numeric1{"671", "nick", "is using a secure connection"}
	rplCommands      = words2{"702", "verb number"}
	rplCommandsEnd   = numeric0{"703", "End of COMMANDS list"}
	rplHelpStart     = free2{"704", "subject text"}
	rplHelpTxt       = free2{"705", "subject text"}
	rplEndOfHelp     = free2{"706", "subject text"}

	errUnknownError      = free2{"400", "verb text"}
	errNoSuchNick        = numeric1{"401", "asked", "No such nick/channel"}
	errNoSuchServer      = numeric1{"402", "asked", "No such server"}
	errNoSuchChannel     = numeric1{"403", "asked", "No such channel"}
	errCannotSendToChan  = free2{"404", "channel text"}
	errTooManyChannels   = numeric1{"405", "asked", "You have joined too many channels"}
	errWasNoSuchNick     = numeric1{"406", "asked", "There was no such nickname"}
	errTooManyTargets    = numeric1{"407", "excerpt", "Too many targets: this one and those after it were left out"}
	errNoOrigin          = numeric0{"409", "No origin specified"}
	errInvalidCapCmd     = numeric1{"410", "asked", "Invalid CAP command"}
	errNoRecipient       = free1{"411", "text"}
	errNoTextToSend      = numeric0{"412", "No text to send"}
	errInputTooLong      = numeric0{"417", "Input line was too long"}
	errUnknownCommand    = free2{"421", "unknownverb text"}
	errNoMotd            = numeric0{"422", "MOTD File is missing"}
	errNoAdminInfo       = numeric1{"423", "server", "No administrative info available"}
	errNoOperMotd        = numeric0{"425", "OPERMOTD is missing"}
	errNoNicknameGiven   = numeric0{"431", "No nickname given"}
	errErroneusNickname  = free2{"432", "excerpt text"}
	errNicknameInUse     = numeric1{"433", "nick", "Nickname is already in use"}
	errNoRules           = numeric0{"434", "RULES are missing"}
	errBanOnChan         = numeric2{"435", "excerpt channel", "Cannot change nickname while banned on channel"}
	errUserNotInChannel  = numeric2{"441", "name channel", "They aren't on that channel"}
	errNotOnChannel      = numeric1{"442", "channel", "You're not on that channel"}
	errNoCurrentChannel  = numeric1{"442", "*", "You are not in a channel: join one or name one"}
	errUserOnChannel     = numeric2{"443", "nick channel", "is already on channel"}
	errCannotChangeNick  = free1{"447", "text"}
	errNotRegistered     = numeric0{"451", "You have not registered"}
	errTooManyHeld       = numeric0{"451", "You have not registered: too many commands are already waiting for registration, so this one was dropped"}
	errAcceptFull        = numeric0{"456", "Accept list is full"}
	errAcceptExist       = numeric1{"457", "nick", "is already on your accept list"}
	errAcceptNot         = numeric1{"458", "asked", "is not on your accept list"}
	errNeedMoreParams    = free2{"461", "verb text"}
	errAlreadyRegistered = numeric0{"462", "You may not reregister"}
	errPasswdMismatch    = free1{"464", "text"}
	errYoureBannedCreep  = free1{"465", "text"}
	errForwarded         = numeric2{"470", "channel channel", "Forwarding to another channel"}
	errLinkChannel       = numeric2{"470", "channel channel", "The channel has been renamed"}
	errUnknownMode       = numeric1{"472", "letter", "is unknown mode char to me"}
	errBadChanMask       = free2{"476", "excerpt text"}
	errBanListFull       = numeric2{"478", "channel letter", "Channel list is full"}
	errBadChanName       = free2{"479", "excerpt text"}
	errCannotKnock       = free2{"480", "channel text"}
	errCannotSendRP      = free2{"573", "excerpt text"}
	errNeedReggedNick    = free2{"477", "nick text"}
	errNoPrivileges      = numeric0{"481", "Permission Denied- You're not an IRC operator"}
	errChanOPrivsNeeded  = free2{"482", "channel text"}
	errCantKillServer    = numeric0{"483", "You cant kill a server!"}
	errCannotKick        = free2{"484", "channel text"}
	errUnknownSnomask    = numeric1{"501", "letter", "is unknown server notice mask char to me"}
	errUmodeUnknownFlag  = numeric0{"501", "Unknown MODE flag"}
	errUsersDontMatch    = numeric0{"502", "Cant change mode for other users"}
	errSileListFull      = numeric1{"511", "mask", "Your SILENCE list is full"}
	errHelpNotFound      = numeric1{"524", "subject", "No help available on this topic"}
	errCantSendToUser    = free2{"531", "nick text"}
	errTargUmodeG        = numeric1{"716", "nick", "is in +g mode (server-side ignore)."}
	rplTargNotify        = numeric1{"717", "nick", "is informed of this, at most once a minute."}
	rplUmodeGMsg         = numeric2{"718", "nick userhost", "is messaging you, and you have user mode +g. Use ACCEPT to let them."}
	errInvalidModeParam  = free4{"696", "channel letter excerpt text"}
	rplKnock             = numeric2{"710", "channel source", "has asked for an invite."}
	rplKnockDlvr         = numeric1{"711", "channel", "Your KNOCK has been delivered."}
	errTooManyKnock      = numeric1{"712", "channel", "Too many KNOCKs: wait a minute."}
	errChanOpen          = numeric1{"713", "channel", "Channel is open."}
	errKnockOnChan       = numeric1{"714", "channel", "You are already on that channel."}
	rplOmotdStart        = free1{"720", "text"}
	rplOmotd             = free1{"721", "text"}
	rplEndOfOmotd        = numeric0{"722", "End of OPERMOTD."}
	errNoPrivs           = numeric1{"723", "privilege", "Insufficient oper privileges."}
	rplWhoisKeyValue     = free4{"760", "nick key visibility value"}
	rplKeyValue          = free4{"761", "channel key visibility value"}
	rplKeyNotSet         = numeric2{"766", "channel key", "key not set"}
	rplMetadataSubOK     = wordsN{"770", "keys..."}
	rplMetadataUnsubOK   = wordsN{"771", "keys..."}
	rplMetadataSubs      = wordsN{"772", "keys..."}
	rplMetadataSyncLater = wordsN{"774", "channel seconds"}
	rplMonOnline         = free1{"730", "sources..."}
	rplMonOffline        = free1{"731", "nicks..."}
	rplMonList           = free1{"732", "nicks..."}
	rplEndOfMonList      = numeric0{"733", "End of MONITOR list"}
	errMonListFull       = numeric2{"734", "number nicks...", "Monitor list is full."}
	rplLoggedIn          = free3{"900", "source account text"}
	rplLoggedOut         = numeric1{"901", "source", "You are now logged out"}
	errNickLocked        = numeric0{"902", "You must use a nick assigned to you"}
	rplSaslSuccess       = numeric0{"903", "SASL authentication successful"}
	errSaslFail          = free1{"904", "text"}
	errSaslTooLong       = numeric0{"905", "SASL message too long"}
	errSaslAborted       = numeric0{"906", "SASL authentication aborted"}
	errSaslAlready       = numeric0{"907", "You have already authenticated using SASL"}
	rplSaslMechs         = numeric1{"908", "mechanisms", "are available SASL mechanisms"}
)

// Numerics whose codes are in the rows of the modes.

// errCannotJoin: 471, 473 to 475 and their like.
func errCannotJoin(code string) free2 { return free2{code, "channel text"} }

// rplModeList is one entry of a list mode: 346, 348, 367 and their like.
func rplModeList(code string) words4 { return words4{code, "channel mask source seconds"} }

// rplEndOfModeList: 347, 349, 368 and their like.
func rplEndOfModeList(code string) free2 { return free2{code, "asked text"} }
