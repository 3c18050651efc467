'use strict';

// A user of irc-framework, controlled by a test. Each line on standard input is a JSON array that calls a method of the
// client: [method, ...arguments]. Each event of the client is written to standard output as [name, data]. The program ends
// with its standard input.

const readline = require('readline');
const IRC = require('irc-framework');

// As in a browser. Debian's version of Node has no WebSocket.
globalThis.WebSocket = require('ws');

let client = null;

function tell(name, data) {
    process.stdout.write(JSON.stringify([name, data === undefined ? null : data]) + '\n');
}

const calls = {
    // open connects over WebSocket if websocket is true, and otherwise over TCP or TLS.
    open(options) {
        if (options.websocket) {
            options.transport = require('irc-framework/src/transports/websocket');
        }
        options.auto_reconnect = false;
        client = new IRC.Client(options);
        const emit = client.emit;
        client.emit = function(name, ...data) {
            if (name !== 'debug') {
                tell(name, data[0]);
            }
            return emit.call(client, name, ...data);
        };
        client.requestCap(options.caps || []);
        client.connect();
    },

    // capabilities reports the enabled capabilities and those that the server offers.
    capabilities() {
        tell('capabilities', {
            enabled: client.network.cap.enabled,
            available: Object.fromEntries(client.network.cap.available),
        });
    },
};

readline.createInterface({ input: process.stdin })
    .on('line', (line) => {
        const [method, ...args] = JSON.parse(line);
        if (calls[method]) {
            calls[method](...args);
        } else {
            client[method](...args);
        }
    })
    .on('close', () => process.exit(0));
