// Makes session.png, the picture in the README: a real irssi and a web client, which runs in Chromium and speaks IRC over WebSocket, talking on
// a server that is built and started for it.
//
//     node docs/pictures/session.js        needs Go, Node, tmux, irssi and Chromium; installs nothing
//
// Everything is on the loopback interface and in a temporary folder, and what is started is ended.
'use strict';
const { execFileSync, spawn } = require('child_process');
const fs = require('fs');
const http = require('http');
const net = require('net');
const os = require('os');
const path = require('path');

const columns = 86, rows = 27;
const root = path.join(__dirname, '..', '..');
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'bavard-picture-'));
const started = [];
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what, seen) {
  for (let i = 0; i < 150; i++) {
    const found = await seen();
    if (found) return found;
    await pause(200);
  }
  throw new Error('waited in vain for ' + what);
}

function start(command, args, options) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  child.text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { child.text += data; });
  started.push(child);
  return child;
}

// startServer gives the ports of the plain and of the WebSocket listener.
async function startServer() {
  fs.writeFileSync(path.join(dir, 'config.toml'), `
[server]
name = "irc.example.org"
network = "Example"
[[listeners]]
address = "127.0.0.1:0"
[[listeners]]
address = "127.0.0.2:0"
websocket = true
origins = ["*"]
[limits]
exempt = ["127.0.0.0/8"]
[hosts]
cloak = true
`);
  execFileSync('go', ['build', '-o', path.join(dir, 'bavard'), './ircd'], { cwd: root });
  const server = start(path.join(dir, 'bavard'), [], { cwd: dir });
  const port = (pattern) => until('the server', () => {
    if (server.exitCode !== null) throw new Error('the server ended: ' + server.text);
    return server.text.match(pattern);
  }).then((found) => found[1]);
  return { plain: await port(/irssi -c 127\.0\.0\.1 -p (\d+)/), web: await port(/ws:\/\/127\.0\.0\.2:(\d+)/) };
}

// terminal is irssi in tmux.
function terminal(port) {
  const socket = path.join(dir, 'tmux');
  const tmux = (...args) => execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' });
  const env = { ...process.env, TERM: 'xterm-256color', HOME: dir, TZ: 'UTC', IRCUSER: 'alice', LC_ALL: 'C.UTF-8', TMUX: '' };
  execFileSync('tmux', ['-S', socket, '-f', '/dev/null', '-u', 'new-session', '-d', '-x', String(columns), '-y', String(rows), '-s', 'picture',
    `irssi --home=${dir}/irssi -c 127.0.0.1 -p ${port} -n alice`], { env });
  return {
    type: (text) => { tmux('send-keys', '-l', text); tmux('send-keys', 'Enter'); },
    screen: () => tmux('capture-pane', '-p'),
    colours: () => tmux('capture-pane', '-p', '-e', '-N'),
    end: () => { try { tmux('kill-server'); } catch { /* it has ended */ } },
  };
}

// raw is a third person, without a screen.
function raw(port, nick, caps) {
  const socket = net.connect(port, '127.0.0.1');
  let heard = '';
  socket.on('data', (data) => {
    heard += data;
    for (const line of String(data).split('\r\n')) if (line.startsWith('PING')) socket.write('PONG' + line.slice(4) + '\r\n');
  });
  socket.on('error', () => {});
  const say = (...lines) => lines.forEach((line) => socket.write(line + '\r\n'));
  say('CAP REQ :' + caps, `NICK ${nick}`, `USER ${nick} 0 * :${nick}`, 'CAP END');
  return { say, hears: (text) => until(text, () => heard.includes(text)), end: () => socket.destroy() };
}

const escape = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' }[c]));
const palette = ['#1c1f26', '#d16969', '#7fb069', '#d7ba7d', '#3f6fae', '#b58ac4', '#4fb0b0', '#c8ccd4', '#7a818e', '#f48771', '#a5d490', '#f0d58a', '#82b4f0', '#d7a6e6', '#7ad6d6', '#ffffff'];

