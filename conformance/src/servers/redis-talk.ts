import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  /** The certificate to trust, in PEM, where it speaks TLS. */
  readonly ca?: string;
}

const answerBoundMs = 1_000;

/** Sends one command over a connection of its own, and answers what the server says: its line, or the text behind it. */
export function talkToRedis(address: RedisAddress, command: string): Promise<string> {
  const { host, port, username = 'default', password, ca } = address;
  const lines = password === undefined ? [command] : [`AUTH ${username} ${password}`, command];
  return new Promise<string>((resolve, reject) => {
    const socket = ca === undefined ? connectTcp(port, host) : connectTls({ host, port, ca });
    socket.setTimeout(answerBoundMs, () => socket.destroy(new Error(`no answer within ${answerBoundMs} ms`)));
    socket.setEncoding('utf8');
    let said = '';
    socket.on('data', (data) => {
      said += data;
      const answer = readAnswer(said, lines.length);
      if (answer === undefined) return;
      resolve(answer);
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the server hung up')));
    socket.write(`${lines.join('\r\n')}\r\n`);
  });
}

/** The last of so many answers, once it is whole: `+OK`, `-ERR …`, or `$5` and five characters on the lines behind it. */
function readAnswer(said: string, count: number): string | undefined {
  const lines = said.split('\r\n');
  const head = lines[count - 1];
  if (head === undefined || lines.length <= count) return undefined;
  if (!head.startsWith('$') || head === '$-1') return head;
  const text = lines.slice(count).join('\r\n');
  return text.length < Number(head.slice(1)) + 2 ? undefined : text.slice(0, -2);
}

/** True once the server takes commands: it is up, has read its data, and lets us in. */
export async function isRedisReady(address: RedisAddress): Promise<boolean> {
  try {
    return (await talkToRedis(address, 'PING')) === '+PONG';
  } catch {
    return false;
  }
}
