// What a payment costs in processor time: `sifang up` in a process of its own, on SQLite, over HTTP, paid through its
// till; beside the same number of signatures, verifications, wraps, unwraps, ciphers and digests at OpenSSL's bare cost.
// Linux only: the child's processor time is read from /proc.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seeded } from '../scenarios/scenarios.ts'
import { interleaved, type Row, rounded, row } from './row.ts'
import { yardstick } from './yardstick.ts'

const PAYMENTS = 300
const AT_ONCE = 8
const PORT = 24_500
/** code.apply, purchase, debit, notify.payer, notify.payee: each a request and its reply. */
const MESSAGES = 10
const MESSAGE_BYTES = 700

export async function paymentRows(): Promise<readonly Row[]> {
  if (!existsSync('/proc/self/stat')) return []
  const bare = (await bareMessageMs()) * MESSAGES
  const paid = await paidMs()
  return [
    row({
      id: 'payment-cpu',
      what: `processor time of a payment (${MESSAGES} sealed messages, five parties, HTTP, SQLite on both sides): ${rounded(paid.cpu, 1)} ms, ${rounded(paid.wall, 1)} ms wall with ${AT_ONCE} at once`,
      value: rounded(paid.cpu / bare),
      unit: '×',
      bar: { most: 1 },
      yardstick: `OpenSSL's bare cryptography of the same messages: ${rounded(bare, 1)} ms`,
    }),
  ]
}

async function bareMessageMs(): Promise<number> {
  const random = seeded('payment')
  const bytes = random(MESSAGE_BYTES)
  const openssl = await yardstick(bytes, random(32))
  const costs = await interleaved(
    [
      { name: 'sign', times: 60, run: openssl.sign },
      { name: 'verify', times: 60, run: openssl.verify },
      { name: 'encrypt', times: 60, run: openssl.encrypt },
      { name: 'decrypt', times: 60, run: openssl.decrypt },
      { name: 'ciphers', times: 200, run: (times) => openssl.ciphers(bytes, times) },
    ],
    9,
  )
  return [...costs.values()].reduce((sum, each) => sum + each, 0) / 1000
}

function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
  const ticks = Number(execFileSync('getconf', ['CLK_TCK']).toString())
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticks
}

const json = { 'content-type': 'application/json' }
const url = (party: number): string => `http://127.0.0.1:${PORT + party}`

async function paidMs(): Promise<{ readonly cpu: number; readonly wall: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'sifang-bench-'))
  const up = spawn(process.execPath, ['cli/sifang.js', 'up', '--port', String(PORT), '--data', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    await new Promise<void>((resolve) =>
      up.stdout.on('data', (chunk: Buffer) => chunk.includes('curl') && resolve()),
    )
    for (let user = 0; user < AT_ONCE; user += 1) {
      const body = JSON.stringify({ id: `u${user}`, balance: '100000000' })
      await fetch(`${url(1)}/control/users`, { method: 'POST', headers: json, body })
      await fetch(`${url(1)}/wallet/users/u${user}/sign-up`, { method: 'POST' })
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

async function many(count: number): Promise<void> {
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

async function pay(user: number): Promise<void> {
  const response = await fetch(`${url(2)}/till/sales`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ payer: `u${user}`, amount: '100' }),
  })
  const sale = (await response.json()) as { state?: string }
  if (sale.state !== 'SUCCESS') throw new Error(`a payment ended ${JSON.stringify(sale)}`)
}
