// An answer is told whole or not at all: what was cut, never begun or too late is an error, and a message sent to such an
// address has no reply.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { Directory } from '../wire/wire.ts'
import { ask, askAt } from './http-client.ts'
import { httpSend } from './network.ts'

const open: { close(over?: () => void): unknown; closeAllConnections(): void }[] = []
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function served(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  open.push(server)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const sendTo = (url: string) =>
  httpSend(
    () => ({ party: () => ({ url }) }) as unknown as Directory,
    () => 0,
  )('48020001', { path: '/sifang/1/debit', contentType: 'text/plain', bytes: new Uint8Array([1]) }, 5_000)

describe('what is asked over a kept connection', () => {
  test('goes out as it is, and the answer comes back whole, in one piece or in several', async () => {
    const url = await served((request, response) => {
      request.toArray().then((chunks: Buffer[]) => {
        response.setHeader('content-type', 'application/json')
        response.write(`{"method":"${request.method ?? ''}",`)
        response.end(
          `"length":"${request.headers['content-length'] ?? ''}","body":"${Buffer.concat(chunks).toString('utf8')}"}`,
        )
      }, response.destroy)
    })
    const answer = await askAt(url)('/x', { method: 'PUT', body: '四方' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(JSON.parse(await answer.text())).toEqual({ method: 'PUT', length: '6', body: '四方' })
    const short = await served((_, response) => response.end('1234'))
    const { bytes } = await ask(`${short}/x`, { method: 'GET' })
    expect([...bytes]).toEqual([0x31, 0x32, 0x33, 0x34])
  })
  test('an answer that is cut short is none', async () => {
    const url = await served((_, response) => {
      response.writeHead(200, { 'content-length': '10' })
      response.write('12345', () => response.destroy())
    })
    await expect(ask(`${url}/x`, { method: 'GET' })).rejects.toThrow()
    expect(await sendTo(url)).toEqual({ kind: 'no_reply' })
  })
  test('one that takes too long is not waited for', async () => {
    const url = await served(() => undefined)
    await expect(ask(`${url}/x`, { method: 'GET', waitMs: 20 })).rejects.toThrow('no answer within 20 ms')
  })
  test('a redirect is no reply; nobody who listens is nothing sent', async () => {
    const url = await served((_, response) => response.writeHead(307, { location: '/y' }).end())
    expect(await sendTo(url)).toEqual({ kind: 'no_reply' })
    const empty = await served(() => undefined)
    const nobody = open.pop() as (typeof open)[number]
    await new Promise<void>((resolve) => nobody.close(resolve))
    expect(await sendTo(empty)).toEqual({ kind: 'not_sent' })
  })
})
