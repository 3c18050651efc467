package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"bavard/order/journal"
	"bavard/state"
	"bavard/storage"
)

type exportCommand struct {
	File   string `arg:"" help:"The file to write, which must not exist; - is standard output."`
	Config string `short:"c" placeholder:"FILE" help:"The configuration file (by default config.toml in the working directory)."`
}

// Help returns the text for --help.
func (exportCommand) Help() string {
	return "Writes channels, accounts, server bans, filters and history as JSON lines, for other programs. docs/storage.md describes them. The server may run. " +
		"An export cannot be restored; see the command backup."
}

// Run writes the export.
func (e exportCommand) Run(env environment) error {
	cfg, err := configuration(e.Config)
	if err != nil {
		return err
	}
	if cfg.Storage.Path == "" {
		return fmt.Errorf("nothing was exported: %w", errNothingKept)
	}
	report, end := showProgress(env.stderr)
	defer end()
	if e.File == "-" {
		if err := exportTo(context.Background(), env.stdout, cfg.Storage.Path, cfg.Server.Name, report); err != nil {
			return fmt.Errorf("the export is not complete: %w", err)
		}
		return nil
	}
	f, err := os.OpenFile(e.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("nothing was exported: cannot write %s: %w", e.File, plain(err))
	}
	err = exportTo(context.Background(), f, cfg.Storage.Path, cfg.Server.Name, report)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("nothing was exported: %w", errors.Join(err, os.Remove(e.File)))
	}
	return nil
}

// exportVersion is the version of the format. It increases when a reader of earlier versions would misunderstand a
// line. New types of lines and new fields can be added without that.
const exportVersion = 1

// The lines of an export. Each has a type; docs/storage.md explains the fields.
type (
	exportHeader struct {
		Type    string `json:"type"`
		Version int    `json:"version"`
		Program string `json:"program"`
		Server  string `json:"server"`
		Time    string `json:"time"`
		Last    uint64 `json:"last_operation"`
	}
	exportAccount struct {
		Type string `json:"type"`
		ID   uint64 `json:"id"`
		Name string `json:"name"`
	}
	exportChannel struct {
		Type     string                       `json:"type"`
		ID       uint64                       `json:"id"`
		Name     string                       `json:"name"`
		Created  string                       `json:"created"`
		Topic    *exportTopic                 `json:"topic,omitempty"`
		Modes    string                       `json:"modes"`
		Params   []string                     `json:"mode_params,omitempty"`
		Lists    map[string][]exportListEntry `json:"lists,omitempty"`
		Members  []exportMember               `json:"members,omitempty"`
		Metadata map[string]string            `json:"metadata,omitempty"`
	}
	exportTopic struct {
		Text string `json:"text"`
		By   string `json:"by"`
		Time string `json:"time"`
	}
	exportListEntry struct {
		Mask   string `json:"mask"`
		By     string `json:"by"`
		Time   string `json:"time"`
		Until  string `json:"until,omitempty"`
		Reason string `json:"reason,omitempty"`
	}
	exportMember struct {
		Nick    string `json:"nick"`
		Account string `json:"account,omitempty"`
		Ranks   string `json:"ranks,omitempty"`
	}
	exportBan struct {
		Type   string `json:"type"`
		Kind   string `json:"kind"`
		Target string `json:"target"`
		By     string `json:"by"`
		Time   string `json:"time"`
		Until  string `json:"until,omitempty"`
		Reason string `json:"reason,omitempty"`
	}
	exportFilter struct {
		Type    string `json:"type"`
		Pattern string `json:"pattern"`
		Action  string `json:"action"`
		Score   int    `json:"score,omitempty"`
		Seconds int64  `json:"ban_seconds,omitempty"`
		By      string `json:"by"`
		Time    string `json:"time"`
		Reason  string `json:"reason,omitempty"`
	}
)

// exporter writes the lines of an export.
type exporter struct {
	to    *json.Encoder
	state *state.State
	// running says whether a daemon uses the folder. If none does, channels have no members, although only the next start
	// records that.
	running bool
}

