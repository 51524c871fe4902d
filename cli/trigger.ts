// `sifang trigger NAME`: makes one thing happen on a running `sifang up`, says what came of it and what to try next.
import { formatMajor, money } from '../money/money.ts'
import { say } from '../reports/reports.ts'
import { askDesk, at, type DeskOptions } from './desk-client.ts'
import type { Done, TriggerName, TriggerOptions } from './triggers.ts'

export type TriggerCommand = DeskOptions & TriggerOptions

type Loose = Readonly<Record<string, unknown>>

export async function triggerCommand(name: string, options: TriggerCommand): Promise<void> {
  const { payer, amount, acquirer, of, to, day } = options
  const done = (await askDesk(options, `/trigger/${encodeURIComponent(name)}`, {
    payer,
    amount,
    acquirer,
    of,
    to,
    day,
  })) as unknown as Done
  if (options.json === true) return void process.stdout.write(`${JSON.stringify(done)}\n`)
  const result = done.result as Loose
  const lines = LINES[done.did](result, options.lang)
  const next = NEXT[done.did](result) + at(options.url)
  process.stdout.write(`${[...lines, say(options.lang, 'cli.next', { command: next })].join('\n')}\n`)
}

const text = (result: Loose, name: string): string => String(result[name] ?? '?')
const yuan = (minor: unknown): string =>
  /^-?[0-9]+$/.test(String(minor)) ? formatMajor(money(BigInt(String(minor)), 'CNY')) : '?'

const LINES: Readonly<Record<TriggerName, (result: Loose, lang: 'zh' | 'en') => readonly string[]>> = {
  sale: (result, lang) => [
    say(lang, 'cli.trigger.sale', {
      order: text(result, 'order'),
      acquirer: text(result, 'acquirer'),
      state: text(result, 'state'),
      amount: yuan(result['amount']),
    }),
  ],
  refund: (result, lang) => [
    say(lang, 'cli.trigger.refund', {
      of: text(result, 'of'),
      order: text(result, 'order'),
      state: text(result, 'state'),
      amount: yuan(result['amount']),
    }),
  ],
  reversal: (result, lang) => [
    say(lang, 'cli.trigger.reversal', { order: text(result, 'order'), state: text(result, 'state') }),
  ],
  'notice-again': (result, lang) => {
    const [sent] = (result['sent'] ?? []) as readonly Loose[]
    const values = {
      order: text(result, 'order'),
      type: text(result, 'type'),
      class: text(sent ?? {}, 'class'),
      n: text(sent ?? {}, 'request'),
    }
    return [say(lang, 'cli.trigger.notice', values)]
  },
  'close-day': (result, lang) => {
    const open = (result['unconfirmed'] ?? []) as readonly string[]
    const unconfirmed =
      open.length === 0
        ? say(lang, 'cli.trigger.day.settled')
        : say(lang, 'cli.trigger.day.open', { parties: open.join(', ') })
    const positions = (result['positions'] ?? []) as readonly Loose[]
    return [
      say(lang, 'cli.trigger.day', { day: text(result, 'day'), items: text(result, 'items'), unconfirmed }),
      ...positions.map((one) =>
        say(lang, 'cli.trigger.position', { party: text(one, 'party'), net: yuan(one['net']) }),
      ),
    ]
  },
  crash: (result, lang) => [say(lang, 'cli.trigger.crash', { begun: text(result, 'begun') })],
}

const NEXT: Readonly<Record<TriggerName, (result: Loose) => string>> = {
  sale: (result) => `npx sifang trigger refund --of ${text(result, 'order')} --amount 300`,
  refund: () => 'npx sifang trigger close-day',
  reversal: (result) => `npx sifang trigger notice-again --of ${text(result, 'order')}`,
  'notice-again': () => 'npx sifang listen --since 0',
  'close-day': () => 'npx sifang trigger crash',
  crash: () => 'npx sifang trigger sale',
}
