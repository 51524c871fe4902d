// The one dictionary of what people read, of reports and of the command line. A key without zh or en does not
// compile, and neither does a sentence that nobody wrote. words.ts holds the reports' half.
import { fill, type Lang, REPORT_WORDS, type Words } from './words.ts'

export type { Lang } from './words.ts'

/** Talk of the command line. */
const COMMAND_WORDS = {
  'cli.report.at': { zh: '报告：{path}', en: 'Report: {path}' },
  'cli.seed': { zh: '种子 {seed}', en: 'seed {seed}' },
  'cli.next': { zh: '下一步：{command}', en: 'Next: {command}' },
} as const satisfies Words

export const DICTIONARY = { ...REPORT_WORDS, ...COMMAND_WORDS } as const
export type WordKey = keyof typeof DICTIONARY

/** One sentence in one language. */
export function say(lang: Lang, key: WordKey, values?: Readonly<Record<string, string | number>>): string {
  return fill(DICTIONARY[key][lang], values)
}
