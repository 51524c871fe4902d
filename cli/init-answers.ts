// What `sifang init` wants to know, and when an answer will do: for flags, and for what is typed at a question.
import { say } from '../reports/reports.ts'
import { FEATURES } from '../scenarios/scenarios.ts'
import { near } from './near.ts'
import { UsageError } from './usage.ts'

export type InitCommand = {
  readonly name?: string
  readonly url?: string
  readonly sign?: string
  readonly encrypt?: string
  readonly signId?: string
  readonly encryptId?: string
  readonly features?: string
  readonly port?: string
  readonly seed?: string
  readonly out?: string
  readonly ci?: string
  readonly yes?: boolean
  readonly json?: boolean
  readonly lang: 'zh' | 'en'
}

/** What stands in the file when nobody said otherwise. */
export const DEFAULTS = { name: 'my wallet', url: 'http://127.0.0.1:18081', port: '18080', seed: 'my-wallet' }
type Rule = {
  readonly what: keyof InitCommand
  readonly holds: (text: string) => boolean
  readonly must: string
}

export const CERTIFICATE_ID = /^[1-9][0-9]{0,39}$/
const isPort = (text: string): boolean => /^[1-9][0-9]{0,4}$/.test(text) && Number(text) < 65_536

const RULES: readonly Rule[] = [
  { what: 'name', holds: (text) => text.trim() !== '', must: 'what your system is called' },
  { what: 'url', holds: isAddress, must: 'an address such as http://127.0.0.1:18081' },
  { what: 'signId', holds: (text) => CERTIFICATE_ID.test(text), must: '1 to 40 digits without leading zero' },
  {
    what: 'encryptId',
    holds: (text) => CERTIFICATE_ID.test(text),
    must: '1 to 40 digits without leading zero',
  },
  { what: 'port', holds: isPort, must: 'a port number from 1 to 65535' },
  { what: 'seed', holds: (text) => text.trim() !== '', must: 'any text' },
]

/** The first thing that is wrong with a value, or undefined. */
export function faultIn(what: keyof InitCommand, text: string): string | undefined {
  const rule = RULES.find((one) => one.what === what)
  return rule === undefined || rule.holds(text) ? undefined : rule.must
}

/** Throws the first fault of the flags. */
export function check(options: InitCommand): void {
  for (const { what } of RULES) {
    const text = options[what]
    const fault = typeof text === 'string' ? faultIn(what, text) : undefined
    const flag = what.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    if (fault !== undefined) throw new UsageError(`--${flag} ${String(text)}: ${fault}`)
  }
  featuresOf(options.features)
  if ((options.sign === undefined) !== (options.encrypt === undefined))
    throw new UsageError(say(options.lang, 'cli.init.pair'))
}

function isAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

export function featuresOf(text: string | undefined): readonly string[] {
  const wanted = (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
  const unknown = wanted.find((one) => !FEATURES.some((known) => known === one))
  if (unknown === undefined) return [...new Set(wanted)]
  throw new UsageError(
    `--features ${unknown}: there is ${FEATURES.join(', ')}; near: ${near(FEATURES, unknown)[0] ?? ''}`,
  )
}
