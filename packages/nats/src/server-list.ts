import { hostPortOf, parseServers, type ServerAddress } from './server-address.js';

/** The servers that can be tried: those of the options, and those that a server of theirs tells of. */
export class ServerList {
  readonly #configured: readonly ServerAddress[];
  readonly #random: () => number;
  #discovered: readonly ServerAddress[] = [];

  constructor(configured: readonly ServerAddress[], random: () => number) {
    this.#configured = configured;
    this.#random = random;
  }

  /** What a server says of its cluster, as `host:port`; it is taken to want the same login and the same TLS. */
  learn(teller: ServerAddress, neighbours: readonly string[]): void {
    const known = new Set(this.#configured.map(hostPortOf));
    const told = neighbours.flatMap((text) => parseServers(text) ?? []).filter((address) => !known.has(hostPortOf(address)));
    this.#discovered = told.map(({ host, port }) => ({ ...teller, host, port }));
  }

  /**
   * All of them, each once, in an order of chance that spreads the clients. Those of the options come first: what a server tells may be
   * an address of its own network. The one that was lost just now comes last.
   */
  round(lost?: ServerAddress): readonly ServerAddress[] {
    const servers = [...this.#shuffled(this.#configured), ...this.#shuffled(this.#discovered)];
    const isLost = (server: ServerAddress) => lost !== undefined && hostPortOf(server) === hostPortOf(lost);
    return [...servers.filter((server) => !isLost(server)), ...servers.filter(isLost)];
  }

  #shuffled(servers: readonly ServerAddress[]): readonly ServerAddress[] {
    const drawn = servers.map((server) => ({ server, place: this.#random() }));
    return drawn.sort((one, other) => one.place - other.place).map(({ server }) => server);
  }
}
