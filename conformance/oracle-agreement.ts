// The state machine's view of the whole network: when a page has come to rest, the acquirer's last word about a purchase
// and the institution's are one (INV-16). What was forged on purpose is nobody's word.
import { classOf } from '../wire/wire.ts'
import { type Finding, keyOf, type Seen, type SeenMessage, SUBJECT, text } from './exchanges.ts'

const TAKEN = new Set(['SUCCESS', 'PART_REFUNDED', 'REFUNDED'])
const LEFT = new Set(['FAILED', 'CLOSED', 'REVERSED', 'FENCED', 'VOIDED'])

/** What somebody was told about an item: that its money was taken, or that it was not. Later words replace earlier ones. */
type Told = { readonly taken: boolean; readonly state: string; readonly n: number }

/** `stateAtInstitution`: what the answers at the institution's edge make of an item; undefined where they do not say. */
export function agreement(
  seen: readonly Seen[],
  stateAtInstitution: (key: string) => string | undefined,
): readonly Finding[] {
  const messages = seen.filter((one): one is SeenMessage => one.kind === 'message' && one.twisted !== true)
  const requests = new Map(messages.map((one) => [one.n, one]))
  const told = new Map<string, Told>()
  const purchases = new Set<string>()
  /** Which sale a void is of. */
  const voided = new Map<string, string>()
  for (const one of messages) {
    if (one.from === SUBJECT || one.to === SUBJECT || one.fields === undefined) continue
    const request = one.replyTo === undefined ? undefined : requests.get(one.replyTo)
    if (one.type === 'purchase') purchases.add(keyOf(one.fields))
    if (one.type === 'void') voided.set(keyOf(one.fields), keyOf(one.fields, 'orig'))
    const word = one.fate === 'delivered' ? wordOf(one, request, voided) : undefined
    // A notice of the sale may be told again after its reversal; what is reversed stays so.
    if (word !== undefined && told.get(word.key)?.state !== 'REVERSED')
      told.set(word.key, { ...word, n: one.n })
  }
  return [...purchases].flatMap((key) => {
    const [acquirer, institution] = [told.get(key), stateAtInstitution(key)]
    if (acquirer === undefined || institution === undefined) return []
    const agree = acquirer.taken === TAKEN.has(institution)
    return [
      {
        invariant: 'INV-16',
        item: key,
        result: agree ? 'holds' : 'violated',
        because: {
          zh: `收单机构得知 ${acquirer.state}，账户机构为 ${institution}`,
          en: `the acquirer was told ${acquirer.state}; at the institution it is ${institution}`,
        },
        evidence: [acquirer.n],
        network: true,
      } as const,
    ]
  })
}

function wordOf(
  { type, fields = {} }: SeenMessage,
  request: SeenMessage | undefined,
  voided: ReadonlyMap<string, string>,
): { key: string; taken: boolean; state: string } | undefined {
  if (type === 'notify.payee') return noticed(fields, voided)
  const asked = request?.fields
  if (asked === undefined) return undefined
  const answer = classOf(text(fields, 'answer'))
  if (type === 'query.reply' && text(asked, 'asked') === 'purchase' && answer === 'OK')
    return word(keyOf(asked), text(fields, 'state'))
  if (type === 'void.reply' && answer === 'OK') return ofVoid(voided.get(keyOf(asked)), text(fields, 'state'))
  if (type === 'reversal.reply' && answer === 'OK' && text(asked, 'about') === 'void')
    return ofVoid(voided.get(keyOf(asked)), text(fields, 'state'))
  // A reversal of what nobody knows may be answered either way; the fence is in its state.
  if (type === 'reversal.reply' && (answer === 'OK' || answer === 'DECL-ORIG'))
    return word(keyOf(asked), text(fields, 'state'))
  if (type === 'purchase.reply' && (answer === 'OK' || answer?.startsWith('DECL-') === true))
    return word(keyOf(asked), answer === 'OK' ? 'SUCCESS' : 'FAILED')
  return undefined
}

function word(key: string, state: string): { key: string; taken: boolean; state: string } | undefined {
  if (!TAKEN.has(state) && !LEFT.has(state)) return undefined
  return { key, taken: TAKEN.has(state), state }
}

function noticed(
  fields: Readonly<Record<string, unknown>>,
  voided: ReadonlyMap<string, string>,
): { key: string; taken: boolean; state: string } | undefined {
  const about = text(fields, 'about')
  if (about === 'refund') return undefined
  const of = voided.get(keyOf(fields))
  return about.startsWith('void') || of !== undefined
    ? ofVoid(of, text(fields, 'state'))
    : word(keyOf(fields), text(fields, 'state'))
}

/** A void that stands leaves the sale voided; one that was undone lets it stand again. */
function ofVoid(
  key: string | undefined,
  state: string,
): { key: string; taken: boolean; state: string } | undefined {
  if (key === undefined) return undefined
  if (state === 'VOIDED') return { key, taken: false, state }
  return state === 'SUCCESS' || state === 'REVERSED' ? { key, taken: true, state: 'SUCCESS' } : undefined
}
