package integration

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// page is a web client in a browser, controlled by the test. It gets the lines to send from the test's web server, and
// reports what it receives.
type page struct {
	t    *testing.T
	who  string
	send chan string // lines to send

	// mu protects the fields below between the web server's goroutines and the test.
	mu     sync.Mutex
	events []pageEvent
	read   int
}

// pageEvent is an event that a page reports: open, line or close.
type pageEvent struct {
	Kind     string
	Protocol string
	Text     bool   // the line came as a text message
	Line     []byte // in base64 in JSON
	Code     int
	Reason   string
	Clean    bool
}

// browser is a real browser without a window, with a tab that shows the pages.
type browser struct {
	t     *testing.T
	web   *httptest.Server
	pages map[string]*page // no more are added once the browser runs
	// frames is the first page, which contains all the others.
	frames atomic.Value
}

// newBrowser starts the web server for the pages.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	need(t, "chromium", "chromium")
	b := &browser{t: t, pages: map[string]*page{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprint(w, "<!DOCTYPE html>", b.frames.Load()) // an error means that the browser is gone
	})
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "testdata/browser.html") })
	mux.HandleFunc("POST /event", b.takeEvent)
	mux.HandleFunc("GET /lines", b.giveLines)
	b.web = httptest.NewServer(mux)
	t.Cleanup(b.web.Close)
	t.Cleanup(b.web.CloseClientConnections)
	return b
}

// takeEvent handles an event from a page.
func (b *browser) takeEvent(w http.ResponseWriter, r *http.Request) {
	p := b.pages[r.FormValue("who")]
	var e pageEvent
	if p == nil || json.NewDecoder(r.Body).Decode(&e) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, e)
}

// giveLines streams the lines that a page should send. It ends when the page is gone.
func (b *browser) giveLines(w http.ResponseWriter, r *http.Request) {
	p := b.pages[r.FormValue("who")]
	if p == nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	flush := func() { _ = http.NewResponseController(w).Flush() } // an error means that the page is gone
	flush()
	for {
		select {
		case line := <-p.send:
			text, _ := json.Marshal(line)               // a string can be encoded
			_, _ = fmt.Fprintf(w, "data: %s\n\n", text) // an error means that the page is gone
			flush()
		case <-r.Context().Done():
			return
		}
	}
}

// page adds a page. It comes from this host name of the test's machine, so that the browser sends a different origin.
func (b *browser) page(who, from, server, protocol string) (address string, p *page) {
	p = &page{t: b.t, who: who, send: make(chan string, 100)}
	b.pages[who] = p
	b.t.Cleanup(func() {
		if b.t.Failed() {
			b.t.Logf("what the page of %s has told:\n%s", who, tail(strings.Join(p.shown(), "\n")))
		}
	})
	_, port, err := net.SplitHostPort(b.web.Listener.Addr().String())
	require.NoError(b.t, err)
	query := url.Values{"who": {who}, "server": {server}, "protocol": {protocol}}
	return "http://" + net.JoinHostPort(from, port) + "/page?" + query.Encode(), p
}

// show starts the browser with these pages side by side. It trusts only the server's certificate.
func (b *browser) show(s *server, addresses ...string) {
	b.t.Helper()
	var frames strings.Builder
	for _, address := range addresses {
		fmt.Fprintf(&frames, `<iframe src="%s"></iframe>`, strings.ReplaceAll(address, "&", "&amp;"))
	}
	b.frames.Store(frames.String())
	home := folder(b.t)
	sum := sha256.Sum256(s.certificate().RawSubjectPublicKeyInfo)
	cmd := exec.Command("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
		"--ignore-certificate-errors-spki-list="+base64.StdEncoding.EncodeToString(sum[:]),
		"--user-data-dir="+home+"/profile", b.web.URL+"/")
	cmd.Env = environment(home)
	browser := launch(b.t, cmd)
	b.t.Cleanup(func() {
		if b.t.Failed() {
			b.t.Logf("what the browser has written:\n%s", tail(browser.stderr.String()))
		}
	})
}

// says makes the page send a line.
func (p *page) says(format string, args ...any) { p.send <- fmt.Sprintf(format, args...) }

// next waits for an event that satisfies wanted, after those that were already checked.
func (p *page) next(wanted func(pageEvent) bool, what string) (found pageEvent) {
	p.t.Helper()
	await(p.t, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		i := slices.IndexFunc(p.events[p.read:], wanted)
		if i < 0 {
			return false
		}
		found = p.events[p.read+i]
		p.read += i + 1
		return true
	}, "the page of %s to report %s", p.who, what)
	return found
}

// sees waits for a line.
func (p *page) sees(pattern string) pageEvent {
	p.t.Helper()
	wanted := regexp.MustCompile(pattern)
	return p.next(func(e pageEvent) bool { return e.Kind == "line" && wanted.Match(e.Line) }, "a line like "+pattern)
}

