// The network in a container, for integration tests that have an engine: `import { SifangContainer } from 'sifang/testcontainers'`.
// The image is made from the Dockerfile in this repository (`docker build -t sifang .`); nothing is fetched by this module.
import { AbstractStartedContainer, GenericContainer, type StartedTestContainer, Wait } from 'testcontainers'

const FIRST_PORT = 18_080
const PARTIES = ['switch', 'institution', 'acquirerA', 'acquirerB', 'bank'] as const
type PartyName = (typeof PARTIES)[number]

export class SifangContainer extends GenericContainer {
  #profile = 'unionpay'
  #seed = 'up'

  constructor(image = 'sifang') {
    super(image)
    this.withExposedPorts(...PARTIES.map((_, index) => FIRST_PORT + index)).withWaitStrategy(
      Wait.forListeningPorts(),
    )
  }

  /** A built-in profile by its name, or the path of a file that was copied into the container. */
  withProfile(profile: string): this {
    this.#profile = profile
    return this
  }

  /** The test keys follow from it: the same seed, the same keys. */
  withSeed(seed: string): this {
    this.#seed = seed
    return this
  }

  /** What the container is told to run. */
  command(): readonly string[] {
    return ['up', '--profile', this.#profile, '--seed', this.#seed, '--port', String(FIRST_PORT)]
  }

  override async start(): Promise<StartedSifang> {
    this.withCommand([...this.command()])
    return new StartedSifang(await super.start())
  }
}

export class StartedSifang extends AbstractStartedContainer {
  constructor(started: StartedTestContainer) {
    super(started)
  }

  /** Where a party answers, as seen from the test. */
  url(party: PartyName): string {
    const port = this.startedTestContainer.getMappedPort(FIRST_PORT + PARTIES.indexOf(party))
    return `http://${this.startedTestContainer.getHost()}:${port}`
  }
}
