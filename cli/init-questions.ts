// The questions of `sifang init`, for a person at a terminal. Whatever a flag has answered is not asked.
import { isCancel, multiselect, note, text } from '@clack/prompts'
import { say, type WordKey } from '../reports/reports.ts'
import { FEATURES } from '../scenarios/scenarios.ts'
import { DEFAULTS, faultIn, type InitCommand } from './init-answers.ts'
import { UsageError } from './usage.ts'

type Asked = 'name' | 'url' | 'sign' | 'encrypt' | 'port' | 'seed'

const ASKED: readonly { readonly what: Asked; readonly key: WordKey; readonly otherwise: string }[] = [
  { what: 'name', key: 'cli.init.ask.name', otherwise: DEFAULTS.name },
  { what: 'url', key: 'cli.init.ask.url', otherwise: DEFAULTS.url },
  { what: 'sign', key: 'cli.init.ask.sign', otherwise: '' },
  { what: 'encrypt', key: 'cli.init.ask.encrypt', otherwise: '' },
  { what: 'port', key: 'cli.init.ask.port', otherwise: DEFAULTS.port },
  { what: 'seed', key: 'cli.init.ask.seed', otherwise: DEFAULTS.seed },
]

export async function questions(given: InitCommand): Promise<Partial<InitCommand>> {
  const { lang } = given
  note(say(lang, 'cli.init.begin'), 'sifang init')
  const answers: Partial<Record<Asked | 'features', string>> = {}
  for (const { what, key, otherwise } of ASKED) {
    if (given[what] !== undefined) continue
    // Without a certificate for signing there is none for encryption either: both are made.
    if (what === 'encrypt' && (given.sign ?? answers.sign) === undefined) continue
    const answer = left(
      await text({
        message: say(lang, key),
        placeholder: otherwise,
        defaultValue: otherwise,
        validate: (typed) => (typed === undefined || typed === '' ? undefined : faultIn(what, typed)),
      }),
      lang,
    )
    if (answer !== '') answers[what] = answer
  }
  if (given.features === undefined) {
    const options = FEATURES.map((value) => ({ value, label: value }))
    const chosen = await multiselect({
      message: say(lang, 'cli.init.ask.features'),
      options,
      required: false,
    })
    answers.features = left(chosen, lang).join(',')
  }
  return answers
}

function left<T>(answer: T, lang: 'zh' | 'en'): Exclude<T, symbol> {
  if (isCancel(answer)) throw new UsageError(say(lang, 'cli.init.cancelled'), 130)
  return answer as Exclude<T, symbol>
}
