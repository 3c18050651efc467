package config

import "net/netip"

// Limits bounds lengths (in bytes), numbers and rates.
type Limits struct {
	NickLength     int `toml:"nick_length" default:"30" min:"1" max:"64" doc:"The longest nick."`
	UserLength     int `toml:"user_length" default:"12" min:"1" max:"20" doc:"The longest user name (the part before the @)."`
	RealnameLength int `toml:"realname_length" default:"150" min:"1" max:"300" doc:"The longest real name."`
	ChannelLength  int `toml:"channel_length" default:"64" min:"2" max:"128" doc:"The longest channel name, its # counted."`
	TopicLength    int `toml:"topic_length" default:"307" min:"1" max:"390" doc:"The longest topic. Shorter when it would not fit in a line with the longest names."`
	KickLength     int `toml:"kick_length" default:"255" min:"1" max:"390" doc:"The longest reason of a KICK. Shorter when it would not fit in a line with the longest names."`
	AwayLength     int `toml:"away_length" default:"307" min:"1" max:"390" doc:"The longest AWAY message."`
	KeyLength      int `toml:"key_length" default:"32" min:"1" max:"64" doc:"The longest key (password) of a channel."`
	HostLength     int `toml:"host_length" default:"63" min:"10" max:"63" doc:"The longest host name shown for a user. When it is longer, the address is shown."`

	ChannelsPerUser    int `toml:"channels_per_user" default:"50" min:"1" max:"1000" doc:"How many channels a user may be in."`
	ListEntries        int `toml:"list_entries" default:"100" min:"1" max:"10000" doc:"How many bans, exceptions and invite exceptions a channel may have, all together."`
	ModesPerLine       int `toml:"modes_per_line" default:"20" min:"1" max:"50" doc:"How many mode changes with a parameter one MODE may have."`
	Targets            int `toml:"targets" default:"8" min:"1" max:"100" doc:"How many targets one PRIVMSG, NOTICE, KICK or the like may have."`
	WhoResults         int `toml:"who_results" default:"500" min:"0" max:"100000" doc:"How many users a WHO with a mask may answer; 0 is any number."`
	WhowasEntries      int `toml:"whowas_entries" default:"1000" min:"0" max:"100000" doc:"How many users who have left WHOWAS remembers, in all."`
	Monitor            int `toml:"monitor" default:"100" min:"1" max:"10000" doc:"How many nicks a client may watch with MONITOR."`
	ReadMarkers        int `toml:"read_markers" default:"250" min:"0" max:"1000" doc:"How many channels and people the server remembers for a user, or for an account, up to where he has read them; the one set longest ago goes first. 0 turns read markers off."`
	AccountReadMarkers int `toml:"account_read_markers" default:"200000" min:"1" max:"100000000" doc:"How many of these all accounts may have together. The account that has set none for the longest loses its oldest first."`
	InvitesPerUser     int `toml:"invites_per_user" default:"20" min:"1" max:"1000" doc:"How many open invitations a user may have; the oldest goes first."`

	SendQueue           Size     `toml:"send_queue" default:"1MiB" min:"32KiB" max:"256MiB" doc:"How much may wait to be sent to one client. One who falls further behind is disconnected; nobody else notices."`
	ReceiveQueue        Size     `toml:"receive_queue" default:"16KiB" min:"12KiB" max:"16MiB" doc:"How much of what one client has sent may wait while [flood] slows it down. One who sends more is disconnected."`
	RegistrationTimeout Duration `toml:"registration_timeout" default:"60s" min:"1s" max:"10m" doc:"How long a client may take from connecting to being welcomed."`
	LookupTimeout       Duration `toml:"lookup_timeout" default:"4s" min:"100ms" max:"30s" doc:"How long the welcome waits for what is looked up about a new connection, such as the name of its address."`
	PingInterval        Duration `toml:"ping_interval" default:"2m" min:"1s" max:"1h" doc:"A client that was silent for so long is asked whether it is still there."`
	PingTimeout         Duration `toml:"ping_timeout" default:"1m" min:"1s" max:"1h" doc:"How long it has to answer that."`
	WebSocketPing       Duration `toml:"websocket_ping" default:"45s" min:"0" max:"1h" doc:"How often a WebSocket client is sent a ping of the WebSocket itself, so that no proxy on the way takes the connection for dead; 0 is never. ping_interval holds besides."`
	WebSocketRequest    Size     `toml:"websocket_request" default:"16KiB" min:"1KiB" max:"1MiB" doc:"The longest request, headers and cookies included, that may open a WebSocket."`

	Clients               int            `toml:"clients" default:"10000" min:"1" max:"1000000" doc:"How many connections there may be at once."`
	ConnectionsPerAddress int            `toml:"connections_per_address" default:"50" min:"0" max:"1000000" doc:"How many connections one address may have at once; 0 is any number."`
	ConnectionRate        int            `toml:"connection_rate" default:"30" min:"0" max:"100000" doc:"How many new connections one address may make in a minute, and in one burst; 0 is any number."`
	IPv4Prefix            int            `toml:"ipv4_prefix" default:"32" min:"8" max:"32" doc:"How many bits of an IPv4 address count as one address for these two limits."`
	IPv6Prefix            int            `toml:"ipv6_prefix" default:"64" min:"16" max:"128" doc:"The same for IPv6, where one subscriber usually has a /64."`
	Exempt                []netip.Prefix `toml:"exempt" default:"127.0.0.0/8, ::1/128" max:"1000" doc:"Addresses (CIDR) that these two limits do not count."`
}

// Flood slows down clients that send too much.
type Flood struct {
	Enabled     bool `toml:"enabled" default:"true" doc:"Whether clients are slowed down at all."`
	Rate        int  `toml:"rate" default:"2" min:"1" max:"10000" doc:"How many units a client earns in a second."`
	Burst       int  `toml:"burst" default:"20" min:"1" max:"100000" doc:"How many units a client that was quiet may spend at once."`
	ExemptOpers bool `toml:"exempt_opers" default:"true" doc:"Whether IRC operators are never slowed down."`
}
