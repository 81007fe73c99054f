import { connect, type Socket } from 'node:net';
import { addAbortSignal, type Readable } from 'node:stream';

export type HttpCall = {
  readonly socketPath: string;
  readonly method: string;
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  readonly signal?: AbortSignal;
};
export type HttpAnswer = { readonly status: number; readonly headers: ReadonlyMap<string, string>; readonly body: Readable };

/**
 * One call to the supervisor by HTTP/1.0 (RFC 1945), whose answer ends with its connection. Node's own client, with all that
 * a client of the web needs, takes longer to load and to begin than the rest of `status`.
 */
export class HttpRequest {
  /** Rejects with the system's error, ECONNRESET where the connection ended without an answer, or what `destroy` was given. */
  readonly answer: Promise<HttpAnswer>;
  readonly #socket: Socket;

  constructor({ socketPath, method, path, body, signal }: HttpCall) {
    this.#socket = connect(socketPath);
    if (signal !== undefined) addAbortSignal(signal, this.#socket);
    this.answer = answerOn(this.#socket);
    const content = body === undefined ? '' : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
    this.#socket.write(`${method} ${path} HTTP/1.0\r\nhost: tunnels\r\n${content}\r\n${body ?? ''}`);
  }

  destroy(error: Error): void {
    this.#socket.destroy(error);
  }
}

const MAX_HEAD_BYTES = 65_536;

function answerOn(socket: Socket): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let seen = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      seen = Buffer.concat([seen, chunk]);
      const end = seen.indexOf('\r\n\r\n');
      if (end < 0) return void (seen.length > MAX_HEAD_BYTES && socket.destroy(cutShort()));
      socket.off('data', onData).pause();
      const head = headOf(seen.toString('latin1', 0, end));
      const rest = seen.subarray(end + 4);
      if (rest.length > 0) socket.unshift(rest);
      resolve({ ...head, body: socket });
    };
    socket.on('data', onData);
    socket.on('error', reject);
    socket.once('close', () => reject(cutShort()));
  });
}

function headOf(text: string): Pick<HttpAnswer, 'status' | 'headers'> {
  const [first = '', ...lines] = text.split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: Number(/^HTTP\/1\.\d (\d{3})/.exec(first)?.[1]), headers: new Map(headers) };
}

/** The connection was closed, or lost, before all of the answer had come. */
export const cutShort = (): Error => Object.assign(new Error('the connection ended without a whole answer'), { code: 'ECONNRESET' });