// html turns what tmux captured, with the colours of ECMA-48, into HTML.
function html(text) {
  let style = {}, out = '';
  for (const part of text.split(/(\x1b\[[0-9;]*m)/)) {
    const codes = part.match(/^\x1b\[([0-9;]*)m$/);
    if (!codes) {
      let { fg = '#c8ccd4', bg = 'transparent', bold, reverse } = style;
      if (reverse) [fg, bg] = [bg === 'transparent' ? palette[0] : bg, fg];
      if (part) out += `<span style="color:${fg};background:${bg};${bold ? 'font-weight:bold' : ''}">${escape(part)}</span>`;
      continue;
    }
    for (const code of (codes[1] || '0').split(';').map(Number)) {
      if (code === 0) style = {};
      else if (code === 1) style.bold = true;
      else if (code === 22) style.bold = false;
      else if (code === 7) style.reverse = true;
      else if (code === 27) style.reverse = false;
      else if (code >= 30 && code <= 37) style.fg = palette[code - 30];
      else if (code === 39) style.fg = undefined;
      else if (code >= 40 && code <= 47) style.bg = palette[code - 40];
      else if (code === 49) style.bg = undefined;
      else if (code >= 90 && code <= 97) style.fg = palette[code - 82];
    }
  }
  return out;
}

const chromium = (...args) => ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--hide-scrollbars',
  `--user-data-dir=${dir}/chromium-${started.length}`, ...args];

// webClient runs the page in a browser. What the page shows is read from what it posts.
async function webClient(port) {
  const lines = [];
  let shown = '', asked = null;
  const server = http.createServer((request, response) => {
    if (request.method === 'POST') {
      let body = '';
      request.on('data', (data) => { body += data; });
      request.on('end', () => { shown = body; response.end(); });
    } else if (request.url.startsWith('/lines')) {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      asked = response;
      lines.splice(0).forEach((line) => response.write(`data: ${JSON.stringify(line)}\n\n`));
    } else {
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
      response.end(fs.readFileSync(path.join(__dirname, 'client.html')));
    }
  }).listen(0, '127.0.0.1');
  await until('the page', () => server.listening);
  start('chromium', chromium('--remote-debugging-port=0', `http://127.0.0.1:${server.address().port}/?server=ws://127.0.0.2:${port}&nick=bob&channel=%23garden`));
  return {
    say: (line) => { if (asked) asked.write(`data: ${JSON.stringify(line)}\n\n`); else lines.push(line); },
    shows: (text) => until('the web client to show ' + text, () => shown.includes(text)),
    html: () => shown,
    end: () => { server.closeAllConnections(); server.close(); },
  };
}

async function main() {
  const { plain, web } = await startServer();
  const irssi = terminal(plain);
  const sees = (text) => until('irssi to show ' + text, () => irssi.screen().includes(text)).catch((error) => {
    throw new Error(error.message + ', which shows:\n' + irssi.screen());
  });
  let carol, bob;
  try {
    await sees('Your user mode is');
    irssi.type('/join #garden');
    await sees('[#garden]');
    irssi.type('/topic The allotment: who waters on Saturday?');
    await sees('changed the topic');
    carol = raw(plain, 'carol', 'message-tags');
    await carol.hears(' 001 ');
    carol.say('JOIN #garden');
    await sees('carol [');
    bob = await webClient(web);
    await sees('bob [');
    bob.say('PRIVMSG #garden :Hello! Is this where the tomatoes are discussed?');
    await sees('tomatoes');
    irssi.type('It is, bob. Welcome, from a terminal to a browser.');
    await bob.shows('to a browser');
    carol.say('PRIVMSG #garden :I can water on Saturday, but the key to the shed is with alice.');
    await sees('the shed');
    irssi.type('Then bob may have the keys as well:');
    await bob.shows('the keys as well');
    irssi.type('/quote GRANT bob');
    await sees('+o bob');
    await bob.shows('+o bob');
    bob.say('TOPIC #garden :The allotment: carol waters on Saturday');
    await sees('carol waters');
    bob.say('PRIVMSG #garden :\x01ACTION writes it on the board\x01');
    await sees('on the board');
    irssi.type('/names');
    await sees('Irssi: #garden');
    carol.say('@+typing=active TAGMSG #garden');
    await bob.shows('carol is typing');
    await pause(500);
    const page = fs.readFileSync(path.join(__dirname, 'frame.html'), 'utf8').replace('TERMINAL', () => html(irssi.colours().replace(/\n+$/, ''))).replace('CLIENT', () => bob.html());
    fs.writeFileSync(path.join(dir, 'session.html'), page);
    execFileSync('chromium', chromium('--window-size=1340,548', '--force-device-scale-factor=1', `--screenshot=${path.join(__dirname, 'session.png')}`, 'file://' + path.join(dir, 'session.html')), { stdio: 'ignore' });
  } finally {
    irssi.end();
    if (carol) carol.end();
    if (bob) bob.end();
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
}).finally(async () => {
  for (const child of started) child.kill();
  await Promise.all(started.map((child) => child.exitCode !== null || child.signalCode !== null || new Promise((resolve) => child.once('exit', resolve))));
  fs.rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});
