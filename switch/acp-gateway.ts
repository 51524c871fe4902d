// The door of direct merchants: UnionPay's ACP 5.1.0 gateway (facts/unionpay 1), for what the public client libraries send.
// A request is believed by the merchant's own key; the answer is one signed line that is not URL-encoded.
import { Hono } from 'hono'
import { doDueJobs, type JobStories } from '../store/store.ts'
import {
  bodiesUpTo,
  type Endpoint,
  type Form,
  inFlight,
  noSuchPath,
  type Pair,
  readBody,
  type Sealed,
  storyFor,
  textInLine,
  type Turned,
  valueIn,
  withInnerCode,
  writeLine,
} from '../wire/wire.ts'
import {
  type AcpMerchant,
  acpMerchants,
  type AcpMethod,
  isFrom,
  signedFor,
  type Speaks,
} from './acp-merchants.ts'
import { heardNotice, namesOf, tellMerchant } from './acp-notice.ts'
import { backPage, payPage, sayPage } from './acp-pages.ts'
import { acpByTn, type AcpItem, acpItems } from './acp-records.ts'
import { merchantRoutes } from './acp-registry.ts'
import { no } from './acp-rules.ts'
import type { Asked } from './acp-book.ts'
import { order, type Told, trade } from './acp-trade.ts'
import type { GatewayWorld } from './acp-world.ts'

export type Gateway = { readonly endpoint: Endpoint; readonly app: Hono }

const JOBS: JobStories<GatewayWorld> = { 'acp-notice': tellMerchant }
const LEASE_MS = 30_000

/** The gateway over its world (acp-world.ts): an acquirer to the switch, and a door for merchants and payers. */
export function gatewayOn(world: GatewayWorld, failed: (error: unknown) => void): Gateway {
  const flights = inFlight()
  const receive = (sealed: Sealed): Promise<Sealed | Turned> =>
    flights.track((storyFor({ 'notify.payee': heardNotice }, sealed) ?? noSuchPath)(world, sealed))
  return {
    endpoint: {
      me: world.me,
      receive,
      work: () => flights.track(doDueJobs(world, JOBS, LEASE_MS, failed)),
      nextDue: () => world.store.nextDue(),
      inFlight: () => flights.count(),
    },
    app: gatewayApp(world, (work) => flights.track(work)),
  }
}

type Track = <T>(work: Promise<T>) => Promise<T>

function gatewayApp(world: GatewayWorld, track: Track): Hono {
  const app = new Hono()
  const { bodyBytesMax } = world.profile.values
  const tooLong = bodiesUpTo(bodyBytesMax, (c) => c.text(refusalLine('10', 'the body is too long'), 413))
  app.post('/gateway/api/:door', tooLong, async (c) => {
    const read = readBody(new Uint8Array(await c.req.arrayBuffer()))
    if ('fault' in read) {
      const { field, offset, rule } = read.fault
      return html(refusalLine('10', `${rule.zh} · ${rule.en} (${field}, ${offset})`))
    }
    return track(answered(world, read.form, c.req.param('door')))
  })
  payRoutes(app, world, track)
  merchantRoutes(app, world)
  return app
}

const html = (text: string | Uint8Array<ArrayBuffer>, charset = 'UTF-8'): Response =>
  new Response(text, { headers: { 'content-type': `text/html;charset=${charset}` } })

/** Unsigned: nobody knows to whom it is said. */
const refusalLine = (code: string, text: string): string =>
  `respCode=${code}&respMsg=${withInnerCode(textInLine(text), code)}`

async function answered(world: GatewayWorld, form: Form, door: string): Promise<Response> {
  const known = await believed(world, form)
  if ('respCode' in known) return refused(door, known)
  const asked: Asked = known
  const begins = door === 'frontTransReq.do' || door === 'appTransReq.do'
  const told = await (begins ? order : trade)(world, asked)
  if (door === 'frontTransReq.do') return front(world, told)
  const pairs: readonly Pair[] = [...echoOf(form), ...toldPairs(told)]
  const signed = await signedFor(world.identity(), asked.merchant, asked.speaks, pairs)
  return html(new Uint8Array(writeLine(signed, asked.speaks.charset)), asked.speaks.charset)
}

function refused(door: string, { respCode, respMsg }: Told): Response {
  return door === 'frontTransReq.do'
    ? html(sayPage(respMsg))
    : html(refusalLine(respCode, `${respMsg.zh} · ${respMsg.en}`))
}

