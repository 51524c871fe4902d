// Whether a page can be played in a profile at all. A page that is about another frame, network or flag, or whose wrong
// message has no place in the profile's frame, does not apply there; that is no merit of the subject and no fault.
import { type Forge, notIn } from '../mocks/mocks.ts'
import type { Profile, Text } from '../wire/wire.ts'
import type { Page } from './page.ts'

/** Why the page does not apply in this profile; undefined where it does. */
export function notApplicable(profile: Profile, page: Page): Text | undefined {
  const { frames, networks, orders, suites, flags } = page.profile ?? {}
  const unwritable = forgesIn(page.steps)
    .map((forge) => notIn(profile.frame, forge))
    .find((one) => one !== undefined)
  // What the frame lacks says more than which frame the page is about.
  if (unwritable !== undefined) return { zh: `（报文框架）${unwritable.zh}`, en: `(frame) ${unwritable.en}` }
  const lists: readonly (readonly [readonly string[] | undefined, string, Text])[] = [
    [frames, profile.frame, { zh: '报文框架', en: 'frame' }],
    [networks, profile.network, { zh: '网络', en: 'network' }],
    [orders, profile.order, { zh: '加密签名次序', en: 'order' }],
    [suites, profile.suite, { zh: '算法套件', en: 'suite' }],
  ]
  for (const [wanted, here, what] of lists) {
    if (wanted === undefined || wanted.includes(here)) continue
    return {
      zh: `（${what.zh}）此页只考 ${wanted.join('、')}，本配置档为 ${here}`,
      en: `(${what.en}) this page is about ${wanted.join(', ')}, and the profile has ${here}`,
    }
  }
  for (const [flag, wanted] of Object.entries(flags ?? {})) {
    const here = String((profile.flags as Readonly<Record<string, unknown>>)[flag])
    if (here === wanted) continue
    return {
      zh: `（开关）此页考 ${flag}=${wanted}，本配置档为 ${here}`,
      en: `(flag) this page is about ${flag}=${wanted}, and the profile has ${here}`,
    }
  }
  return undefined
}

/** Every fault that the steps of a page put into a message, wherever it stands in them. */
function forgesIn(value: unknown): readonly Forge[] {
  if (Array.isArray(value)) return value.flatMap(forgesIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'forge' ? [inner as Forge] : forgesIn(inner),
  )
}
