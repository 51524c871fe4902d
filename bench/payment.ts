// What a payment costs in processor time, beside its bare cryptography: `sifang up` in a process of its own, on SQLite,
// over HTTP, paid through its till; against the same number of signatures, verifications, wraps and unwraps alone.
// Linux only: the child's processor time is read from /proc.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  generateKeyPair,
  hmacSm3,
  publicHalf,
  sign,
  sm4CbcDecrypt,
  sm4CbcEncrypt,
  unwrap,
  verify,
  wrap,
} from '../crypto/crypto.ts'
import { seeded } from '../scenarios/scenarios.ts'

const rounded = (value: number, digits: number): string =>
  String(Math.round(value * 10 ** digits) / 10 ** digits)

const PAYMENTS = Number(process.argv[2] ?? 300)
const AT_ONCE = 8
const PORT = 24_500
/** code.apply, purchase, debit, notify.payer, notify.payee: each a request and its reply. */
const MESSAGES = 10

async function cpuMsPer(times: number, act: () => Promise<unknown>): Promise<number> {
  for (let warm = 0; warm < times / 10; warm += 1) await act()
  const before = process.cpuUsage()
  for (let count = 0; count < times; count += 1) await act()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / times
}

async function bareMessageMs(): Promise<{ readonly total: number; readonly parts: Record<string, number> }> {
  const random = seeded('bench')
  const key = await generateKeyPair('sm', random)
  const peer = publicHalf(key)
  const bytes = random(700)
  const secret = random(32)
  const signature = await sign(key, bytes)
  const wrapped = await wrap(peer, secret, random)
  const [ke, iv] = [random(16), random(16)]
  const cipher = await sm4CbcEncrypt(ke, iv, bytes)
  const parts = {
    sign: await cpuMsPer(500, () => sign(key, bytes)),
    verify: await cpuMsPer(500, () => verify(peer, bytes, signature)),
    wrap: await cpuMsPer(500, () => wrap(peer, secret, random)),
    unwrap: await cpuMsPer(200, () => unwrap(key, wrapped)),
    'cipher and tag': await cpuMsPer(2000, async () => {
      await sm4CbcEncrypt(ke, iv, bytes)
      await sm4CbcDecrypt(ke, iv, cipher)
      hmacSm3(secret, bytes)
      hmacSm3(secret, bytes)
    }),
  }
  return { total: Object.values(parts).reduce((sum, part) => sum + part, 0), parts }
}

function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
  const ticks = Number(execFileSync('getconf', ['CLK_TCK']).toString())
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticks
}

async function paidMs(): Promise<{ readonly cpu: number; readonly wall: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'sifang-bench-'))
  const up = spawn(process.execPath, ['cli/main.ts', 'up', '--port', String(PORT), '--data', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    await new Promise<void>((resolve) =>
      up.stdout.on('data', (chunk: Buffer) => chunk.includes('curl') && resolve()),
    )
    const url = (party: number): string => `http://127.0.0.1:${PORT + party}`
    const json = { 'content-type': 'application/json' }
    for (let user = 0; user < AT_ONCE; user += 1) {
      await fetch(`${url(1)}/control/users`, {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ id: `u${user}`, balance: '100000000' }),
      })
      await fetch(`${url(1)}/wallet/users/u${user}/sign-up`, { method: 'POST' })
    }
    const pay = async (user: number): Promise<void> => {
      const response = await fetch(`${url(2)}/till/sales`, {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ payer: `u${user}`, amount: '100' }),
      })
      const sale = (await response.json()) as { state?: string }
      if (sale.state !== 'SUCCESS') throw new Error(`a payment ended ${JSON.stringify(sale)}`)
    }
    const many = async (count: number): Promise<void> => {
      let left = count
      await Promise.all(
        Array.from({ length: AT_ONCE }, async (_, user) => {
          while (left > 0) {
            left -= 1
            await pay(user)
          }
        }),
      )
    }
    await many(PAYMENTS / 5)
    const before = cpuMsOf(up.pid ?? 0)
    const began = performance.now()
    await many(PAYMENTS)
    return { cpu: (cpuMsOf(up.pid ?? 0) - before) / PAYMENTS, wall: (performance.now() - began) / PAYMENTS }
  } finally {
    up.kill('SIGTERM')
    await new Promise((resolve) => up.on('close', resolve))
    rmSync(folder, { recursive: true, force: true })
  }
}

const message = await bareMessageMs()
const paid = await paidMs()
const bare = message.total * MESSAGES
console.log(
  `bare cryptography of one message: ${rounded(message.total, 2)} ms CPU (${Object.entries(message.parts)
    .map(([name, ms]) => `${name} ${rounded(ms, 3)}`)
    .join(', ')})`,
)
console.log(
  `one payment, ${MESSAGES} messages: ${rounded(paid.cpu, 1)} ms CPU in all five parties, ${rounded(paid.wall, 1)} ms wall with ${AT_ONCE} at once, over ${PAYMENTS} payments`,
)
console.log(`its bare cryptography: ${rounded(bare, 1)} ms CPU; ratio ${rounded(paid.cpu / bare, 2)}`)
