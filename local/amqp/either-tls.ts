import type net from 'node:net';
import tls from 'node:tls';

/** PEM texts. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** A certificate, or where to get it when the first client wants TLS. */
export type CertificateSource = Certificate | (() => Promise<Certificate>);

/** A TLS record of a handshake begins with this byte (RFC 8446, section 5.1); what is plain here begins with a letter. */
const TLS_HANDSHAKE = 0x16;

/**
 * Lets one port speak plain and over TLS: tells them apart by the first byte, for every client speaks first. So one connection string serves
 * clients that know of the emulator and clients that insist on TLS.
 * @param plain takes a plain socket, of which nothing is read yet
 * @param secure takes the stream within TLS, after the handshake
 * @param onError a handshake that failed: the client's affair, or a certificate that could not be had
 */
export function eitherTls(
  certificate: CertificateSource,
  {
    plain,
    secure,
    onError,
  }: { plain(socket: net.Socket): void; secure(socket: tls.TLSSocket): void; onError(error: Error): void },
): (socket: net.Socket) => void {
  let server: Promise<tls.Server> | undefined;
  const tlsServer = async () => {
    const { key, cert } = typeof certificate === 'function' ? await certificate() : certificate;
    const made = tls.createServer({ key, cert }, secure);
    made.on('tlsClientError', onError);
    return made;
  };
  return (socket) => {
    const onEarlyError = (error: Error) => onError(error);
    socket.once('error', onEarlyError);
    socket.once('readable', () => {
      const first: Buffer | null = socket.read(1);
      socket.off('error', onEarlyError);
      // Ended before it said a word.
      if (first === null) {
        socket.destroy();
        return;
      }
      socket.unshift(first);
      if (first[0] !== TLS_HANDSHAKE) {
        plain(socket);
        return;
      }
      server ??= tlsServer();
      server.then(
        (listening) => listening.emit('connection', socket),
        (error: Error) => {
          onError(error);
          socket.destroy();
        },
      );
    });
  };
}
