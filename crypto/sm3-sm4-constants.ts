// Writes crypto/sm3-sm4/constants.ts: SM4's S-box as tables of sixteen bytes, and the constants of its key schedule.
//
// The box is S(x) = A·(1 / (A·x + C)) + C over GF(2^8) modulo x^8 + x^7 + x^6 + x^5 + x^4 + x^2 + 1; the test holds it against
// GB/T 32907, table 2. It is computed and never looked up by a secret index: a number is k + i·t with i and k in GF(2^4) and
// t² = a·t + a, and its inverse follows from five inverses in GF(2^4) (M. Hamburg, "Accelerating AES with vector permute
// instructions", CHES 2009), each a table of sixteen bytes that one vector instruction reads whole.

const POLYNOMIAL = 0x1f5
const ROW = 0xd3
const CONSTANT = 0xd3
// 1 / 0: a vector instruction answers 0 for an index with the highest bit, and a sum with a number keeps that bit.
const INFINITY = 0x80
const FK = [0xa3b1bac6, 0x56aa3350, 0x677d9197, 0xb27022dc]
const ROUNDS = 32

const all = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at)

function multiply(a: number, b: number): number {
  let product = 0
  for (let bit = 7; bit >= 0; bit--) {
    product <<= 1
    if (product & 0x100) product ^= POLYNOMIAL
    if ((b >> bit) & 1) product ^= a
  }
  return product
}

const inverse = (a: number): number => all(256).find((b) => multiply(a, b) === 1) ?? 0

// A is circulant: row r is the byte d3 turned right r times; row 0 gives the highest bit.
const matrix = (x: number): number =>
  all(8).reduce((sum, row) => (sum << 1) | parity(x & (((ROW >> row) | (ROW << (8 - row))) & 0xff)), 0)

const parity = (bits: number): number => (bits === 0 ? 0 : (bits & 1) ^ parity(bits >> 1))

// GF(2^4) inside GF(2^8), spelled in four bits by a basis 1, g, g², g³ of it.
const SUBFIELD = all(256).filter((x) => power(x, 16) === x)
const GENERATOR = SUBFIELD.find((x) => new Set(all(15).map((n) => power(x, n))).size === 15) ?? 0
const embedded = (bits: number): number =>
  all(4).reduce((sum, bit) => ((bits >> bit) & 1 ? sum ^ power(GENERATOR, bit) : sum), 0)
const spelled = (x: number): number => all(16).find((bits) => embedded(bits) === x) ?? 0

function power(x: number, n: number): number {
  return n === 0 ? 1 : multiply(x, power(x, n - 1))
}

// t² = a·t + a with a in GF(2^4) and t outside it.
const [A, T] = quadratic()

function quadratic(): readonly [number, number] {
  for (const a of SUBFIELD) {
    const t = all(256).find(
      (x) => a !== 0 && !SUBFIELD.includes(x) && multiply(x, x) === (multiply(a, x) ^ a),
    )
    if (t !== undefined) return [a, t]
  }
  throw new Error('there is no such a')
}

// k in the low four bits, i in the high ones.
const tower = (x: number): number =>
  all(256).find((bits) => (embedded(bits & 15) ^ multiply(T, embedded(bits >> 4))) === x) ?? 0

const inFour = (f: (x: number) => number): readonly number[] =>
  all(16).map((bits) => (bits === 0 ? INFINITY : spelled(f(embedded(bits)))))

// 1 / x = u + t·(u + (u + v) / a) / a, where 1 / u and 1 / v are what `box` in sm4.ts ends with; A follows at once.
const overA = (x: number): number => multiply(x, inverse(A))
const ofU = (u: number): number => matrix(u ^ multiply(T, overA(u ^ overA(u))))
const ofV = (v: number): number => matrix(multiply(T, overA(overA(v))))
const half = (of: (x: number) => number, then: (byte: number) => number): readonly number[] =>
  all(16).map((bits) => (bits === 0 ? 0 : then(of(inverse(embedded(bits))))))

