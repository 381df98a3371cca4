export interface Container {
  readonly host: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a server in a container, where testcontainers is installed and a Docker engine answers; else `undefined`. */
export async function startContainer(image: string, port: number, command: readonly string[]): Promise<Container | undefined> {
  const testcontainers = await loadTestcontainers();
  if (testcontainers === undefined) return undefined;
  const { GenericContainer, Wait } = testcontainers;
  const container = await new GenericContainer(image)
    .withExposedPorts(port)
    .withCommand([...command])
    .withWaitStrategy(Wait.forListeningPorts())
    .start();
  return {
    host: container.getHost(),
    port: container.getMappedPort(port),
    stop: async () => void (await container.stop()),
  };
}

/** `undefined` where there is no engine: that is no error here, but one way less. */
async function loadTestcontainers(): Promise<typeof import('testcontainers') | undefined> {
  try {
    const testcontainers = await import('testcontainers');
    await testcontainers.getContainerRuntimeClient();
    return testcontainers;
  } catch {
    return undefined;
  }
}
