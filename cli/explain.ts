// `sifang explain`: any id, code or word that our output names, in words and with its source.
import { say } from '../reports/reports.ts'
import { group, invariant, mutant, row } from './explain-catalogue.ts'
import { mistake } from './explain-clinic.ts'
import { answerClass, code, field, head, message, part, profile, step } from './explain-wire.ts'
import { cause, exit, feature, verdict } from './explain-words.ts'
import { type Explained, type Kind, KINDS, type Lang, same } from './explained.ts'
import { near } from './near.ts'
import { UsageError } from './usage.ts'

type ExplainCommand = { readonly all?: boolean; readonly json?: boolean; readonly lang: Lang }

/** In the order in which they are told when one word has several meanings. */
const ALL: readonly Kind[] = [
  row,
  group,
  invariant,
  mutant,
  answerClass,
  code,
  field,
  head,
  part,
  message,
  step,
  verdict,
  cause,
  exit,
  feature,
  profile,
  mistake,
]

export async function explainCommand(asked: string, options: ExplainCommand): Promise<void> {
  if (options.all === true) return tellAll(options)
  const { lang } = options
  if (asked.trim() === '') throw new UsageError(say(lang, 'cli.explain.what'))
  const found = await explained(asked, lang)
  if (found.length === 0)
    throw new UsageError(
      say(lang, 'cli.explain.unknown', {
        id: asked,
        near: near(await explainable(), asked).join(', '),
        kinds: ALL.map(({ name }) => say(lang, `cli.kind.${name}`)).join(lang === 'zh' ? '、' : ', '),
      }),
    )
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ asked, found })}\n`
      : `${found.map((one) => text(one, lang)).join('\n\n')}\n`,
  )
}

/** Everything that this may mean; a kind said first, as in `field order`, leaves only that meaning. */
export async function explained(asked: string, lang: Lang): Promise<readonly Explained[]> {
  const [first = '', ...rest] = asked.trim().split(/[\s]+/)
  const named = KINDS.find((kind) => same(kind, first))
  if (named !== undefined && rest.length > 0) {
    const kind = ALL.find(({ name }) => name === named)
    const only = await kind?.tell(rest.join(' '), lang)
    if (only !== undefined) return [only]
  }
  const word = [first, ...rest].join(' ')
  const told = await Promise.all(ALL.map((kind) => kind.tell(word, lang)))
  return told.filter((one) => one !== undefined)
}

/** Every id that has an explanation, for completion and for near names. */
export async function explainable(): Promise<readonly string[]> {
  const ids = await Promise.all(ALL.map((kind) => kind.ids()))
  return [...new Set(ids.flat())]
}

function text({ id, kind, lines, source }: Explained, lang: Lang): string {
  return [
    `${id}  (${say(lang, `cli.kind.${kind}`)})`,
    ...lines.map((line) => `  ${line}`),
    `  ${say(lang, 'cli.explain.source', { source })}`,
  ].join('\n')
}

async function tellAll({ json, lang }: ExplainCommand): Promise<void> {
  const kinds = await Promise.all(ALL.map(async (kind) => ({ kind: kind.name, ids: await kind.ids() })))
  process.stdout.write(
    json === true
      ? `${JSON.stringify({ kinds })}\n`
      : `${kinds
          .map(({ kind, ids }) => `${say(lang, `cli.kind.${kind}`)} (${ids.length})\n  ${ids.join(' · ')}`)
          .join('\n')}\n`,
  )
}
