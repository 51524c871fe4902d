// Messages by chance, for property tests of whoever speaks this wire: right ones from the field tables, and ones that are
// wrong in one place that is told. fast-check shrinks them as it shrinks anything.
import fc from 'fast-check'
import { broken, type Field, type Format } from './fields.ts'
import { type Fields, type Message, MESSAGES, type MessageType } from './messages.ts'

const DIGITS = '0123456789'
const ID = `${DIGITS}ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_`
/** What careless readers stumble over: quotes, ampersands, percent signs, plus and blank, and characters of many bytes. */
const TEXT = `${ID} "'&=+%<>\\/.,:;!?#@~^|{}[]()*$四方付款退货冲正，。é😀`

const chars = (alphabet: string, min: number, max: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength: min, maxLength: max })

const two = (max: number, min = 0): fc.Arbitrary<string> =>
  fc.integer({ min, max }).map((number) => String(number).padStart(2, '0'))
const day = fc
  .tuple(fc.integer({ min: 2020, max: 2039 }), two(12, 1), two(28, 1))
  .map(([y, m, d]) => `${y}${m}${d}`)
const time = fc.tuple(day, two(23), two(59), two(59)).map((parts) => parts.join(''))

function amountUpTo(digits: number, min: bigint): fc.Arbitrary<bigint> {
  return fc.bigInt({ min, max: 10n ** BigInt(digits) - 1n })
}

const OF: Readonly<Record<Exclude<Format, 'list'>, (field: Field, min: number) => fc.Arbitrary<unknown>>> = {
  digits: (field, min) => chars(DIGITS, min, field.lengthMax),
  id: (field, min) => chars(ID, min, field.lengthMax),
  amount: (field) => amountUpTo(field.lengthMax, 1n),
  amount0: (field) => amountUpTo(field.lengthMax, 0n),
  day: () => day,
  time: () => time,
  currency: () => fc.constantFrom('156', '840', '344', '392'),
  text: (field, min) => chars(TEXT, min, Math.min(field.lengthMax, 60)),
  free: (field, min) => chars(`${TEXT}\r\n\t`, min, Math.min(field.lengthMax, 200)),
  code2: () => chars(`${DIGITS}ABCDEFGHIJKLMNOPQRSTUVWXYZ`, 2, 2),
  state: (field, min) => chars('ABCDEFGHIJKLMNOPQRSTUVWXYZ_', min, field.lengthMax),
}

/** Values that a row of a field table allows; amounts are bigint minor units. */
export function valueOf(field: Field): fc.Arbitrary<unknown> {
  if (field.format === 'list') return fc.array(recordOf(field.of ?? []), { maxLength: 3 })
  return OF[field.format](field, field.lengthMin ?? 1)
}

function recordOf(table: readonly Field[]): fc.Arbitrary<Record<string, unknown>> {
  const required = table.filter(({ presence }) => presence === 'always').map(({ name }) => name)
  return fc.record(Object.fromEntries(table.map((field) => [field.name, valueOf(field)])), {
    requiredKeys: required,
    noNullPrototype: true,
  })
}

/** The fields of a message of this type, by their canonical names: all that must be there, and some that may. */
export function fieldsOf<T extends MessageType>(type: T): fc.Arbitrary<Fields<T>> {
  return recordOf(MESSAGES[type]) as unknown as fc.Arbitrary<Fields<T>>
}

/** A right message of any of these types; of any type at all where none is named. */
export function message(
  types: readonly MessageType[] = Object.keys(MESSAGES) as MessageType[],
): fc.Arbitrary<Message> {
  return fc
    .constantFrom(...types)
    .chain((type) => fieldsOf(type).map((fields) => ({ type, fields }) as unknown as Message))
}

export type NearlyRight = {
  readonly type: MessageType
  /** By their names on the wire, each as text: what goes into the JSON of a sealed block. */
  readonly members: Readonly<Record<string, string>>
  /** The one wire field that is wrong, and whether it is missing or breaks its rule. */
  readonly wrong: { readonly field: string; readonly how: 'missing' | 'malformed' }
}

/** A message that is right but for one field, which is told: its receiver must refuse it and name that field. */
export function nearlyRight(type: MessageType): fc.Arbitrary<NearlyRight> {
  const table: readonly Field[] = MESSAGES[type]
  const plain = table.filter(({ format }) => format !== 'list')
  return fc
    .tuple(recordOf(plain), fc.constantFrom(...plain), fc.boolean(), fc.constantFrom(...HOSTILE))
    .map(([record, field, missing, hostile]) => {
      const members = Object.fromEntries(
        plain.flatMap(({ name, unionpay }) =>
          record[name] === undefined ? [] : [[unionpay, String(record[name])]],
        ),
      )
      const leaveOut = missing && field.presence === 'always'
      if (leaveOut) delete members[field.unionpay]
      else members[field.unionpay] = wrongFor(field, hostile)
      const how = leaveOut ? ('missing' as const) : ('malformed' as const)
      return { type, members, wrong: { field: field.unionpay, how } }
    })
}

const HOSTILE = [
  '',
  ' ',
  '-1',
  '+1',
  '01',
  '1.5',
  '1e3',
  '１２３',
  '\u0000',
  "' OR 1=1 --",
  '../../etc/passwd',
  '${x}',
  '<a/>',
  '9'.repeat(2000),
]

/** The hostile value where the rule forbids it, and otherwise one that is too long. */
function wrongFor(field: Field, hostile: string): string {
  return broken(field, hostile) === undefined ? 'x'.repeat(field.lengthMax + 1) : hostile
}
