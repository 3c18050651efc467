package config

// Messages says what may be said at once, and what becomes of it.
type Messages struct {
	MultilineBytes Size     `toml:"multiline_bytes" default:"4KiB" min:"0" max:"1MiB" doc:"How long a multiline message may be, its line breaks counted, for clients that know them (draft/multiline). Less where a fourth of a send queue, or half of limits.receive_queue, would not hold it. 0 turns them off."`
	MultilineLines int      `toml:"multiline_lines" default:"100" min:"0" max:"10000" doc:"How many lines a multiline message may have. Fewer where the queues would not hold them. 0 turns them off. A line costs half a unit of [flood]."`
	BatchTimeout   Duration `toml:"batch_timeout" default:"30s" min:"1s" max:"10m" doc:"How long a client may take from the first line of a batch, such as a multiline message, to the last."`

	Redaction    bool     `toml:"redaction" default:"true" doc:"Whether messages may be deleted (REDACT): by who has said them, in a channel also by its operators if they stand above him, and by IRC operators with the privilege. Only what [history] still has can be deleted."`
	RedactWindow Duration `toml:"redact_window" default:"24h" min:"0" max:"365d" doc:"How long who has said something may delete it; operators may at any time. 0 is without an end."`
}

// What a line of a multiline message takes beside its text, in bytes: in what a client sends, at most usually, and in what
// is sent to others, at most.
const (
	inputLineBytes  = 80
	outputLineBytes = 768
)

// Multiline is how many bytes and lines a multiline message may have: as many as [messages] says, but no more than fit in
// a part of each queue, so that who sends or gets one is not disconnected for it. 0 and 0: there are none.
// https://ircv3.net/specs/extensions/multiline#server-implementation-considerations
func (cfg *Config) Multiline() (mostBytes, mostLines int) {
	sent := int(cfg.Limits.SendQueue)
	for i := range cfg.Classes {
		if own := int(cfg.Classes[i].SendQueue); own > 0 {
			sent = min(sent, own)
		}
	}
	received := int(cfg.Limits.ReceiveQueue)
	mostBytes = min(int(cfg.Messages.MultilineBytes), sent/4, received/2)
	mostLines = min(cfg.Messages.MultilineLines, sent/4/outputLineBytes, received/2/inputLineBytes)
	if mostBytes == 0 || mostLines == 0 {
		return 0, 0
	}
	return mostBytes, mostLines
}
