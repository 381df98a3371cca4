/** What the server tells of one client. */
interface Client {
  readonly name?: string;
  readonly subscriptions_list?: readonly string[];
}

/** Looks at a server by its monitoring port, past the library and past the proxy. */
export class NatsMonitor {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /**
   * What the clients of a namespace are subscribed to, beside the inbox where each receives its answers. NATS keeps nothing else of core
   * pub/sub.
   */
  async subjects(namespace: string): Promise<readonly string[]> {
    const subjects = (await this.#clients(namespace)).flatMap((client) => client.subscriptions_list ?? []);
    return subjects.filter((subject) => !subject.startsWith('_INBOX.'));
  }

  async connections(namespace: string): Promise<number> {
    return (await this.#clients(namespace)).length;
  }

  async version(): Promise<string> {
    return ((await this.#get('varz')) as { readonly version: string }).version;
  }

  async #clients(namespace: string): Promise<readonly Client[]> {
    const { connections } = (await this.#get('connz?subs=1')) as { readonly connections: readonly Client[] };
    return connections.filter(({ name }) => name === namespace);
  }

  async #get(path: string): Promise<unknown> {
    return (await fetch(`${this.#url}/${path}`)).json();
  }
}
