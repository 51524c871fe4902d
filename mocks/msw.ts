// Switch and bank for somebody else's unit tests: MSW handlers that open, check and answer sealed messages as the real
// ones do, from books of their own. What a test wants answered otherwise, it says, type by type.
import { http, HttpResponse, type RequestHandler } from 'msw'
import type { Store } from '../store/store.ts'
import {
  answer,
  answerFields,
  type Fields,
  isTurned,
  type Opened,
  PATH_PREFIX,
  type ReplyType,
  type RequestType,
  type Sealed,
  type Sealer,
  SENDERS,
  type Turned,
  type World,
} from '../wire/wire.ts'
import { bankParty } from './bank.ts'
import { honestSwitch } from './msw-switch.ts'

/** What the stand-in says to a request: the reply's fields, or nothing at all, so that the sender's own wait runs out. */
export type Answers = {
  readonly [T in RequestType]?: (
    opened: Opened<T>,
  ) => Fields<ReplyType<T>> | 'silence' | Promise<Fields<ReplyType<T>> | 'silence'>
}

type Respond = (sealed: Sealed) => Promise<Sealed | Turned | 'silence'>

/**
 * Stands for the switch at `url` (such as http://switch.test): tokens and codes for a wallet; purchase, query, refund and
 * reversal for an acquirer. By itself it accepts a purchase and approves it when asked; `answers` replaces any of that.
 */
export function switchHandlers(url: string, world: Sealer, answers: Answers = {}): RequestHandler[] {
  const honest = honestSwitch(world)
  const types = (Object.keys(SENDERS) as RequestType[]).filter(
    (type) => SENDERS[type] !== 'switch' && type !== 'settle',
  )
  return types.map((type) =>
    handlerFor(url, type, (sealed) => say(world, sealed, type, answers[type] ?? honest[type])),
  )
}

/** Stands for the settlement bank at `url`, with accounts of its own in `world.store`. */
export function bankHandlers(url: string, world: World<Store>): RequestHandler[] {
  const bank = bankParty(world)
  return [handlerFor(url, 'settle', (sealed) => bank.receive(sealed))]
}

/** Asked for one type, answered for that type: the table of answers pairs them, and the compiler cannot follow a lookup. */
type AnyAnswer = (
  opened: Opened<'purchase'>,
) => Fields<'purchase.reply'> | 'silence' | Promise<Fields<'purchase.reply'> | 'silence'>

async function say(
  world: Sealer,
  sealed: Sealed,
  type: RequestType,
  told: Answers[RequestType],
): Promise<Sealed | Turned | 'silence'> {
  let silent = false
  const reply = await answer(world, sealed, type as 'purchase', async (opened) => {
    const said = await (told as AnyAnswer | undefined)?.(opened)
    if (said === 'silence') silent = true
    return said === undefined || said === 'silence' ? answerFields('REJ-TYPE') : said
  })
  return silent ? 'silence' : reply
}

function handlerFor(url: string, type: RequestType, respond: Respond): RequestHandler {
  const path = `${PATH_PREFIX}${type}`
  return http.post(`${url.replace(/\/$/, '')}${path}`, async ({ request }) => {
    const bytes = new Uint8Array(await request.arrayBuffer())
    const reply = await respond({ path, contentType: request.headers.get('content-type') ?? '', bytes })
    // A connection that breaks: whoever asked knows nothing, which is what silence means on this network.
    if (reply === 'silence') return HttpResponse.error()
    if (isTurned(reply)) return HttpResponse.json(reply.refusal, { status: reply.status })
    return new HttpResponse(new Uint8Array(reply.bytes), { headers: { 'content-type': reply.contentType } })
  })
}
