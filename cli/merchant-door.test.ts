// Posting to a merchant: the status is the whole answer, a redirect is not followed, and a name that leads inside is refused
// when it is connected to, whatever the address looked like before.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postNotice } from './merchant-door.ts'

const heard: string[] = []
const server = createServer((request, response) => {
  const chunks: Uint8Array[] = []
  request.on('data', (chunk: Uint8Array) => void chunks.push(chunk))
  request.on('end', () => {
    heard.push(`${request.url ?? ''} ${Buffer.concat(chunks).toString()}`)
    if (request.url === '/cut') return void response.destroy()
    response.writeHead(request.url === '/moved' ? 302 : 200, { location: '/elsewhere' })
    response.end('ok')
  })
})
let port = 0
beforeAll(async () => {
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening))
  port = (server.address() as AddressInfo).port
})
afterAll(() => void server.close())

test('the merchant hears it and its status is the answer; a redirect is one and leads nowhere', async () => {
  const post = (path: string) => postNotice(`http://127.0.0.1:${port}${path}`, Buffer.from('a=1'), true)
  expect(await post('/back')).toBe(200)
  expect(await post('/moved')).toBe(302)
  expect(await post('/cut')).toBeUndefined()
  expect(heard).toEqual(['/back a=1', '/moved a=1', '/cut a=1'])
})

test('a name of this machine is refused where the merchant’s row does not allow it', async () => {
  heard.length = 0
  const post = (loopback: boolean) =>
    postNotice(`http://localhost:${port}/back`, Buffer.from('a=1'), loopback)
  expect(await post(false)).toBeUndefined()
  expect(heard).toEqual([])
})
