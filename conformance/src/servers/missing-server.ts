/** No server can be had here. One line that names the ways to get one. */
export class MissingServerError extends Error {
  constructor(what: string, binary: string, variable?: string) {
    const address = variable === undefined ? '' : `${variable} names none, `;
    const docker = variable === undefined ? '' : ', no Docker engine answers';
    super(
      `no ${what} for tests: ${address}'${binary}' is not installed (apt-get install ${binary}, brew install ${binary.replace('-server', '')})${docker}`,
    );
    this.name = 'MissingServerError';
  }
}
