// Merchants, acquirers and institutions as data: what each may do, from which day on. A change is written down with the day
// on which it takes effect, and nothing that was is overwritten: what held on a day can be said afterwards.
import { kind, type Rows } from '../store/store.ts'
import { beijingDay, type DeclineClass, type RejectClass } from '../wire/wire.ts'
import type { SwitchWorld } from './world.ts'

export const SCENES = ['CPM', 'MPM', 'ONLINE'] as const
export type Scene = (typeof SCENES)[number]

export type MerchantTerms = {
  readonly name: string
  readonly status: 'active' | 'suspended' | 'closed'
  readonly scenes: readonly Scene[]
  /** Categories and provinces (two digits) in which it may sell; none named means any. */
  readonly categories: readonly string[]
  readonly provinces: readonly string[]
  /** Name of the fee standard that it is charged by. */
  readonly fee: string
  /** Hosts of its own pages, to which a payer may be sent back. */
  readonly returnHosts: readonly string[]
}
/** Of an acquirer or an account institution; its keys and address stand in the directory. */
export type InstitutionTerms = {
  readonly status: 'active' | 'suspended'
  readonly scenes: readonly Scene[]
  /** First digits of the business codes that it takes; none named means any, and payments without one. */
  readonly businesses: readonly string[]
  readonly fee: string
}
type Version<T> = { readonly from: string; readonly terms: T }
export type Registered<T> = { readonly id: string; readonly versions: readonly Version<T>[] }

export const merchants = kind<Registered<MerchantTerms>>('merchant')
export const institutions = kind<Registered<InstitutionTerms>>('institution')
export const merchantKey = (acquirer: string, merchant: string): string => `${acquirer}.${merchant}`

/** What holds at an instant: the latest version whose day has begun in Beijing. */
export function termsAt<T>(record: Registered<T> | undefined, at: number): T | undefined {
  const day = beijingDay(at)
  return record?.versions.findLast(({ from }) => from <= day)?.terms
}

export type Terms = { readonly rows: Rows; readonly at: number }

/** Reads what the registry says about these parties; a busy merchant is no lock. */
export async function termsFor(world: SwitchWorld, acquirer: string, merchant: string): Promise<Terms> {
  const wallets = world.directory.parties().filter(({ role }) => role === 'institution')
  const keys = [acquirer, ...wallets.map(({ id }) => id)].map((id) => institutions.key(id))
  const rows = await world.store.read([merchants.key(merchantKey(acquirer, merchant)), ...keys])
  return { rows, at: world.clock.wall() }
}

export type Sells = {
  readonly acquirer: string
  readonly merchant: string
  readonly merchantCategory: string
  readonly region?: string | undefined
}

/** The first reason why this merchant may not sell so, or its acquirer may not bring it. */
export function merchantRefusal(
  { profile }: Pick<SwitchWorld, 'profile'>,
  { rows, at }: Terms,
  { acquirer, merchant, merchantCategory, region }: Sells,
  scene: Scene,
): DeclineClass | undefined {
  const bringer = termsAt(institutions.in(rows, acquirer), at)
  if (bringer !== undefined && (bringer.status !== 'active' || !bringer.scenes.includes(scene)))
    return 'DECL-MERCH'
  const terms = termsAt(merchants.in(rows, merchantKey(acquirer, merchant)), at)
  if (terms === undefined) return profile.flags.unknownMerchant === 'allowed' ? undefined : 'DECL-MERCH'
  const { status, scenes, categories, provinces } = terms
  const barred =
    status !== 'active' ||
    !scenes.includes(scene) ||
    (categories.length > 0 && !categories.includes(merchantCategory)) ||
    (provinces.length > 0 && !provinces.includes(region?.slice(0, 2) ?? ''))
  return barred ? 'DECL-MERCH' : undefined
}

/** Whether an institution is given payments of this kind and business at all. */
export function institutionRefusal(
  { rows, at }: Terms,
  institution: string,
  scene: Scene,
  business: string | undefined,
): RejectClass | undefined {
  const terms = termsAt(institutions.in(rows, institution), at)
  if (terms === undefined) return undefined
  const { status, scenes, businesses } = terms
  const takes = businesses.length === 0 || businesses.some((prefix) => business?.startsWith(prefix) === true)
  return status === 'active' && scenes.includes(scene) && takes ? undefined : 'REJ-ROUTE'
}

export type Registering<T> = { readonly from: string; readonly terms: T }
export type Entered<T> =
  | { readonly kind: 'done'; readonly value: Registered<T> }
  | { readonly kind: 'refused'; readonly field: string; readonly zh: string; readonly en: string }

export const enterMerchant = (
  world: SwitchWorld,
  id: string,
  change: Registering<MerchantTerms>,
): Promise<Entered<MerchantTerms>> => enter(world, merchants, id, change)
export const enterInstitution = (
  world: SwitchWorld,
  id: string,
  change: Registering<InstitutionTerms>,
): Promise<Entered<InstitutionTerms>> => enter(world, institutions, id, change)

/** Adds a version. One for a day that has begun already would change what was decided on it. */
async function enter<T extends MerchantTerms | InstitutionTerms>(
  world: SwitchWorld,
  of: ReturnType<typeof kind<Registered<T>>>,
  id: string,
  { from, terms }: Registering<T>,
): Promise<Entered<T>> {
  const today = beijingDay(world.clock.wall())
  return world.store.change<Entered<T>>([of.key(id)], (rows) => {
    const before = of.in(rows, id)
    if (before !== undefined && from < today)
      return {
        result: {
          kind: 'refused',
          field: 'from',
          zh: `生效日 ${from} 已过，只能自 ${today} 起变更`,
          en: `${from} is over: a change takes effect on ${today} or later`,
        },
      }
    const others = before?.versions.filter((version) => version.from !== from) ?? []
    const versions = [...others, { from, terms }].sort((a, b) => (a.from < b.from ? -1 : 1))
    const after: Registered<T> = { id, versions }
    return {
      put: [of.put(id, after, { indexed: { [REGISTRY]: `${of.name}.${id}` } })],
      append: [{ item: id, kind: 'registry', body: { of: of.name, from, terms } }],
      result: { kind: 'done', value: after },
    }
  })
}

export const REGISTRY = 'registry'
