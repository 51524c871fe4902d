// How listen, trigger and resend reach the desk of a running `sifang up`. That nobody is there, or somebody else, is said
// in a sentence with what to do.
import { say } from '../reports/reports.ts'
import type { Text } from '../wire/wire.ts'
import { DESK_PATH } from './network-desk.ts'
import { UsageError } from './usage.ts'

export type DeskOptions = { readonly url: string; readonly json?: boolean; readonly lang: 'zh' | 'en' }

const DEFAULT_DESK = 'http://127.0.0.1:18080'

/** What the desk answers; what it refuses is the user's to mend. */
export async function askDesk(
  { url, lang }: DeskOptions,
  path: string,
  body?: unknown,
): Promise<Readonly<Record<string, unknown>>> {
  const response = await reach({ url, lang }, path, {
    ...(body !== undefined && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  })
  const said = (await response.json().catch(() => undefined)) as Readonly<Record<string, unknown>> | undefined
  const because = said?.['because'] as Partial<Text> | undefined
  if (said !== undefined && response.ok) return said
  if (because?.[lang] !== undefined) throw new UsageError(because[lang])
  throw new UsageError(say(lang, 'cli.desk.other', { url, status: response.status }), 3)
}

export async function reach(
  { url, lang }: Pick<DeskOptions, 'url' | 'lang'>,
  path: string,
  init: RequestInit,
): Promise<Response> {
  const address = `${url.replace(/\/+$/, '')}${DESK_PATH}${path}`
  if (!URL.canParse(address)) throw new UsageError(`--url ${url}: an address such as ${DEFAULT_DESK}`)
  try {
    return await fetch(address, init)
  } catch (error) {
    if (init.signal?.aborted === true) throw error
    throw new UsageError(say(lang, 'cli.desk.absent', { url }), 3)
  }
}

/** What to try next is at the same network. */
export const at = (url: string): string => (url === DEFAULT_DESK ? '' : ` --url ${url}`)
