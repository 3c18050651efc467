package config

// Messages holds the limits of multiline messages, and the rules for deleting messages.
type Messages struct {
	MultilineBytes Size     `toml:"multiline_bytes" default:"4KiB" min:"0" max:"1MiB" doc:"Maximum size of a multiline message (draft/multiline), including its line breaks. The actual limit is lower if such a message would take more than a quarter of a send queue or half of limits.receive_queue. 0 turns multiline messages off."`
	MultilineLines int      `toml:"multiline_lines" default:"100" min:"0" max:"10000" doc:"Maximum number of lines in a multiline message. The actual limit is lower if the queues could not hold so many. 0 turns multiline messages off. Each line costs half a unit of [flood]."`
	BatchTimeout   Duration `toml:"batch_timeout" default:"30s" min:"1s" max:"10m" doc:"How long a client can take to send a batch, such as a multiline message, from its first line to its last."`

	Redaction    bool     `toml:"redaction" default:"true" doc:"Let messages be deleted (REDACT) by their authors, by channel operators who rank above the author, and by IRC operators with the privilege 'redact'. Only messages that [history] still has can be deleted."`
	RedactWindow Duration `toml:"redact_window" default:"24h" min:"0" max:"365d" doc:"How long authors can delete a message after sending it; operators can at any time. 0 means no limit."`
}

// The overhead per line of a multiline message, in bytes: a usual upper bound for what a client sends, and an upper
// bound for what the server sends to others.
const (
	inputLineBytes  = 80
	outputLineBytes = 768
)

// Multiline returns how many bytes and lines a multiline message can have. The limits in [messages] apply, but a
// message must also fit in a part of each queue, so that nobody is disconnected for sending or receiving one. If
// multiline messages are off, Multiline returns 0 and 0.
// https://ircv3.net/specs/extensions/multiline#server-implementation-considerations
func (cfg *Config) Multiline() (mostBytes, mostLines int) {
	sent, received := cfg.SmallestSendQueue(), int(cfg.Limits.ReceiveQueue)
	mostBytes = min(int(cfg.Messages.MultilineBytes), sent/4, received/2)
	mostLines = min(cfg.Messages.MultilineLines, sent/4/outputLineBytes, received/2/inputLineBytes)
	if mostBytes == 0 || mostLines == 0 {
		return 0, 0
	}
	return mostBytes, mostLines
}

// SmallestSendQueue returns the size of the smallest send queue that any client has, in bytes.
func (cfg *Config) SmallestSendQueue() int {
	least := int(cfg.Limits.SendQueue)
	for i := range cfg.Classes {
		if own := int(cfg.Classes[i].SendQueue); own > 0 {
			least = min(least, own)
		}
	}
	return least
}
