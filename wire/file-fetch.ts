// The file of a clearing day as a member gets it: part by part, one version from the first part to the last, and held against
// the digest that the switch told. “Not ready” and “there is none” are two answers, and neither is an empty day.
import { type Bytes, concat, fromBase64, sm3Hex } from '../crypto/crypto.ts'
import { call } from './call.ts'
import type { PartyId } from './directory.ts'
import type { World } from './world.ts'

export type FetchedFile =
  | { readonly kind: 'file'; readonly version: number; readonly bytes: Bytes }
  | { readonly kind: 'not-ready' | 'none' }
  /** No answer, or one that is no file: ask again. */
  | { readonly kind: 'unknown'; readonly because: string }

const unknown = (because: string) => ({ kind: 'unknown', because }) as const
/** Ours; 4096 parts are more than a day of any member of this network. */
const PARTS_MAX = 4096

export async function fetchDayFile(
  world: World<unknown>,
  switchId: PartyId,
  clearingDay: string,
): Promise<FetchedFile> {
  const whole: Bytes[] = []
  let [version, digest, parts] = ['', '', 1]
  for (let part = 1; part <= parts; part += 1) {
    const asked = { clearingDay, fileKind: 'DAY', part: String(part), ...(version !== '' && { version }) }
    const reply = await call(world, 'file.fetch', switchId, asked, world.profile.values.noticeWaitMs)
    if (reply.kind !== 'answered') return unknown(reply.because)
    if (reply.class === 'PENDING') return { kind: 'not-ready' }
    if (reply.class === 'NOT_FOUND') return { kind: 'none' }
    const { fields } = reply
    const bytes = fromBase64(fields.fileContent ?? '')
    if (reply.class !== 'OK' || bytes === undefined || fields.part !== String(part))
      return unknown(`the switch answered ${reply.class} and not part ${part}`)
    if (part === 1)
      [version, digest, parts] = [fields.version ?? '', fields.fileDigest ?? '', Number(fields.parts)]
    if (fields.version !== version || fields.fileDigest !== digest || !(parts >= 1 && parts <= PARTS_MAX))
      return unknown('the parts are not of one file')
    whole.push(bytes)
  }
  const bytes = concat(...whole)
  if (sm3Hex(bytes) !== digest) return unknown('the file does not have the digest that was told')
  return { kind: 'file', version: Number(version), bytes }
}
