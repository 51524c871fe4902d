// `sifang up --only`: one party by itself, a subject in a process of its own, as somebody else's would be.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { say } from '../reports/reports.ts'
import {
  OFFERED,
  PARTIES as JUDGED,
  reference,
  type Role,
  seeded,
  stageClock,
  SWITCH,
  testNetwork,
  tillReference,
  VIRTUAL_START,
} from '../scenarios/scenarios.ts'
import { openStore, type Store } from '../store/store.ts'
import type { Directory, Profile } from '../wire/wire.ts'
import { httpSend, listen, type Listening } from './network.ts'
import { realClock } from './real-clock.ts'
import type { UpCommand } from './up.ts'

export async function partyAlone(
  options: UpCommand,
  profile: Profile,
  port: number,
  role: Role,
): Promise<readonly Listening[]> {
  const start = options.control === true ? VIRTUAL_START : Date.now()
  const clock = stageClock(start)
  const peer = `http://127.0.0.1:${port}`
  const own = port + 1
  const network = await testNetwork(profile, seeded(`${profile.id}/${options.seed}`), start, {
    urls: { [SWITCH]: peer, [JUDGED[role]]: `http://127.0.0.1:${own}` },
  })
  const address =
    options.data === undefined ? 'memory:' : `sqlite:${join(options.data, `${JUDGED[role]}.db`)}`
  const now = options.control === true ? () => clock.now() : () => Date.now()
  const reopen = (): Promise<Store> => openStore(address, now)
  const parts = {
    network,
    random: (length: number) => new Uint8Array(randomBytes(length)),
    store: await reopen(),
    clock: options.control === true ? clock.view() : realClock,
    send: httpSend(() => network.directory, now),
    ...(options.data !== undefined && { reopen }),
  }
  const moved = options.control === true ? { moved: clock } : {}
  const served =
    role === 'acquirer' ? tillReference({ ...parts, moved: clock }) : reference({ ...parts, ...moved })
  const listening = await listen((request) => served.app().fetch(request), own)
  tellAlone(options, network.directory, { url: listening.url, peer, port, role })
  return [listening]
}

type Alone = { readonly url: string; readonly peer: string; readonly port: number; readonly role: Role }

function tellAlone(options: UpCommand, directory: Directory, { url, peer, port, role }: Alone): void {
  const { lang } = options
  const at = options.control === true ? VIRTUAL_START : Date.now()
  const shown = (use: 'sign' | 'encrypt'): string => {
    const certificate = directory.current(JUDGED[role], use, at)
    const key = certificate?.key.suite === 'sm' ? Buffer.from(certificate.key.publicKey).toString('hex') : ''
    return `  ${use}: { id: '${certificate?.id ?? ''}', publicKey: '${key}' }`
  }
  const features = options.control === true ? OFFERED[role].join(', ') : 'wallet'
  const config = [
    'subject:',
    `  name: my ${options.only ?? ''}`,
    `  role: ${role}`,
    `  url: ${url}`,
    shown('sign'),
    shown('encrypt'),
    `  features: [${features}]`,
    `switch: { port: ${port} }`,
    `seed: '${options.seed}'`,
  ]
  process.stdout.write(
    `${[say(lang, 'cli.up.single', { url, peer }), '  npx sifang certify --config sifang.config.yaml', '', say(lang, 'cli.up.config'), ...config].join('\n')}\n`,
  )
}