// exportTo writes everything as JSON lines. First comes what the journal contains, then the history.
func exportTo(ctx context.Context, w io.Writer, folder, server string, report progress) error {
	running := journal.User(filepath.Join(folder, journalFolder)) != ""
	r, err := replay(folder, report)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(w, 1<<16)
	x := &exporter{to: json.NewEncoder(buffered), state: r.state, running: running}
	x.to.SetEscapeHTML(false)
	err = x.to.Encode(exportHeader{"bavard-export", exportVersion, version, server, exportTime(time.Now().UnixNano()), r.Last})
	for _, part := range []func() error{x.accounts, x.channels, x.bans, x.filters, func() error { return x.history(ctx, folder, report) }} {
		if err == nil {
			err = part()
		}
	}
	return errors.Join(err, buffered.Flush())
}

// exportTime is a time of day as in server-time, or "" for 0.
func exportTime(nanoseconds int64) string {
	if nanoseconds == 0 {
		return ""
	}
	return time.Unix(0, nanoseconds).UTC().Format("2006-01-02T15:04:05.000Z")
}

// end converts the time at which something ends from the state's clock to the time of day; "" for 0.
func (x *exporter) end(until int64) string {
	if until == 0 {
		return ""
	}
	return exportTime(x.state.WallAt(until))
}

func (x *exporter) accounts() error {
	for _, a := range x.state.Accounts() {
		if err := x.to.Encode(exportAccount{"account", uint64(a.ID()), a.Name()}); err != nil {
			return err
		}
	}
	return nil
}

func (x *exporter) channels() error {
	for _, c := range x.state.Channels() {
		if err := x.to.Encode(x.channel(c)); err != nil {
			return err
		}
	}
	return nil
}

func (x *exporter) channel(c *state.Channel) exportChannel {
	line := exportChannel{Type: "channel", ID: uint64(c.ID()), Name: c.Name(), Created: exportTime(c.Created())}
	line.Modes, line.Params = c.Modes(true)
	if t := c.Topic(); t.Text != "" {
		line.Topic = &exportTopic{t.Text, t.Setter, exportTime(t.Time)}
	}
	for _, mode := range state.ChannelModes() {
		if mode.Kind != state.ListMode {
			continue
		}
		for _, e := range c.List(mode.Letter) {
			if line.Lists == nil {
				line.Lists = map[string][]exportListEntry{}
			}
			letter := string(mode.Letter)
			line.Lists[letter] = append(line.Lists[letter], exportListEntry{e.Mask, e.Setter, exportTime(e.Time), x.end(e.Until), e.Reason})
		}
	}
	for _, m := range c.Members() {
		if !x.running {
			break
		}
		line.Members = append(line.Members, exportMember{m.User().Nick(), m.User().Account(), m.Ranks().Prefixes(true)})
	}
	for _, d := range c.Metadata() {
		if line.Metadata == nil {
			line.Metadata = map[string]string{}
		}
		line.Metadata[d.Key] = d.Value
	}
	return line
}

func (x *exporter) bans() error {
	for _, b := range x.state.BansFrom(0) {
		line := exportBan{"server_ban", b.Action.String(), b.Target, b.Setter, exportTime(b.Time), x.end(b.Until), b.Reason}
		if err := x.to.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

func (x *exporter) filters() error {
	for _, f := range x.state.Filters() {
		line := exportFilter{"filter", f.Pattern, f.Action.String(), f.Score, f.Duration / int64(time.Second), f.Setter, exportTime(f.Time), f.Reason}
		if err := x.to.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

func (x *exporter) history(ctx context.Context, folder string, report progress) error {
	path := filepath.Join(folder, databaseFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	s, err := storage.OpenForReading(path)
	if err != nil {
		return err
	}
	done := int64(0)
	err = s.Walk(ctx, func(of state.Buffer, lines []state.Line) error {
		done += int64(len(lines))
		report(fmt.Sprintf("%d lines of history", done), 0, 0)
		for i := range lines {
			if err := x.to.Encode(x.line(of, &lines[i])); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, s.Close())
}
