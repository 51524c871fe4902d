// SM2 through `crypto`, a peer whose key is known: each verb beside `openssl speed sm2`, OpenSSL through koffi, sm-crypto-v2 and
// sm-crypto, in slices that take turns; then what a peer's table costs, and the first signature of a process.
import { execFileSync } from 'node:child_process'
import { generateKeyPair, publicHalf, sign, unwrap, verify, wrap } from '../crypto/crypto.ts'
import { seeded } from '../scenarios/scenarios.ts'
import { interleaved, median, type Row, rounded, row } from './row.ts'
import { others, type Verb } from './sm2-others.ts'
import { opensslSpeed, yardstick } from './yardstick.ts'

const ROUNDS = 9
// Slices of some 15 ms each, whoever runs.
const TIMES = { ours: 400, openssl: 60, 'sm-crypto-v2': 40, 'sm-crypto': 2 } as const
const VERBS = ['sign', 'verify', 'wrap', 'unwrap'] as const
const PEERS = 40
// Uses of a key before `crypto` makes a table for it.
const PLAIN_USES = 8
const STARTS = 7

type Measured = { readonly name: string; readonly times: number; run(times: number): unknown }

export async function sm2Rows(): Promise<readonly Row[]> {
  const random = seeded('bench')
  const [message, secret] = [random(1024), random(32)]
  const openssl = await yardstick(message, secret)
  const { key } = openssl
  const peer = publicHalf(key)
  const [signature, wrapped] = [await sign(key, message), await wrap(peer, secret, random)]
  const many = (name: string, act: () => Promise<unknown>): Measured => ({
    name,
    times: TIMES.ours,
    run: async (times) => {
      for (let count = 0; count < times; count += 1) await act()
    },
  })
  const foreign = Object.entries(others(message, secret)).flatMap(([library, verbs]) =>
    VERBS.map((verb) =>
      repeated(`${library} ${verb}`, TIMES[library as 'sm-crypto' | 'sm-crypto-v2'], verbs[verb]),
    ),
  )
  const speeds: { sign: number; verify: number; told: string }[] = []
  const costs = await interleaved(
    [
      many('sign', () => sign(key, message)),
      { name: 'openssl sign', times: TIMES.openssl, run: openssl.sign },
      many('verify', () => verify(peer, message, signature)),
      { name: 'openssl verify', times: TIMES.openssl, run: openssl.verify },
      many('wrap', () => wrap(peer, secret, random)),
      { name: 'openssl wrap', times: TIMES.openssl, run: openssl.encrypt },
      many('unwrap', () => unwrap(key, wrapped)),
      { name: 'openssl unwrap', times: TIMES.openssl, run: openssl.decrypt },
      ...foreign,
      {
        name: 'openssl speed',
        times: 1,
        run: () => {
          const speed = opensslSpeed(1)
          if (speed !== undefined) speeds.push(speed)
        },
      },
    ],
    ROUNDS,
  )
  return [...verbRows(costs, speeds), await tableRow(message), startRow()]
}

function repeated(name: string, times: number, act: () => unknown): Measured {
  return {
    name,
    times,
    run: (count) => {
      for (let done = 0; done < count; done += 1) act()
    },
  }
}

function verbRows(
  costs: ReadonlyMap<string, number>,
  speeds: readonly { readonly sign: number; readonly verify: number; readonly told: string }[],
): readonly Row[] {
  const perSecond = (name: string): number => 1e6 / (costs.get(name) ?? Number.NaN)
  const whole = (name: string): string => `${Math.round(perSecond(name))}/s`
  const beside = (verb: Verb): string =>
    `OpenSSL through koffi ${whole(`openssl ${verb}`)}, sm-crypto-v2 ${whole(`sm-crypto-v2 ${verb}`)}, sm-crypto ${whole(`sm-crypto ${verb}`)}`
  const against = (verb: 'sign' | 'verify', what: string): Row => {
    const told = speeds[0]?.told ?? 'OpenSSL through koffi (no openssl command here)'
    const speed =
      speeds.length === 0 ? perSecond(`openssl ${verb}`) : median(speeds.map((each) => each[verb]))
    return row({
      id: `sm2-${verb}`,
      what: `SM2 ${what}, SM3 of 1 KiB included: ${whole(verb)}`,
      value: rounded(perSecond(verb) / speed),
      unit: '×',
      bar: { least: 4 },
      yardstick: `${told}: ${Math.round(speed)}/s; ${beside(verb)}`,
    })
  }
  const through = (verb: 'wrap' | 'unwrap', what: string, least: number): Row =>
    row({
      id: `sm2-${verb}`,
      what: `SM2 ${what} of 32 bytes: ${whole(verb)}`,
      value: rounded(perSecond(verb) / perSecond(`openssl ${verb}`)),
      unit: '×',
      bar: { least },
      yardstick: beside(verb),
    })
  return [
    against('sign', 'sign'),
    against('verify', 'verify, known peer'),
    through('wrap', 'encryption, known peer', 4),
    through('unwrap', 'decryption', 1),
  ]
}

// The use that makes the table beside the one before it and the one after.
async function tableRow(message: Uint8Array): Promise<Row> {
  const [tables, plains, known]: [number[], number[], number[]] = [[], [], []]
  const random = seeded('peers')
  for (let count = 0; count < PEERS; count += 1) {
    const pair = await generateKeyPair('sm', random)
    const signature = await sign(pair, message)
    for (let use = 0; use < PLAIN_USES + 2; use += 1) {
      const before = process.cpuUsage()
      await verify(publicHalf(pair), message, signature)
      const { user, system } = process.cpuUsage(before)
      const measured = use < PLAIN_USES ? plains : use === PLAIN_USES ? tables : known
      measured.push((user + system) / 1000)
    }
  }
  return row({
    id: 'sm2-table',
    what: `SM2 table of a peer, 97 KiB, made at its ${PLAIN_USES + 1}th use (a verification without it ${rounded(median(plains), 3)} ms, with it ${rounded(median(known), 3)} ms)`,
    value: rounded(median(tables) - median(known)),
    unit: 'ms',
    bar: { most: 2 },
    yardstick: 'sm-crypto-v2, the table that this house used before: 11 ms, 200 KB',
  })
}

// The module is compiled and the base point's table made when the first key is; a process that needs none pays nothing.
function startRow(): Row {
  const script = `const before = process.cpuUsage()
const { generateKeyPair, sign } = await import('./crypto/crypto.ts')
const loaded = process.cpuUsage(before)
const key = await generateKeyPair('sm', (n) => new Uint8Array(n).fill(7))
await sign(key, new Uint8Array(32))
const { user, system } = process.cpuUsage(before)
console.log(JSON.stringify([loaded.user + loaded.system, user + system]))`
  const runs = Array.from({ length: STARTS }, () => {
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    const [loaded = 0, signed = 0] = JSON.parse(said) as number[]
    return { loaded: loaded / 1000, first: (signed - loaded) / 1000 }
  })
  return row({
    id: 'sm2-start',
    what: 'SM2 from nothing to a key and its first signature: processor time, compilation and the base point’s table included',
    value: rounded(median(runs.map(({ first }) => first)), 1),
    unit: 'ms',
    bar: { most: 40 },
    yardstick: `loading the room crypto: ${rounded(median(runs.map(({ loaded }) => loaded)), 1)} ms`,
  })
}
