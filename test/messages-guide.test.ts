// docs/messages.md is made from the field tables: UPDATE_GOLDEN=1 writes it anew, any other run holds it against them.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Field, MESSAGES, REQUEST_TYPES, SENDERS, UNIONPAY_NUMBERS } from '../wire/wire.ts'
import { ROOT } from './sources.ts'

const FILE = join(ROOT, 'docs/messages.md')
const REPLY = new Set(['answer', 'because', 'repeated', 'wrongField', 'wrongOffset'])

const spelt = ({ unionpay, presence }: Field): string =>
  `\`${unionpay}\`${presence === 'optional' ? '?' : ''}`
const form = ({ format, lengthMin, lengthMax, of }: Field): string => {
  if (format === 'list') return `up to ${lengthMax} rows of ${(of ?? []).map(spelt).join(' ')}`
  const span = lengthMin === lengthMax ? `${lengthMax}` : `${lengthMin ?? 1}–${lengthMax}`
  return `${format}, ${span}`
}

function guide(): string {
  const lines = [
    '# Messages',
    '',
    'Every message of the wire, made from `wire/messages.ts`. `?` marks what may be absent; `house` is a number or name of',
    'ours where no public one exists. Every reply also holds `respCode` `respMsg` `dupFlag`? `errField`? `errOffset`?.',
    '`npx sifang explain <message or field>` says more.',
    '',
    '| message | number | sent by | fields | its reply |',
    '|---|---|---|---|---|',
  ]
  const fields = new Map<string, Field>()
  for (const type of REQUEST_TYPES) {
    const { number, origin } = UNIONPAY_NUMBERS[type]
    const own: readonly Field[] = MESSAGES[type]
    const reply = (MESSAGES[`${type}.reply` as keyof typeof MESSAGES] as readonly Field[]).filter(
      ({ name }) => !REPLY.has(name),
    )
    for (const field of [...own, ...reply, ...[...own, ...reply].flatMap(({ of }) => of ?? [])])
      fields.set(field.unionpay, field)
    const from = SENDERS[type]
    lines.push(
      `| \`${type}\` | ${number}${origin === 'house' ? ' (house)' : ''} | ${from} | ${own.map(spelt).join(' ')} | ${reply.map(spelt).join(' ')} |`,
    )
  }
  lines.push('', '## Fields', '', '| on the wire | form | | | |', '|---|---|---|---|---|')
  for (const [name, field] of [...fields].sort(([a], [b]) => (a < b ? -1 : 1)))
    lines.push(
      `| \`${name}\` | ${form(field)} | ${field.label.zh} | ${field.label.en} | ${field.origin === 'house' ? 'house' : field.clause} |`,
    )
  return `${lines.join('\n')}\n`
}

test('docs/messages.md says what the tables say', () => {
  if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(FILE, guide())
  expect(readFileSync(FILE, 'utf8')).toBe(guide())
})
