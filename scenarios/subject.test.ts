// A message that is handed in at the door and one that goes through the whole HTTP app are answered alike.
import { describe, expect, test } from 'vitest'
import { memoryStore } from '../store/store.ts'
import { PROFILES, type Sealed } from '../wire/wire.ts'
import { seeded } from './chance.ts'
import { stageClock } from './clock.ts'
import { VIRTUAL_START } from './in-process.ts'
import { testNetwork } from './parties.ts'
import { reference } from './reference.ts'
import { subjectOver } from './subject.ts'

const profile = PROFILES['sim']
if (profile === undefined) throw new Error('there is no profile sim')
const PATH = '/sifang/1/debit'
const TYPE = 'application/vnd.sifang.1'
const bytes = new Uint8Array([1, 2, 3])
const message: Sealed = { path: PATH, contentType: TYPE, bytes }
const longest = new Uint8Array(profile.values.bodyBytesMax)

const CASES: readonly (readonly [what: string, sealed: Sealed, encoding?: string])[] = [
  ['bytes that are no message', message],
  ['nothing at all', { ...message, bytes: new Uint8Array() }],
  ['as long as may be', { ...message, bytes: longest }],
  ['a byte longer', { ...message, bytes: new Uint8Array(longest.length + 1) }],
  ['said to be packed', message, 'gzip'],
  ['said to be as it is', message, 'identity'],
  ['another content type', { ...message, contentType: 'text/plain' }],
  ['no content type', { ...message, contentType: '' }],
  ['a content type that is no header', { ...message, contentType: 'a\nb' }],
  ['a path of the frame where nobody is', { ...message, path: `${PATH}s` }],
  ['a path outside the frame', { ...message, path: '/elsewhere' }],
  ['a path that leads out of the frame', { ...message, path: '/sifang/1/../../wallet' }],
  ['a path with a question', { ...message, path: `${PATH}?a=b` }],
  ['a path in other letters', { ...message, path: '/sifang/1/%64ebit' }],
  ['the path of a JSON call', { ...message, path: '/control/reset' }],
]

async function subjects() {
  const random = seeded('door')
  const clock = stageClock(VIRTUAL_START)
  const network = await testNetwork(profile as NonNullable<typeof profile>, random, VIRTUAL_START)
  const store = memoryStore({ now: () => clock.now() })
  const send = async () => ({ kind: 'no_reply' }) as const
  const { fetch, door } = reference({ network, random, store, clock: clock.view(), moved: clock, send })
  const about = { name: 'ours', kind: 'in-process', features: new Set<never>() } as const
  return { handed: subjectOver(fetch, about, door), whole: subjectOver(fetch, about), door }
}

describe('a message handed in', () => {
  for (const [what, sealed, encoding] of CASES)
    test(what, async () => {
      const { handed, whole } = await subjects()
      expect(await handed.post(sealed, encoding)).toEqual(await whole.post(sealed, encoding))
    })

  test('is refused by size and by encoding, each by its class', async () => {
    const { handed } = await subjects()
    const tooLong = { ...message, bytes: new Uint8Array(longest.length + 1) }
    const size = { class: 'REJ-SIZE', en: `may hold at most ${longest.length} bytes` }
    const packed = { class: 'REJ-TYPE', field: 'content-encoding' }
    expect(await handed.post(tooLong)).toMatchObject({ status: 413, refusal: size })
    expect(await handed.post(message, 'gzip')).toMatchObject({ status: 415, refusal: packed })
    expect(await handed.post({ ...message, path: '/elsewhere' })).toBe('no_reply')
  })

  test('the door takes POST alone, and what lies elsewhere is not its own', async () => {
    const { door } = await subjects()
    const arrived = { method: 'GET', path: PATH, header: () => undefined, body: () => bytes }
    expect(await door(arrived)).toMatchObject({ status: 405, headers: { allow: 'POST' } })
    expect(door({ ...arrived, path: '/wallet/users' })).toBeUndefined()
    const unread = { ...arrived, method: 'POST', body: () => undefined }
    expect(await door(unread)).toMatchObject({ status: 413, headers: { connection: 'close' } })
  })
})