const inTower = (x: number): number => tower(matrix(x) ^ CONSTANT)
const inTowerHigh = (x: number): number => tower(matrix(x << 4))
const k = (y: number): number => y & 15
const i = (y: number): number => y >> 4
const j = (y: number): number => k(y) ^ i(y)
const turned2 = (byte: number): number => ((byte << 2) | (byte >> 6)) & 0xff

type Table = readonly [name: string, what: string, bytes: readonly number[]]

// Each number that a step needs comes from tables of its own: the steps of a block wait for one another, and a table more in
// the same step costs less than one more step.
const TABLES: readonly Table[] = [
  ['K_LOW', 'k of A·x + C by the low four bits of x', all(16).map(inTower).map(k)],
  ['K_HIGH', 'and by the high ones', all(16).map(inTowerHigh).map(k)],
  ['I_LOW', 'i', all(16).map(inTower).map(i)],
  ['I_HIGH', 'and by the high ones', all(16).map(inTowerHigh).map(i)],
  ['J_LOW', 'k + i', all(16).map(inTower).map(j)],
  ['J_HIGH', 'and by the high ones', all(16).map(inTowerHigh).map(j)],
  ['INVERSE', '1 / x in GF(2^4)', inFour(inverse)],
  ['INVERSE_A', 'a / x in GF(2^4)', inFour((x) => multiply(A, inverse(x)))],
  ['BOX_U', 's, what leaves the box, by 1 / u', half(ofU, (s) => s)],
  ['BOX_V', 'and by 1 / v', half(ofV, (s) => s)],
  [
    'FIRST_U',
    's and its bits that turning by two leaves in the byte',
    half(ofU, (s) => s ^ ((s << 2) & 0xff)),
  ],
  ['FIRST_V', 'and by 1 / v', half(ofV, (s) => s ^ ((s << 2) & 0xff))],
  ['TURNED_U', 's turned by two', half(ofU, turned2)],
  ['TURNED_V', 'and by 1 / v', half(ofV, turned2)],
  ['LAST_U', 's and its bits that turning by two moves into the next byte', half(ofU, (s) => s ^ (s >> 6))],
  ['LAST_V', 'and by 1 / v', half(ofV, (s) => s ^ (s >> 6))],
]

// Byte j of word i is 7·(4i + j) mod 256 (GB/T 32907, clause 7.3).
const CK = all(ROUNDS).map(
  (word) => all(4).reduce((sum, byte) => (sum << 8) | ((7 * (4 * word + byte)) & 0xff), 0) >>> 0,
)

// C is in every byte that leaves the box; turned and summed it is the same word in every round, and is added at the end.
const word = CONSTANT * 0x01010101
const turned = (bits: number): number => ((word << bits) | (word >>> (32 - bits))) >>> 0
const ROUND_SUM = (word ^ turned(2) ^ turned(10) ^ turned(18) ^ turned(24)) >>> 0
const KEY_SUM = (word ^ turned(13) ^ turned(23)) >>> 0

const list = (numbers: readonly number[]): string => numbers.map((n) => `0x${n.toString(16)}`).join(', ')

export function constants(): string {
  const tables = TABLES.map(
    ([name, what, bytes]) => `// ${what}\nexport const ${name} = memory.data<u8>([${list(bytes)}])`,
  )
  return `// Made by crypto/sm3-sm4-constants.ts; \`npm run build:sm3-sm4\` writes it again. Addresses of tables.

${tables.join('\n')}
// FK, big-endian words of the key's four
export const FK = memory.data<u32>([${list(FK)}])
// CK
export const CK = memory.data<u32>([${list(CK)}])
// What the box's C adds to a round, and to a round of the key schedule
export const ROUND_SUM: u32 = 0x${ROUND_SUM.toString(16)}
export const KEY_SUM: u32 = 0x${KEY_SUM.toString(16)}
`
}
