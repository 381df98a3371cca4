import { isIP } from 'node:net';

/** How a client shows who it is. */
export type Login =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'user'; readonly user: string; readonly password: string }
  | { readonly kind: 'nkey'; readonly seed: string };

/** One server, as an address of the options or another server of its cluster names it. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** The address asks for TLS; without it the server decides. */
  readonly isSecure: boolean;
  /** What stands in the address itself. */
  readonly login: Login | undefined;
}

const defaultPort = 4222;

/** Reads one address, or several separated by commas; `undefined` where one of them is none. */
export function parseServers(text: string): readonly ServerAddress[] | undefined {
  const parsed = text.split(',').map((each) => parseServer(each.trim()));
  return parsed.every((each) => each !== undefined) ? parsed : undefined;
}

function parseServer(text: string): ServerAddress | undefined {
  const url = text.includes('://') ? text : `nats://${text}`;
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(url);
  if (!['nats:', 'tls:'].includes(protocol) || hostname === '' || !['', '/'].includes(pathname) || search + hash !== '') return undefined;
  const login = readLogin(username, password);
  if (login === 'unreadable') return undefined;
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return { host, port: port === '' ? defaultPort : Number(port), isSecure: protocol === 'tls:', login };
}

function readLogin(user: string, password: string): Login | undefined | 'unreadable' {
  if (user === '') return undefined;
  try {
    if (password === '') return { kind: 'token', token: decodeURIComponent(user) };
    return { kind: 'user', user: decodeURIComponent(user), password: decodeURIComponent(password) };
  } catch {
    return 'unreadable';
  }
}

/** `host:port`, as NATS writes it: the same for the same server. */
export function hostPortOf({ host, port }: ServerAddress): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Addresses as they may be shown. Greedy on purpose: a password may hold anything, and showing too little harms nobody. */
export function withoutSecrets(text: string): string {
  return text.replace(/.*@/s, '***@');
}
