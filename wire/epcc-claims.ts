// What an EPCC message says of itself and what a reply to it must name, before anything of it is believed.
import { claimOf, type EpccMessage, senderOf, serialId } from './epcc-read.ts'
import type { Head } from './head.ts'
import type { Tree } from './json.ts'
import { FORMS } from './netsunion-forms.ts'
import { readBeijingTime, stamp } from './time.ts'

export const EPCC_PATH = '/preSvr'
export const EPCC_TYPE = 'application/xml;charset=utf-8'

export function epccHead(message: EpccMessage): Head {
  const { header } = message
  const at = readBeijingTime(FORMS.time.heard(header.SndDt) ?? '')
  const none = {
    v: '-',
    profile: '-',
    suite: '-',
    order: '-',
    path: '-',
    to: '-',
    id: '-',
    nonce: '-',
    ref: '-',
  }
  return {
    ...none,
    type: claimOf(message) ?? '-',
    from: senderOf(message),
    ts: at === undefined ? header.SndDt : stamp(at),
    signcert: serialId(header.SignSN),
    enccert: header.NcrptnSN === '' ? '-' : serialId(header.NcrptnSN),
  }
}

export const HOUSE_ID = 'MsgId'
/** By what a reply to a public message names it; house messages and 401 have a number of their own (ours). */
const KEYS = ['TrxId', 'RvslId', 'NtfctnId', 'OrdrId', 'TrxDtTm'] as const

/** A request's number and what names it, percent-encoded so that a claim cannot pass for two. */
export function referenceTo(number: string, members: Tree): string {
  const names = members[HOUSE_ID] === undefined ? KEYS : [HOUSE_ID]
  const keys = names.flatMap((name) => {
    const value = members[name]
    return typeof value === 'string' ? [`${name}=${encodeURIComponent(value)}`] : []
  })
  return [number, ...keys].join(' ')
}

export function readReference(ref: string): {
  readonly number: string
  readonly keys: Readonly<Record<string, string>>
} {
  const [number = '', ...keys] = ref.split(' ')
  const pairs = keys.map((key) => {
    const at = key.indexOf('=')
    return [key.slice(0, at), decodeURIComponent(key.slice(at + 1))] as const
  })
  return { number, keys: Object.fromEntries(pairs) }
}
