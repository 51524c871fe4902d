// SM2 through `crypto`, a peer whose key is known: signing and verifying beside `openssl speed sm2`, wrapping and
// unwrapping beside OpenSSL through koffi, all in slices that take turns.
import { publicHalf, sign, unwrap, verify, wrap } from '../crypto/crypto.ts'
import { seeded } from '../scenarios/scenarios.ts'
import { interleaved, median, type Row, rounded, row } from './row.ts'
import { opensslSpeed, yardstick } from './yardstick.ts'

const ROUNDS = 9
const SLICE = 60

export async function sm2Rows(): Promise<readonly Row[]> {
  const random = seeded('bench')
  const [message, secret] = [random(1024), random(32)]
  const openssl = await yardstick(message, secret)
  const { key } = openssl
  const peer = publicHalf(key)
  const signature = await sign(key, message)
  const wrapped = await wrap(peer, secret, random)
  const many = (act: () => Promise<unknown>) => async (times: number) => {
    for (let count = 0; count < times; count += 1) await act()
  }
  const speeds: { sign: number; verify: number }[] = []
  let told = 'OpenSSL through koffi (no openssl command here)'
  const one = (name: string, times: number, run: (times: number) => unknown) => ({ name, times, run })
  const costs = await interleaved(
    [
      one(
        'sign',
        SLICE,
        many(() => sign(key, message)),
      ),
      one('openssl sign', SLICE, openssl.sign),
      one(
        'verify',
        SLICE,
        many(() => verify(peer, message, signature)),
      ),
      one('openssl verify', SLICE, openssl.verify),
      one(
        'wrap',
        SLICE,
        many(() => wrap(peer, secret, random)),
      ),
      one('openssl wrap', SLICE, openssl.encrypt),
      one(
        'unwrap',
        SLICE,
        many(() => unwrap(key, wrapped)),
      ),
      one('openssl unwrap', SLICE, openssl.decrypt),
      one('openssl speed', 1, () => {
        const speed = opensslSpeed(1)
        if (speed === undefined) return
        speeds.push(speed)
        told = speed.told
      }),
    ],
    ROUNDS,
  )
  const perSecond = (name: string): number => 1e6 / (costs.get(name) ?? Number.NaN)
  const speed = {
    sign: speeds.length === 0 ? perSecond('openssl sign') : median(speeds.map((each) => each.sign)),
    verify: speeds.length === 0 ? perSecond('openssl verify') : median(speeds.map((each) => each.verify)),
  }
  const against = (id: 'sign' | 'verify'): Row =>
    row({
      id: `sm2-${id}`,
      what: `SM2 ${id}, known peer, SM3 of 1 KiB included: ${Math.round(perSecond(id))}/s`,
      value: rounded(perSecond(id) / speed[id]),
      unit: '×',
      bar: { least: 4 },
      yardstick: `${told}: ${Math.round(speed[id])}/s; through koffi ${Math.round(perSecond(`openssl ${id}`))}/s`,
    })
  const beside = (id: 'wrap' | 'unwrap', name: string, least: number): Row =>
    row({
      id: `sm2-${id}`,
      what: `SM2 ${name} of 32 bytes: ${Math.round(perSecond(id))}/s`,
      value: rounded(perSecond(id) / perSecond(`openssl ${id}`)),
      unit: '×',
      bar: { least },
      yardstick: `OpenSSL through koffi: ${Math.round(perSecond(`openssl ${id}`))}/s`,
    })
  return [
    against('sign'),
    against('verify'),
    beside('wrap', 'encryption, known peer', 4),
    beside('unwrap', 'decryption', 1),
  ]
}
