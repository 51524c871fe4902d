// The gateway of direct merchants, from outside: what a client that knows only the public facts can do there, what it is
// refused, and what it is told without asking.
import { generateKeyPairSync } from 'node:crypto'
import { inflateRawSync, inflateSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { isFault, readDownload, readZmSet, unzip, type ZmSet } from '../clearing/clearing.ts'
import { isPublicAddress, mayPostTo } from '../switch/switch.ts'
import { beijingTime } from '../wire/wire.ts'
import { MERCHANT, parsed, type Params, signed, verifies, verifiesOld } from './acp-client.ts'
import { acpNetwork, BACK, NOON } from './acp-network.ts'

const MINUTE = 60_000
const PAY: Params = { txnType: '01', txnSubType: '06', txnAmt: '1000' }
const ORDER: Params = { txnType: '01', txnSubType: '01', bizType: '000201', txnAmt: '700' }
const query = ({ orderId = '', txnTime = '' }: Params): Params => ({
  txnType: '00',
  txnSubType: '00',
  orderId,
  txnTime,
})

test.each([
  ['01', 'unionpay'],
  ['11', 'unionpay'],
  ['12', 'unionpay'],
  ['01', 'unionpay-acp'],
])('by method %s over %s: pay by code, notice, query, refund, void, reversal', async (method, profile) => {
  const net = await acpNetwork(profile)
  const ask = (params: Params, door?: string) => net.ask({ ...net.base(), ...params }, door, method)
  const order: Params = { ...net.base(), ...PAY, qrNo: await net.code(), reqReserved: '自定义 + 100%' }
  const paid = await net.ask(order, undefined, method)
  expect(paid).toMatchObject({
    verified: true,
    params: { respCode: '00', orderId: order['orderId'], reqReserved: '自定义 + 100%' },
  })
  expect(paid.params['respMsg']).toMatch(/\[0000000\]$/)
  expect(net.notices).toHaveLength(1)
  expect(net.notices[0]).toMatchObject({
    url: BACK,
    params: {
      respCode: '00',
      txnType: '01',
      orderId: order['orderId'],
      txnAmt: '1000',
      settleDate: '0615',
      reqReserved: '自定义 + 100%',
    },
  })
  expect(verifies(net.notices[0]?.params ?? {}, net.middle)).toBe(true)
  const asked = await ask(query(order), 'queryTrans.do')
  expect(asked).toMatchObject({
    verified: true,
    params: { respCode: '00', origRespCode: '00', txnAmt: '1000', settleDate: '0615' },
  })
  const origQryId = asked.params['queryId'] ?? ''
  expect(origQryId).toMatch(/^[0-9]{20,21}$/)
  expect((await ask({ txnType: '04', txnSubType: '00', txnAmt: '300', origQryId })).params['respCode']).toBe(
    '00',
  )
  expect(await net.balance()).toBe('99300')
  expect((await ask({ txnType: '04', txnSubType: '00', txnAmt: '701', origQryId })).params['respCode']).toBe(
    '36',
  )
  // A refund is out: it can be no void any more.
  expect((await ask({ txnType: '31', txnSubType: '00', txnAmt: '1000', origQryId })).params['respCode']).toBe(
    '35',
  )
  const second: Params = { ...net.base(), ...PAY, qrNo: await net.code() }
  await net.ask(second, undefined, method)
  const voided = {
    txnType: '31',
    txnSubType: '00',
    txnAmt: '1000',
    origOrderId: second['orderId'] ?? '',
    origTxnTime: second['txnTime'] ?? '',
  }
  expect((await ask({ ...voided, txnAmt: '999' })).params['respCode']).toBe('36')
  expect((await ask(voided)).params['respCode']).toBe('00')
  const third: Params = { ...net.base(), ...PAY, qrNo: await net.code() }
  await net.ask(third, undefined, method)
  const { orderId = '', txnTime = '' } = third
  expect((await ask({ txnType: '99', txnSubType: '01', orderId, txnTime })).params['respCode']).toBe('00')
  expect((await ask(query(third), 'queryTrans.do')).params['origRespCode']).toBe('35')
  expect(await net.balance()).toBe('99300')
  expect(net.notices.map(({ params }) => params['txnType'])).toEqual(['01', '04', '01', '31', '01'])
  expect(net.failures).toEqual([])
})

test('version 5.0.0 signs by SHA-1 and brings no certificate', async () => {
  const net = await acpNetwork()
  const heard = await net.ask({ ...net.base(), ...PAY, version: '5.0.0', qrNo: await net.code() })
  expect(heard.params).toMatchObject({ respCode: '00', version: '5.0.0' })
  expect(heard.params).not.toHaveProperty('signPubKeyCert')
  expect(verifiesOld(heard.params, net.certificate)).toBe(true)
})

test('what is not believed is answered, unsigned, and does nothing', async () => {
  const net = await acpNetwork()
  const order = async (): Promise<Params> => ({ ...net.base(), ...PAY, qrNo: await net.code() })
  const code = async (params: Params): Promise<string | undefined> => {
    const told = parsed(await (await net.post('backTransReq.do', params)).text())
    expect(told).not.toHaveProperty('signature')
    return told['respCode']
  }
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  expect(await code(signed(await order(), '01', stranger))).toBe('11')
  expect(await code({ ...signed(await order(), '01'), txnAmt: '1' })).toBe('11')
  expect(await code({ ...signed(await order(), '11'), txnAmt: '1' })).toBe('11')
  expect(await code({ ...signed(await order(), '01'), signature: '' })).toBe('11')
  expect(await code({ ...signed(await order(), '01'), signMethod: '13' })).toBe('11')
  expect(await code(signed({ ...(await order()), merId: '777290058110049' }, '01'))).toBe('10')
  expect(await code(signed({ ...(await order()), version: '9.9.9' }, '01'))).toBe('10')
  await net.register({ methods: ['01'] })
  expect(await code(signed(await order(), '11')), 'a method that the row does not name').toBe('11')
  await net.register({ status: 'suspended' })
  expect(await code(signed(await order(), '01'))).toBe('31')
  const broken = await net.gateway.app.request('/gateway/api/backTransReq.do', {
    method: 'POST',
    body: 'a=1&b',
  })
  expect(await broken.text()).toMatch(/^respCode=10&respMsg=.*\(\(message\), 4\)/)
  expect(await net.balance()).toBe('100000')
})

test('a request out of order is refused by the first rule against it, and signed', async () => {
  const net = await acpNetwork()
  const good = async (more: Params = {}): Promise<Params> => ({
    ...net.base(),
    ...PAY,
    qrNo: await net.code(),
    ...more,
  })
  const cases: readonly (readonly [Params, string])[] = [
    [await good({ orderId: 'SHORT' }), '10'],
    [await good({ orderId: 'WITH-DASH-1' }), '10'],
    [await good({ txnTime: beijingTime(NOON - 10 * MINUTE) }), '10'],
    [await good({ txnTime: '20260230000000' }), '10'],
    [await good({ txnAmt: '0' }), '10'],
    [await good({ txnAmt: '' }), '13'],
    [await good({ txnAmt: '10.00' }), '10'],
    [await good({ currencyCode: '840' }), '10'],
    [await good({ qrNo: '' }), '13'],
    [await good({ qrNo: '6212345678901234567' }), '61'],
    [await good({ backUrl: 'http://127.0.0.1/back' }), '10'],
    [await good({ backUrl: 'http://169.254.169.254/latest' }), '10'],
    [await good({ txnType: '02', txnSubType: '01' }), '32'],
    [await good({ txnType: '79', txnSubType: '00' }), '32'],
    [await good({ txnType: '66' }), '10'],
    [{ ...net.base(), ...query({ orderId: 'NOSUCHORDER1', txnTime: beijingTime(NOON) }) }, '34'],
    [
      { ...net.base(), txnType: '04', txnSubType: '00', txnAmt: '1', origQryId: '20260615432000001234' },
      '34',
    ],
    [{ ...net.base(), txnType: '76', txnSubType: '01', settleDate: '0615', fileType: '00' }, '98'],
  ]
  for (const [params, code] of cases) {
    const heard = await net.ask(params)
    expect(heard.params['respCode'], JSON.stringify(params)).toBe(code)
    expect(heard.verified).toBe(true)
  }
  expect(net.notices).toEqual([])
})

test('the same orderId and txnTime come in once; another merchant may have the same', async () => {
  const net = await acpNetwork()
  await net.register({}, '777290058110099')
  const order: Params = { ...net.base(), ...PAY, qrNo: await net.code() }
  expect((await net.ask(order)).params['respCode']).toBe('00')
  expect((await net.ask({ ...order, qrNo: await net.code() })).params['respCode']).toBe('12')
  const other: Params = { ...order, merId: '777290058110099', qrNo: await net.code() }
  expect((await net.ask(other)).params['respCode']).toBe('00')
  expect(await net.balance()).toBe('98000')
  const theirs = await net.ask({ ...net.base(), ...query(order), merId: '777290058110099' })
  expect(theirs.params['queryId']).not.toBe(
    (await net.ask({ ...net.base(), ...query(order) })).params['queryId'],
  )
})

test('a notice is sent five times, at the network’s gaps, then is a case; a redirect is an answer', async () => {
  const net = await acpNetwork()
  net.answerNotices(() => 500)
  await net.ask({ ...net.base(), ...PAY, qrNo: await net.code() })
  for (let minute = 1; minute <= 20; minute += 1) await net.moveTo(NOON + minute * MINUTE)
  expect(net.notices.map(({ at }) => (at - NOON) / MINUTE)).toEqual([0, 1, 3, 7, 12])
  expect(new Set(net.notices.map(({ params }) => JSON.stringify(params))).size, 'the same at every try').toBe(
    1,
  )
  expect(await net.cases()).toEqual(['the merchant did not acknowledge its notice'])
  net.notices.length = 0
  net.answerNotices(() => 302)
  await net.ask({ ...net.base(), ...PAY, qrNo: await net.code() })
  await net.moveTo(NOON + 60 * MINUTE)
  expect(net.notices).toHaveLength(1)
  net.notices.length = 0
  const poor = await net.ask({ ...net.base(), ...PAY, txnAmt: '501', qrNo: await net.code('bob') })
  expect(poor.params['respCode']).toBe('00')
  expect(net.notices, 'a declined payment is not told').toEqual([])
  const { orderId = '', txnTime = '' } = poor.params
  const asked = await net.ask({ ...net.base(), ...query({ orderId, txnTime }) })
  expect(asked.params['origRespCode']).toBe('64')
})

test('an app order and a browser’s: a number, a page, a payment, a way back that proves nothing', async () => {
  const net = await acpNetwork()
  const app = await net.ask({ ...net.base(), ...ORDER }, 'appTransReq.do')
  expect(app).toMatchObject({ verified: true, params: { respCode: '00' } })
  expect(app.params['tn']).toMatch(/^[0-9]{21}$/)
  const order: Params = {
    ...net.base(),
    ...ORDER,
    frontUrl: 'https://shop.example/front?a=1&b=<2>',
    orderDesc: '<b>花</b>',
  }
  const front = await net.post('frontTransReq.do', signed(order, '01'))
  expect(front.status).toBe(302)
  const where = front.headers.get('location') ?? ''
  const page = await (await net.gateway.app.request(where)).text()
  expect(page).toContain('¥7.00')
  expect(page).toContain('&lt;b&gt;花&lt;/b&gt;')
  expect(page).not.toContain('<b>')
  const pay = (user: string) =>
    net.gateway.app.request(where, { method: 'POST', body: new URLSearchParams({ user }) })
  expect(await (await pay('nobody')).text()).toContain('role="alert"')
  expect((await net.ask({ ...net.base(), ...query(order) })).params['origRespCode']).toBe('05')
  const back = await (await pay('alice')).text()
  expect(back).toContain('action="https://shop.example/front?a=1&amp;b=&lt;2&gt;"')
  const carried = Object.fromEntries(
    [...back.matchAll(/name="([^"]*)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  )
  expect(carried).toMatchObject({ respCode: '00', orderId: order['orderId'] })
  expect(verifies(carried, net.middle)).toBe(true)
  await net.settle()
  expect(await net.balance()).toBe('99300')
  expect(net.notices.map(({ params }) => [params['orderId'], params['respCode']])).toEqual([
    [order['orderId'], '00'],
  ])
  expect((await net.ask({ ...net.base(), ...query(order) })).params['origRespCode']).toBe('00')
  const refused = await net.post('frontTransReq.do', { ...signed(order, '01'), txnAmt: '1' })
  expect(await refused.text()).toContain('验签失败')
})

test('the day’s file is there the morning after: rows of 41 columns that add up', async () => {
  const net = await acpNetwork()
  const first: Params = { ...net.base(), ...PAY, qrNo: await net.code(), reqReserved: 'ref 1' }
  await net.ask(first)
  const { queryId: origQryId = '' } = (await net.ask({ ...net.base(), ...query(first) })).params
  await net.ask({ ...net.base(), txnType: '04', txnSubType: '00', txnAmt: '400', origQryId })
  const ask = () =>
    net.ask({ ...net.base(), txnType: '76', txnSubType: '01', settleDate: '0615', fileType: '00' })
  expect((await ask()).params['respCode']).toBe('98')
  await net.moveTo(Date.parse('2026-06-16T08:59:59+08:00'))
  expect((await ask()).params['respCode']).toBe('98')
  await net.moveTo(Date.parse('2026-06-16T09:00:00+08:00'))
  const { params, verified } = await ask()
  expect(verified).toBe(true)
  expect(params['fileName']).toBe(`${MERCHANT}_20260615.zip`)
  const zip = inflateSync(Buffer.from(params['fileContent'] ?? '', 'base64'))
  const nameLength = zip.readUInt16LE(26)
  expect(zip.subarray(30, 30 + nameLength).toString()).toBe(`INN26061588ZM_${MERCHANT}`)
  const text = inflateRawSync(zip.subarray(30 + nameLength, 30 + nameLength + zip.readUInt32LE(18))).toString(
    'latin1',
  )
  const rows = text.split('\r\n').filter((row) => row !== '')
  expect(rows.map((row) => row.length)).toEqual([607, 607])
  const columns = rows.map(columnsOf)
  expect(columns[0]).toMatchObject({
    12: first['orderId'],
    20: '01',
    21: '06',
    10: origQryId,
    16: 'D000000000000',
    17: 'C000000001000',
    35: 'ref 1',
  })
  expect(columns[1]).toMatchObject({ 20: '04', 17: 'D000000000400', 27: origQryId })
  const set = setOf(params, '20260615')
  expect(set.ZM.items.map(({ item }) => [item.kind, item.order, item.amount])).toEqual([
    ['purchase', first['orderId'], 1000n],
    ['refund', expect.any(String), 400n],
  ])
  // A day without traffic has its files as well (STL-014).
  const empty = (
    await net.ask({ ...net.base(), txnType: '76', txnSubType: '01', settleDate: '0614', fileType: '00' })
  ).params
  expect(setOf(empty, '20260614').ZM).toEqual({ items: [], duplicates: [] })
})

function setOf(params: Params, day: string): ZmSet {
  const name = params['fileName'] ?? ''
  const packed = readDownload(name, params['fileContent'] ?? '')
  const files = isFault(packed) ? packed : unzip(name, packed)
  const set = isFault(files) ? files : readZmSet(files, { merchant: MERCHANT, day })
  if (isFault(set)) throw new Error(`${set.file}:${set.line}:${set.column}: ${set.said.en}`)
  return set
}

const WIDTHS = [
  3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32,
  13, 13, 8, 32, 13, 13, 12, 2, 1, 131,
]

function columnsOf(row: string): Readonly<Record<number, string>> {
  let at = 0
  return Object.fromEntries(
    WIDTHS.map((width, index) => {
      const text = row.slice(at, at + width).trim()
      at += width + 1
      return [index + 1, text]
    }),
  )
}

test('95: the certificate to encrypt with', async () => {
  const net = await acpNetwork()
  const { params, verified } = await net.ask({
    ...net.base(),
    txnType: '95',
    txnSubType: '00',
    certType: '01',
  })
  expect(verified).toBe(true)
  expect(params['encryptPubKeyCert']).toMatch(
    /^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----$/,
  )
})

test('a merchant is registered whole, or told what is wrong', async () => {
  const net = await acpNetwork()
  for (const [more, field] of [
    [{ category: '54' }, 'category'],
    [{ methods: [] }, 'methods'],
    [{ certificates: [] }, 'certificates'],
    [{ certificates: ['no certificate'] }, 'certificates.0'],
    [{ secureKey: undefined }, 'secureKey'],
    [{ colour: 'red' }, ''],
  ] as const)
    expect(await (await net.register(more)).json()).toMatchObject({ field })
  expect((await net.register({}, 'too-short')).status).toBe(400)
  const told = await net.gateway.app.request(`/gateway/merchants/${MERCHANT}`)
  expect(await told.json()).toMatchObject({
    certificates: ['69597475696'],
    secureKey: true,
    status: 'active',
  })
})

test('addresses inside are none to post to', () => {
  const inside = [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '0.0.0.0',
    '100.64.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '2002:7f00:1::',
    '2001:0:1::',
  ]
  for (const address of inside) expect(isPublicAddress(address), address).toBe(false)
  for (const address of ['8.8.8.8', '172.32.0.1', '172.15.0.1', '100.128.0.1', '2400:3200::1'])
    expect(isPublicAddress(address), address).toBe(true)
  const bad = [
    'http://localhost/',
    'http://a.localhost/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://[::1]/',
    'http://[::ffff:7f00:1]/',
    'ftp://shop.example/',
    'http://user:pw@shop.example/',
    'http://shop/',
    'http://db.internal/',
    'file:///etc/passwd',
    'shop.example',
    'http://shop.example/~me',
  ]
  for (const url of bad) expect(mayPostTo(url, false), url).toBe(false)
  for (const url of ['https://shop.example/back', 'http://8.8.8.8:8080/x'])
    expect(mayPostTo(url, false), url).toBe(true)
  expect(mayPostTo('http://127.0.0.1:8080/back', true)).toBe(true)
  expect(mayPostTo('http://10.0.0.1/back', true)).toBe(false)
})
