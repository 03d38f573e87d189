import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { pathOf } from './exchange.ts';

/** Every client's path, for Service Bus and Event Hubs alike. */
const PATH = '$servicebus/websocket';
/** AMQP over WebSockets Binding (OASIS amqp-bindmap-wsbind), 2.1; older clients say `amqp`. */
const SUBPROTOCOLS = ['AMQPWSB10', 'amqp'];

/** AMQP over WebSockets: hands each connection's stream to `accept`. Returns how to end all of them. */
export function serveWebSockets(server: Server, accept: (stream: Duplex) => void): () => void {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: (offered) => SUBPROTOCOLS.find((name) => offered.has(name)) ?? false,
  });
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (pathOf(request.url ?? '').toLowerCase() !== PATH) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const stream = createWebSocketStream(webSocket);
      // A client that goes away without closing is an error of the stream; who reads the stream sees its end.
      stream.on('error', () => stream.destroy());
      accept(stream);
    });
  };
  server.on('upgrade', onUpgrade);
  return () => {
    server.off('upgrade', onUpgrade);
    for (const client of sockets.clients) client.terminate();
    sockets.close();
  };
}
