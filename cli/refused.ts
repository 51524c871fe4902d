// Why the desk of a running `sifang up` does not do something: a status for machines, a sentence in both languages for people.
import { say, type WordKey } from '../reports/reports.ts'
import type { Text } from '../wire/wire.ts'

export type Refusal = { readonly status: 400 | 403 | 404 | 409; readonly because: Text }

export function refusal(
  status: Refusal['status'],
  key: WordKey,
  values: Readonly<Record<string, string | number>> = {},
): Refusal {
  return { status, because: { zh: say('zh', key, values), en: say('en', key, values) } }
}
