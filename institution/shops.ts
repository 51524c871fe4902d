// What the wallet itself knows about shops, as data: which it pays no more, which categories are blocked, and where a
// shop's app may be called back. Kept by people through the control API; the switch's own word on a shop comes on top.
import type { Rows, Store } from '../store/store.ts'
import { kind } from '../store/store.ts'

export type Shop = {
  readonly merchant: string
  readonly status: 'active' | 'closed'
  /** Hosts of return addresses. A scheme of an app is nobody's own and never among them (ONL-007). */
  readonly returnHosts: readonly string[]
}
export type Category = { readonly blocked: boolean }

export const shops = kind<Shop>('shop')
const categories = kind<Category>('category')

type Place = { readonly merchant: string; readonly merchantCategory: string }
export const shopKeys = ({ merchant, merchantCategory }: Place) => [
  shops.key(merchant),
  categories.key(merchantCategory),
]

/** A shop that nobody wrote down is in order; one that was closed, or sells what is blocked, is not (MPM-011). */
export const shopRefusal = (rows: Rows, { merchant, merchantCategory }: Place): 'DECL-MERCH' | undefined =>
  shops.in(rows, merchant)?.status === 'closed' || categories.in(rows, merchantCategory)?.blocked === true
    ? 'DECL-MERCH'
    : undefined

export async function setShop(
  store: Store,
  merchant: string,
  change: { readonly status?: Shop['status']; readonly returnHosts?: readonly string[] },
): Promise<Shop> {
  return store.change([shops.key(merchant)], (rows) => {
    const before = shops.in(rows, merchant) ?? { merchant, status: 'active', returnHosts: [] }
    const after: Shop = { ...before, ...change }
    return {
      put: [shops.put(merchant, after)],
      append: [{ item: merchant, kind: 'shop', body: after }],
      result: after,
    }
  })
}

export async function setCategory(store: Store, category: string, blocked: boolean): Promise<Category> {
  return store.change([categories.key(category)], () => ({
    put: [categories.put(category, { blocked })],
    append: [{ item: category, kind: 'category', body: { blocked } }],
    result: { blocked },
  }))
}

/** Whether a shop's page may be opened when the user is done. Nothing but https on a host of the shop's own. */
export function mayReturn(shop: Shop | undefined, address: string): boolean {
  const match = /^https:\/\/([a-z0-9.-]+)(?:\/[^\s\\]*)?$/.exec(address)
  return match !== null && shop?.returnHosts.includes(match[1] ?? '') === true
}
