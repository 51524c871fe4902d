// What the institution's operators switch: regions, merchants and categories that are barred (分省控制, LIM-012), and the
// risk rules. One row, read before a change without a lock: a switch holds from the next request on, and nobody's payment
// waits for another's because of it.
import { kind, type Store } from '../store/store.ts'
import { DEFAULT_RULES, type RiskRule } from './risk.ts'

export const BARRABLE = ['region', 'merchant', 'category'] as const
export type Barrable = (typeof BARRABLE)[number]
export type Policy = {
  readonly barred: Readonly<Record<Barrable, readonly string[]>>
  readonly rules: readonly RiskRule[]
}

const policies = kind<Policy>('policy')
const ONE = 'all'
export const policyKey = policies.key(ONE)
const FIRST: Policy = { barred: { region: [], merchant: [], category: [] }, rules: DEFAULT_RULES }

export const policyIn = (rows: Parameters<typeof policies.in>[0]): Policy => policies.in(rows, ONE) ?? FIRST

export async function policyOf(store: Store): Promise<Policy> {
  return policyIn(await store.read([policyKey]))
}

type Shop = {
  readonly region?: string | undefined
  readonly merchant: string
  readonly merchantCategory?: string | undefined
}

/** A region's number begins with its province's: barring 44 bars 4401 as well. */
export function isBarred({ barred }: Policy, { region, merchant, merchantCategory }: Shop): boolean {
  return (
    (region !== undefined && barred.region.some((one) => region.startsWith(one))) ||
    (merchant !== undefined && barred.merchant.includes(merchant)) ||
    (merchantCategory !== undefined && barred.category.includes(merchantCategory))
  )
}

export function setBarred(store: Store, what: Barrable, name: string, on: boolean): Promise<Policy> {
  return changed(store, (policy) => {
    const others = policy.barred[what].filter((one) => one !== name)
    return { ...policy, barred: { ...policy.barred, [what]: on ? [...others, name] : others } }
  })
}

/** Puts a rule in its place, or behind the others; `undefined` takes it away. */
export function setRule(store: Store, id: string, rule: RiskRule | undefined): Promise<Policy> {
  return changed(store, (policy) => {
    const at = policy.rules.findIndex((one) => one.id === id)
    const rules = [...policy.rules]
    rules.splice(at < 0 ? rules.length : at, at < 0 ? 0 : 1, ...(rule === undefined ? [] : [rule]))
    return { ...policy, rules }
  })
}

function changed(store: Store, how: (policy: Policy) => Policy): Promise<Policy> {
  return store.change<Policy>([policyKey], (rows) => {
    const policy = how(policyIn(rows))
    return {
      put: [policies.put(ONE, policy)],
      append: [{ item: 'policy', kind: 'policy', body: policy }],
      result: policy,
    }
  })
}
