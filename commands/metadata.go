package commands

import "bavard/state"

// metadataTexts are the words of the refusals.
// https://ircv3.net/specs/extensions/metadata#standard-replies
var metadataTexts = map[state.Code]string{
	state.NoMetadataTarget: "There is no such user or channel",
	state.BadMetadataKey:   "A key has only a-z, 0-9 and _./-",
	state.BadMetadataValue: "The value is too long or not UTF-8",
	state.MetadataDenied:   "You may not set that",
	state.MetadataNotSet:   "That key is not set",
	state.MetadataFull:     "There are as many keys as there may be",
}

// metadataNumeric is for the table of refusals: METADATA itself answers with standard replies.
func metadataNumeric(c *Call, r *state.Refusal) numeric {
	return errUnknownError.with(c.message.Command, metadataTexts[r.Code])
}