const toldPairs = ({ respCode, respMsg, more = [] }: Told): readonly Pair[] => [
  ['respCode', respCode],
  ['respMsg', withInnerCode(textInLine(`${respMsg.zh} · ${respMsg.en}`), respCode)],
  ...more,
]

const ECHOED = [
  'txnType',
  'txnSubType',
  'bizType',
  'accessType',
  'merId',
  'orderId',
  'txnTime',
  'reqReserved',
  'settleDate',
  'fileType',
]
const echoOf = (form: Form): readonly Pair[] =>
  ECHOED.map((name) => [name, valueIn(form, name) ?? ''] as const).filter(([, value]) => value !== '')

const VERSIONS = ['5.1.0', '5.0.0', '1.0.0']

/** Whose request it is, and that it is: nothing of it is used before. */
async function believed(world: GatewayWorld, form: Form): Promise<Asked | Told> {
  const id = valueIn(form, 'merId') ?? ''
  const [version = '', method = ''] = [valueIn(form, 'version'), valueIn(form, 'signMethod')]
  if (!VERSIONS.includes(version))
    return no('10', `version 应为 ${VERSIONS.join('、')}`, `version must be ${VERSIONS.join(', ')}`)
  const merchant = acpMerchants.in(await world.store.read([acpMerchants.key(id)]), id)
  if (merchant === undefined) return no('10', 'merId 未登记', 'merId is not registered with this gateway')
  const speaks: Speaks = { version, method: method as AcpMethod, charset: form.charset }
  if (!(await isFrom(merchant, form, world.clock.wall())))
    return no(
      '11',
      '验签失败，或签名方式未登记',
      'the signature does not verify, or its method is not this merchant’s',
    )
  if (merchant.status !== 'active') return no('31', '商户状态不正确', 'the merchant is not active')
  return { merchant, form, speaks }
}

/** The page on which a browser pays. */
async function front(world: GatewayWorld, told: Told): Promise<Response> {
  const tn = told.more?.find(([name]) => name === 'tn')?.[1]
  const item = tn === undefined ? undefined : await itemOfTn(world, tn)
  if (item === undefined) return html(sayPage(told.respMsg))
  // A redirect, as the network's own answer is: public libraries hand its address to the browser.
  return new Response(null, { status: 302, headers: { location: `/gateway/pay/${tn ?? ''}` } })
}

async function itemOfTn({ store }: GatewayWorld, tn: string): Promise<AcpItem | undefined> {
  const id = acpByTn.in(await store.read([acpByTn.key(tn)]), tn)?.id
  return id === undefined ? undefined : acpItems.in(await store.read([acpItems.key(id)]), id)
}

function payRoutes(app: Hono, world: GatewayWorld, track: Track): void {
  const none = (): Response => html(sayPage({ zh: '没有此订单', en: 'There is no such order' }))
  const known = async (tn: string): Promise<{ item: AcpItem; merchant: AcpMerchant } | undefined> => {
    const item = await itemOfTn(world, tn)
    if (item === undefined) return undefined
    const merchant = acpMerchants.in(await world.store.read([acpMerchants.key(item.merchant)]), item.merchant)
    return merchant === undefined ? undefined : { item, merchant }
  }
  app.get('/gateway/pay/:tn', async (c) => {
    const found = await known(c.req.param('tn'))
    return found === undefined ? none() : html(payPage(found.merchant, found.item))
  })
  app.post(
    '/gateway/pay/:tn',
    bodiesUpTo(4096, (c) => c.text('', 413)),
    async (c) => {
      const tn = c.req.param('tn')
      const found = await known(tn)
      const { payByWallet } = world
      if (found === undefined || payByWallet === undefined) return none()
      const user = String((await c.req.parseBody())['user'] ?? '')
      const fault = /^[A-Za-z0-9_-]{1,32}$/.test(user)
        ? await track(payByWallet(tn, user))
        : 'user: 1–32 letters, digits, “-”, “_”'
      if (fault !== undefined) return html(payPage(found.merchant, found.item, fault))
      const item = (await itemOfTn(world, tn)) ?? found.item
      if (item.frontUrl === undefined) return html(sayPage({ zh: '支付完成', en: 'Paid' }))
      const said: readonly Pair[] = [
        ...namesOf(item),
        ['txnAmt', String(item.amount)],
        ['currencyCode', item.currency],
        ['respCode', '00'],
        ['respMsg', '成功[0000000]'],
      ]
      const signed = await signedFor(world.identity(), found.merchant, item, said)
      return html(backPage(item.frontUrl, signed))
    },
  )
}
