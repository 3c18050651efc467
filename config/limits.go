package config

import "net/netip"

// Limits bounds lengths (in bytes), numbers and rates.
type Limits struct {
	NickLength     int `toml:"nick_length" default:"30" min:"1" max:"64" doc:"Maximum length of a nick."`
	UserLength     int `toml:"user_length" default:"12" min:"1" max:"20" doc:"Maximum length of a user name (the part before the @)."`
	RealnameLength int `toml:"realname_length" default:"150" min:"1" max:"300" doc:"Maximum length of a real name."`
	ChannelLength  int `toml:"channel_length" default:"64" min:"2" max:"128" doc:"Maximum length of a channel name, including the #."`
	TopicLength    int `toml:"topic_length" default:"307" min:"1" max:"390" doc:"Maximum length of a topic. The actual limit is lower if such a topic would not fit in a line with the longest names."`
	KickLength     int `toml:"kick_length" default:"255" min:"1" max:"390" doc:"Maximum length of a KICK reason. The actual limit is lower if such a reason would not fit in a line with the longest names."`
	AwayLength     int `toml:"away_length" default:"307" min:"1" max:"390" doc:"Maximum length of an AWAY message."`
	KeyLength      int `toml:"key_length" default:"32" min:"1" max:"64" doc:"Maximum length of a channel key (password)."`
	HostLength     int `toml:"host_length" default:"63" min:"10" max:"63" doc:"Maximum length of a host name shown for a user. If the name is longer, the address is shown instead."`

	ChannelsPerUser    int  `toml:"channels_per_user" default:"50" min:"1" max:"1000" doc:"How many channels a user can be in."`
	ListEntries        int  `toml:"list_entries" default:"100" min:"1" max:"10000" doc:"How many bans, exceptions, invite exceptions and other list entries a channel can have in total."`
	ListBytes          Size `toml:"list_bytes" default:"16KiB" min:"1KiB" max:"1MiB" doc:"How much text all these entries of a channel can have in total: masks, who set them, and reasons."`
	ModesPerLine       int  `toml:"modes_per_line" default:"20" min:"1" max:"50" doc:"How many mode changes with a parameter one MODE command can contain."`
	Targets            int  `toml:"targets" default:"8" min:"1" max:"100" doc:"How many targets one PRIVMSG, NOTICE, KICK or similar command can have."`
	WhoResults         int  `toml:"who_results" default:"500" min:"0" max:"100000" doc:"How many users WHO with a mask can list; 0 means no limit."`
	WhowasEntries      int  `toml:"whowas_entries" default:"1000" min:"0" max:"100000" doc:"How many users who have left WHOWAS remembers in total."`
	Monitor            int  `toml:"monitor" default:"100" min:"1" max:"10000" doc:"How many nicks a client can watch with MONITOR."`
	ReadMarkers        int  `toml:"read_markers" default:"250" min:"0" max:"1000" doc:"How many read markers a user or an account can have. A read marker says up to which message a channel or a private conversation was read. When a new one is set beyond this limit, the one that was set longest ago is dropped. 0 turns read markers off."`
	AccountReadMarkers int  `toml:"account_read_markers" default:"200000" min:"1" max:"100000000" doc:"How many read markers all accounts can have in total. Beyond this limit, the account that has gone longest without setting one loses its oldest first."`
	InvitesPerUser     int  `toml:"invites_per_user" default:"20" min:"1" max:"1000" doc:"How many pending invitations a user can have. Beyond this limit, the oldest is dropped."`

	SendQueue           Size     `toml:"send_queue" default:"1MiB" min:"32KiB" max:"256MiB" doc:"How much data can be queued for one client. A client that falls further behind is disconnected; others are not affected."`
	ReceiveQueue        Size     `toml:"receive_queue" default:"16KiB" min:"12KiB" max:"16MiB" doc:"How much received data can be queued for one client while flood control slows it down. A client that sends more is disconnected."`
	RegistrationTimeout Duration `toml:"registration_timeout" default:"60s" min:"1s" max:"10m" doc:"How long a client has to complete registration after connecting."`
	LookupTimeout       Duration `toml:"lookup_timeout" default:"4s" min:"100ms" max:"30s" doc:"How long registration waits for lookups about a new connection, such as its host name."`
	PingInterval        Duration `toml:"ping_interval" default:"2m" min:"1s" max:"1h" doc:"How long a client can be silent before the server sends it a PING."`
	PingTimeout         Duration `toml:"ping_timeout" default:"1m" min:"1s" max:"1h" doc:"How long the client then has to answer."`
	WebSocketPing       Duration `toml:"websocket_ping" default:"45s" min:"0" max:"1h" doc:"How often the server sends WebSocket clients a WebSocket ping, so that no proxy in between closes an idle connection; 0 means never. ping_interval applies as well."`
	WebSocketRequest    Size     `toml:"websocket_request" default:"16KiB" min:"1KiB" max:"1MiB" doc:"Maximum size of the HTTP request that opens a WebSocket, including headers and cookies."`

	Clients               int            `toml:"clients" default:"10000" min:"1" max:"1000000" doc:"How many connections there can be at once."`
	ConnectionsPerAddress int            `toml:"connections_per_address" default:"50" min:"0" max:"1000000" doc:"How many connections one address can have at once; 0 means no limit."`
	ConnectionRate        int            `toml:"connection_rate" default:"30" min:"0" max:"100000" doc:"How many new connections one address can make in a minute, and in one burst; 0 means no limit."`
	IPv4Prefix            int            `toml:"ipv4_prefix" default:"32" min:"8" max:"32" doc:"For these two limits, how many leading bits make IPv4 addresses count as the same address."`
	IPv6Prefix            int            `toml:"ipv6_prefix" default:"64" min:"16" max:"128" doc:"The same for IPv6, where one subscriber usually has a /64."`
	Exempt                []netip.Prefix `toml:"exempt" default:"127.0.0.0/8, ::1/128" max:"1000" doc:"Networks (CIDR) that these two limits do not apply to."`
}

// Flood slows down clients that send too much.
type Flood struct {
	Enabled     bool `toml:"enabled" default:"true" doc:"Turn flood control on."`
	Rate        int  `toml:"rate" default:"2" min:"1" max:"10000" doc:"How many units a client earns per second."`
	Burst       int  `toml:"burst" default:"20" min:"1" max:"100000" doc:"How many units a client can save up, and so spend at once."`
	ExemptOpers bool `toml:"exempt_opers" default:"true" doc:"Never slow down IRC operators."`
}
