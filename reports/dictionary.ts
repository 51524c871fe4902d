// The one dictionary of what people read, of reports and of the command line. A key without zh or en does not
// compile, and neither does a sentence that nobody wrote. words.ts holds the reports' half.
import { COMMAND_WORDS } from './command-words.ts'
import { fill, type Lang, REPORT_WORDS } from './words.ts'

export type { Lang } from './words.ts'

export const DICTIONARY = { ...REPORT_WORDS, ...COMMAND_WORDS } as const
export type WordKey = keyof typeof DICTIONARY

/** One sentence in one language. */
export function say(lang: Lang, key: WordKey, values?: Readonly<Record<string, string | number>>): string {
  return fill(DICTIONARY[key][lang], values)
}
