// `sifang explain`: any id, code, class or field that our output names, in words.
import { CATALOGUE, GROUPS, MUTANTS, rowOf } from '../conformance/conformance.ts'
import { say } from '../reports/reports.ts'
import { CLASSES, classOf, MESSAGES, UNIONPAY_NUMBERS } from '../wire/wire.ts'
import { near } from './near.ts'
import { allPages } from './pages.ts'
import { UsageError } from './usage.ts'

type ExplainCommand = { readonly json?: boolean; readonly lang: 'zh' | 'en' }
type Explained = { readonly id: string; readonly kind: string; readonly lines: readonly string[] }

export async function explainCommand(id: string, options: ExplainCommand): Promise<void> {
  const { lang } = options
  const found =
    (await row(id, lang)) ?? answer(id, lang) ?? mutant(id, lang) ?? field(id, lang) ?? message(id, lang)
  if (found === undefined)
    throw new UsageError(say(lang, 'cli.explain.unknown', { id, near: nearest(id).join(', ') }))
  if (options.json === true) process.stdout.write(`${JSON.stringify(found)}\n`)
  else
    process.stdout.write(
      `${[`${found.id}  (${found.kind})`, ...found.lines.map((line) => `  ${line}`)].join('\n')}\n`,
    )
}

async function row(id: string, lang: 'zh' | 'en'): Promise<Explained | undefined> {
  const [base = ''] = id.toUpperCase().split('.')
  const known = rowOf(base)
  if (known === undefined) return undefined
  const pages = (await allPages()).filter(
    ({ page, name }) =>
      page.id === base && (!id.includes('.') || name.toLowerCase().startsWith(id.toLowerCase())),
  )
  const head = [`${GROUPS[known.group]?.[lang] ?? ''} · ${known.severity} · ${known.role}`]
  if (pages.length === 0) return { id: base, kind: 'row', lines: [...head, say(lang, 'cli.list.without')] }
  const titles = new Map(
    pages.map(({ page, name, where }) => [
      `${page.title[lang]}\n    ${page.given[lang]}`,
      { name, file: where([]).file, clause: page.clause },
    ]),
  )
  const told = [...titles].map(
    ([title, { name, file, clause }]) => `${name}: ${title}\n    ${clause} · ${file}`,
  )
  return {
    id: base,
    kind: 'row',
    lines: [
      ...head,
      ...told,
      say(lang, 'cli.explain.play', { command: `npx sifang certify --grep ${base}` }),
    ],
  }
}

function answer(id: string, lang: 'zh' | 'en'): Explained | undefined {
  const named =
    CLASSES.find((one) => one.class === id.toUpperCase()) ??
    CLASSES.find((one) => one.class === classOf(id.toUpperCase()))
  if (named === undefined) return undefined
  const { text, unionpay, origin, definite, at } = named
  return {
    id: named.class,
    kind: 'answer class',
    lines: [
      text[lang],
      say(lang, 'cli.explain.code', {
        code: unionpay,
        origin: say(lang, origin === 'public' ? 'cli.origin.public' : 'cli.origin.house'),
      }),
      say(lang, definite ? 'cli.explain.definite' : 'cli.explain.open'),
      say(lang, 'cli.explain.at', { at }),
    ],
  }
}

function mutant(id: string, lang: 'zh' | 'en'): Explained | undefined {
  const named = MUTANTS.find((one) => one.id === id.toUpperCase())
  if (named === undefined) return undefined
  return {
    id: named.id,
    kind: 'mutant',
    lines: [
      named.defect[lang],
      `${named.file}`,
      say(lang, 'cli.explain.caughtby', { rows: named.caughtBy.join(', ') }),
    ],
  }
}

function field(id: string, lang: 'zh' | 'en'): Explained | undefined {
  for (const [type, table] of Object.entries(MESSAGES)) {
    const found = table.find((one) => one.name === id || one.unionpay === id)
    if (found === undefined) continue
    const { name, unionpay, label, format, lengthMax, secrecy, clause, origin } = found
    const users = Object.entries(MESSAGES)
      .filter(([, fields]) => fields.some((one) => one.name === name))
      .map(([message]) => message)
    return {
      id: unionpay,
      kind: `field of ${type}`,
      lines: [
        `${label[lang]} (${name})`,
        `${format}, ≤ ${lengthMax}, ${secrecy}`,
        `${clause} · ${say(lang, origin === 'public' ? 'cli.origin.public' : 'cli.origin.house')}`,
        users.join(', '),
      ],
    }
  }
  return undefined
}

function message(id: string, lang: 'zh' | 'en'): Explained | undefined {
  const found = Object.entries(UNIONPAY_NUMBERS).find(([type, { number }]) => type === id || number === id)
  if (found === undefined) return undefined
  const [type, { number, origin }] = found
  const fields = MESSAGES[type as keyof typeof MESSAGES].map(
    (one) =>
      `${one.unionpay.padEnd(16)} ${one.presence.padEnd(8)} ${one.format.padEnd(8)} ${one.label[lang]}`,
  )
  return {
    id: type,
    kind: 'message',
    lines: [
      `${number} · ${say(lang, origin === 'public' ? 'cli.origin.public' : 'cli.origin.house')}`,
      ...fields,
    ],
  }
}

function nearest(id: string): readonly string[] {
  return near(
    [...CATALOGUE.map((one) => one.id), ...CLASSES.map((one) => one.class), ...MUTANTS.map((one) => one.id)],
    id,
  )
}
