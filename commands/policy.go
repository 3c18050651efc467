package commands

import (
	"strings"

	"bavard/config"
	"bavard/state"
	"bavard/wire"
)

// policyOf returns the part of the configuration that the state depends on. The lengths of texts are limited to what
// fits into a line with the longest names, so that 005 never promises too much.
func policyOf(cfg *config.Config) state.Policy {
	multilineBytes, multilineLines := cfg.Multiline()
	limits, channels := &cfg.Limits, &cfg.Channels
	source := limits.NickLength + limits.UserLength + limits.HostLength + len(":!@ ")
	line := wire.MaxLineBytes - len("\r\n")
	return state.Policy{
		Casemapping: state.Casemapping(cfg.Server.Casemapping), Ranks: channels.Ranks,
		Classic:        channels.Hierarchy == config.HierarchyClassic,
		OperatorsGrant: channels.WhoGrants == config.GrantsOperator,
		ChannelModes:   defaultModes(cfg), UserModes: cfg.Users.DefaultModes,
		NickBytes: limits.NickLength, UserBytes: limits.UserLength, RealnameBytes: limits.RealnameLength,
		ChannelBytes: limits.ChannelLength, KeyBytes: limits.KeyLength, ChannelsPerUser: limits.ChannelsPerUser,
		TopicBytes:  min(limits.TopicLength, line-source-len("TOPIC  :")-limits.ChannelLength),
		KickBytes:   min(limits.KickLength, line-source-len("KICK   :")-limits.ChannelLength-limits.NickLength),
		AwayBytes:   min(limits.AwayLength, line-source-len("AWAY :"), line-len(":  301   :")-len(cfg.Server.Name)-2*limits.NickLength),
		MaskBytes:   min(200, line-len(":  367     1234567890")-len(cfg.Server.Name)-limits.NickLength-limits.ChannelLength-source),
		ListEntries: limits.ListEntries, ListBytes: int(limits.ListBytes), InvitesPerUser: limits.InvitesPerUser, WhowasEntries: limits.WhowasEntries,
		RenameRedirect: int64(channels.RenameRedirect), RenameCooldown: int64(channels.RenameCooldown),
		ServerBans: cfg.Bans.Entries, BanPercent: cfg.Bans.MostHit,
		Defcon4: measures(cfg.Defcon.Level4), Defcon3: measures(cfg.Defcon.Level3),
		Defcon2: measures(cfg.Defcon.Level2), Defcon1: measures(cfg.Defcon.Level1),
		MetadataKeys: cfg.Metadata.MaxKeys, MetadataKeyBytes: cfg.Metadata.MaxKeyBytes,
		MetadataValueBytes: metadataValueBytes(cfg), MetadataAllowed: cfg.Metadata.AllowedKeys,
		Relay: relayingOf(cfg), Roleplay: state.Roleplaying{Enabled: cfg.Roleplay.Enabled, Rank: state.RankNamed(cfg.Roleplay.Who), Suffix: cfg.Roleplay.Suffix},
		ReadMarkers: limits.ReadMarkers, AccountReadMarkers: limits.AccountReadMarkers, RedactWindow: int64(cfg.Messages.RedactWindow),
		FilterScore: cfg.Filter.Score, FilterWindow: int64(cfg.Filter.Window),
		MultilineBytes: multilineBytes, MultilineLines: multilineLines,
	}
}

// defaultModes returns the modes of new channels.
func defaultModes(cfg *config.Config) string {
	modes := cfg.Channels.DefaultModes
	if cfg.History.SinceJoining && !strings.ContainsRune(modes, state.ClosedHistory) {
		modes += string(state.ClosedHistory)
	}
	return modes
}