// opens waits for the socket to open, and registers.
func (p *page) opens(protocol string) {
	p.t.Helper()
	e := p.next(func(e pageEvent) bool { return e.Kind != "line" }, "an open socket")
	require.Equal(p.t, pageEvent{Kind: "open", Protocol: protocol}, e)
	p.says("CAP LS 302")
	p.sees(`^:irc\.test CAP \* LS .*echo-message`)
	p.says("CAP REQ :echo-message server-time message-tags")
	p.says("NICK %s", p.who)
	p.says("USER %[1]s 0 * :%[1]s Browser", p.who)
	p.sees(`CAP \S+ ACK :echo-message`)
	p.says("CAP END")
	p.sees(` 376 | 422 `)
}

func (p *page) closes() pageEvent {
	p.t.Helper()
	return p.next(func(e pageEvent) bool { return e.Kind == "close" }, "the end of the socket")
}

func (p *page) shown() (lines []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.events {
		lines = append(lines, fmt.Sprintf("%s %s%s%s %d", e.Kind, e.Line, e.Protocol, e.Reason, e.Code))
	}
	return lines
}

// TestBrowserTalks checks web clients in a real browser, with text and binary messages, with and without TLS, together
// with a user of irssi. It also checks that a page from elsewhere is refused.
func TestBrowserTalks(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"flood": quick["flood"], "server": "utf8_only = false", "limits": "websocket_ping = \"1s\"", "": webListeners})
	b := newBrowser(t)
	plain, secure := "ws://"+s.webAddress("ws")+"/irc", "wss://"+s.webAddress("wss")+"/irc"
	annAddress, ann := b.page("ann", "127.0.0.1", plain, "text.ircv3.net")
	beaAddress, bea := b.page("bea", "127.0.0.1", secure, "binary.ircv3.net")
	eveAddress, eve := b.page("eve", "localhost", plain, "text.ircv3.net")
	b.show(s, annAddress, beaAddress, eveAddress)

	// If the file lists no origins, only pages from the server's own host can connect.
	require.Equal(t, pageEvent{Kind: "close", Code: 1006}, eve.next(func(pageEvent) bool { return true }, "its refusal"))
	ann.opens("text.ircv3.net")
	bea.opens("binary.ircv3.net")

	iris := sitDown(t, newIrssi(t), s, "iris", false)
	iris.types("", "/join #zoo")
	iris.sees(entered, "iris", "#zoo")
	ann.says("JOIN #zoo")
	require.True(t, ann.sees(`:ann!ann@127\.0\.0\.1 JOIN #zoo$`).Text)
	iris.sees(joined, "ann", "#zoo")
	bea.says("JOIN #zoo")
	require.False(t, bea.sees(`:bea!bea@127\.0\.0\.1 JOIN #zoo$`).Text)
	ann.sees(`:bea!bea@127\.0\.0\.1 JOIN #zoo$`)

	// Everyone sees what anyone says, and the browsers also see their echo.
	for _, c := range []*page{ann, bea} {
		text := "je suis " + c.who + ", enchantée 🦊"
		c.says("PRIVMSG #zoo :%s", text)
		iris.sees(said, c.who, "#zoo", text)
		for _, other := range []*page{ann, bea} {
			require.Regexp(t, `^@.*msgid=`, string(other.sees(` PRIVMSG #zoo :`+text+`$`).Line))
		}
	}
	iris.enter("#zoo", "des pages qui parlent 🐇")
	ann.sees(`:iris!\S+ PRIVMSG #zoo :des pages qui parlent 🐇$`)
	bea.sees(`:iris!\S+ PRIVMSG #zoo :des pages qui parlent 🐇$`)

	// Bytes that are not UTF-8: if they were sent as text, a browser would end the connection.
	rae := join(t, s, "rae")
	rae.send("JOIN #zoo")
	rae.send("PRIVMSG #zoo :caf\xe9")
	require.Contains(t, string(ann.sees(`PRIVMSG #zoo :caf`).Line), ":caf\uFFFD")
	require.Contains(t, string(bea.sees(`PRIVMSG #zoo :caf`).Line), ":caf\xe9")

	// One message from a page never becomes two commands, and a line that is too long gets the same answer as
	// elsewhere.
	ann.says("PRIVMSG #zoo :one\r\nQUIT :two")
	ann.sees(`^:irc\.test 400 ann \* :A line must not contain NUL or a line ending$`)
	ann.says("PRIVMSG #zoo :with the ending of older clients\r\n")
	bea.sees(`:ann!\S+ PRIVMSG #zoo :with the ending of older clients$`)
	bea.says("PRIVMSG #zoo :%s", strings.Repeat("x", 5000))
	bea.sees(`^:irc\.test 417 bea :`)

	ann.says("WHOIS bea")
	ann.sees(` 671 ann bea `)
	ann.says("WHOIS ann")
	ann.sees(` 311 ann ann `)
	require.NotContains(t, string(ann.sees(` (671|318) ann ann `).Line), " 671 ")

	// The ends of the connections.
	ann.says("QUIT :à bientôt")
	ann.sees(`^ERROR :.*Quit: à bientôt`)
	require.Equal(t, pageEvent{Kind: "close", Code: 1000, Reason: "Quit: à bientôt", Clean: true}, ann.closes())
	iris.sees(quitted, "ann", "Quit: à bientôt")
	s.stop()
	require.Equal(t, pageEvent{Kind: "close", Code: 1001, Reason: "Server is shutting down", Clean: true}, bea.closes())
}
