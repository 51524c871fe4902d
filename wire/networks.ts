// What a network calls things: each table turns what parties say, spelt under the UnionPay-like names of the field rows,
// into the network's own names and forms, and back. The UnionPay-like network needs no turning.
import type { FieldFault } from './codec.ts'
import type { Tree } from './json.ts'
import type { MessageType } from './messages.ts'
import { netsunion } from './netsunion.ts'
import type { Network } from './profile.ts'

export type NetworkTable = {
  /** Members under the rows' own names → under the network's. */
  told(type: MessageType, members: Tree): Tree
  /** The other way, or what cannot be one of the network's values. Members of no row are left as they are. */
  heard(type: MessageType, members: Tree): { readonly tree: Tree } | { readonly fault: FieldFault }
  /** What the network calls a member, by the path it has under the rows' own names (`legs[0].txnAmt`). */
  nameOf(type: MessageType, path: string): string
}

const unionpay: NetworkTable = {
  told: (_type, members) => members,
  heard: (_type, members) => ({ tree: members }),
  nameOf: (_type, path) => path,
}

const TABLES: Readonly<Record<Network, NetworkTable>> = { unionpay, netsunion }

export const tableOf = (network: Network): NetworkTable => TABLES[network]
