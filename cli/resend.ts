// `sifang resend ID|N`: sends once more what a running `sifang up` has carried, and says how it was answered this time.
import { say } from '../reports/reports.ts'
import { askDesk, at, type DeskOptions } from './desk-client.ts'
import type { Resent } from './resending.ts'
import { UsageError } from './usage.ts'

export type ResendCommand = DeskOptions & {
  readonly twice?: boolean
  readonly late?: string
  readonly fresh?: boolean
}

export async function resendCommand(message: string, options: ResendCommand): Promise<void> {
  const { lang, json, url } = options
  const order = {
    message,
    fresh: options.fresh === true,
    twice: options.twice === true,
    lateMs: lateMs(options.late, lang),
  }
  const done = (await askDesk(options, '/resend', order)) as unknown as Resent
  if (json === true) return void process.stdout.write(`${JSON.stringify(done)}\n`)
  const how = say(lang, done.fresh ? 'cli.resend.fresh' : 'cli.resend.bytes')
  const { type } = done
  const lines = done.sent.map(({ request, reply, class: answer }) =>
    say(lang, 'cli.resend.sent', {
      message: done.message,
      type,
      how,
      request,
      reply: reply ?? '-',
      class: answer,
    }),
  )
  if (done.at !== undefined)
    lines.push(say(lang, 'cli.resend.waits', { message: done.message, type, at: done.at }))
  const next = done.fresh ? `npx sifang resend ${done.message}` : `npx sifang resend ${done.message} --fresh`
  lines.push(say(lang, 'cli.next', { command: `${next}${at(url)}` }))
  process.stdout.write(`${lines.join('\n')}\n`)
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
const LATE_MAX_MS = 3_600_000

function lateMs(text: string | undefined, lang: 'zh' | 'en'): number {
  if (text === undefined) return 0
  const [, count = '', unit = ''] = /^([0-9]{1,7})(ms|s|m|h)$/.exec(text) ?? []
  const late = Number(count) * (UNITS[unit] ?? 0)
  if (late > 0 && late <= LATE_MAX_MS) return late
  throw new UsageError(say(lang, 'cli.resend.late', { late: text }))
}
