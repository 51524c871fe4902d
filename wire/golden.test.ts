// Golden bytes: every message in both orders. In the shared suite a message is the same to the byte; in SM2 the
// signature and the wrapped key are random by nature, so bytes made once must go on opening to the same fields.
// UPDATE_GOLDEN=1 writes the file anew; a change to it is a change of the wire and belongs in the changelog.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../crypto/crypto.ts'
import { ends, example, MESSAGE_TYPES, pair } from './testing.ts'
import { CONTENT_TYPE, type MessageType, open, type RequestType, seal, type Sealer } from './wire.ts'

type Golden = Record<string, Record<string, string>>
const FILE = new URL('golden/sifang-1.json', import.meta.url)
const update = process.env['UPDATE_GOLDEN'] !== undefined
const golden: Golden = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Golden) : {}
const REF = 'ABCDEF0123456789abcdef01:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'

async function sealed(type: MessageType, world: Sealer): Promise<Uint8Array> {
  const reply = type.endsWith('.reply')
  return (await seal(world, { type, to: ends(type).to, fields: example(type), ...(reply && { ref: REF }) }))
    .sealed.bytes
}

async function opens(type: MessageType, world: Sealer, bytes: Uint8Array): Promise<unknown> {
  const request = type.replace(/\.reply$/, '') as RequestType
  const awaited = type.endsWith('.reply')
    ? ({ replyTo: { type: request, to: ends(type).from, ref: REF } } as const)
    : { requests: [request] }
  const opened = await open(
    world,
    { path: `/sifang/1/${request}`, contentType: CONTENT_TYPE, bytes },
    awaited,
  )
  return opened.kind === 'opened' ? opened.message.fields : opened
}

for (const profile of ['sim', 'sim-ets', 'unionpay', 'unionpay-ets']) {
  const exact = profile.startsWith('sim')
  test(`${profile}: every message ${exact ? 'seals to the same bytes' : 'of the golden file opens'}`, async () => {
    // One network per message, so that a new message type does not move the bytes of the others.
    const own = (golden[profile] ??= {})
    for (const type of MESSAGE_TYPES) {
      const fresh = () => pair(profile, `golden ${exact ? type : ''}`)
      const { at } = await fresh()
      if (update || own[type] === undefined) {
        if (!update)
          throw new Error(
            `${profile} ${type} is not in the golden file: run UPDATE_GOLDEN=1 npx vitest run wire/golden`,
          )
        own[type] = toHex(await sealed(type, at(ends(type).from)))
      }
      if (exact) expect(toHex(await sealed(type, (await fresh()).at(ends(type).from))), type).toBe(own[type])
      expect(await opens(type, at(ends(type).to), fromHex(own[type])), type).toEqual(example(type))
    }
    if (update) writeFileSync(FILE, `${JSON.stringify(golden, null, 1)}\n`)
  })
}
