// Golden bytes of the form frames, one file each, readable as they travel. RSA signs alike each time, and encryption draws
// from the seed: there a message is the same to the byte. Under SM2 bytes made once must go on opening to the same fields.
// UPDATE_GOLDEN=1 writes them anew; a change is a change of the wire and belongs in the changelog.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ends, example, MESSAGE_TYPES, pair } from './testing.ts'
import {
  type Awaited,
  type MessageType,
  open,
  type RequestType,
  seal,
  type Sealed,
  type Sealer,
} from './wire.ts'

type Golden = Record<string, { path: string; contentType: string; text: string; ref: string }>
const update = process.env['UPDATE_GOLDEN'] !== undefined
const requestOf = (type: MessageType): RequestType => type.replace(/\.reply$/, '') as RequestType

async function made(
  type: MessageType,
  at: (party: string) => Sealer,
): Promise<{ sealed: Sealed; ref: string }> {
  const { from, to } = ends(type)
  if (!type.endsWith('.reply')) return seal(at(from), { type, to, fields: example(type) })
  const asked = await seal(at(to), { type: requestOf(type), to: from, fields: example(requestOf(type)) })
  const reply = await seal(at(from), { type, to, ref: asked.ref, fields: example(type) })
  return { sealed: reply.sealed, ref: asked.ref }
}

for (const profile of ['unionpay-qrc-rsa', 'unionpay-qrc-sm', 'unionpay-acp'])
  test(`${profile}: every message is what the golden file says`, async () => {
    const file = new URL(`golden/${profile}.json`, import.meta.url)
    const golden = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Golden) : {}
    const exact = !profile.endsWith('sm')
    const { at: shared } = await pair(profile, 'golden')
    for (const type of MESSAGE_TYPES) {
      // Its own network each, so that a new message type does not move the bytes of the others.
      const own = exact ? (await pair(profile, `golden ${type}`)).at : shared
      const known = golden[type]
      if (known === undefined && !update)
        throw new Error(
          `${profile} ${type} is not in the golden file: run UPDATE_GOLDEN=1 npx vitest run wire/golden-form`,
        )
      if (known === undefined || exact) {
        const { sealed, ref } = await made(type, own)
        const { path, contentType, bytes } = sealed
        const fresh = { path, contentType, text: Buffer.from(bytes).toString('utf8'), ref }
        if (update) golden[type] = fresh
        else expect(fresh, type).toEqual(known)
      }
      const { path = '', contentType = '', text = '', ref = '' } = golden[type] ?? {}
      const request = requestOf(type)
      const { from, to } = ends(type)
      const awaited: Awaited = type.endsWith('.reply')
        ? { replyTo: { type: request, to: from, ref } }
        : { requests: [request] }
      const opened = await open(own(to), { path, contentType, bytes: Buffer.from(text) }, awaited)
      expect(opened.kind === 'opened' ? opened.message.fields : opened, type).toEqual(example(type))
    }
    if (update) writeFileSync(file, `${JSON.stringify(golden, null, 1)}\n`)
  })
