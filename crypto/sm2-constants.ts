// Writes crypto/sm2/constants.ts: the numbers of the curve (GB/T 32918.5, clause 4) as limbs, those of the field in
// Montgomery's form, from the numbers as the standard prints them.

const LIMBS = 9
const LIMB_BITS = 29n
const R = 1n << (LIMB_BITS * BigInt(LIMBS))
const p = 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn
const n = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n
const b = 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n
const gx = 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n
const gy = 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n

const NUMBERS: readonly (readonly [name: string, what: string, number: bigint])[] = [
  ['PRIME', 'p', p],
  ['ORDER', 'n', n],
  ['ZERO', '0', 0n],
  ['UNIT', '1, which a product turns into a division by R', 1n],
  ['ONE', 'R mod p: one, in Montgomery’s form', R % p],
  ['SQUARE_P', 'R² mod p: a product with it brings a number into that form', (R * R) % p],
  ['SQUARE_N', 'R² mod n', (R * R) % n],
  ['CURVE_B', 'b · R mod p', (b * R) % p],
  ['BASE', 'xG · R and yG · R mod p, one after the other', 0n],
]

export function constants(): string {
  const lines = NUMBERS.map(([name, what, number]) => {
    const limbs = name === 'BASE' ? [...limbsOf((gx * R) % p), ...limbsOf((gy * R) % p)] : limbsOf(number)
    return `// ${what}\nexport const ${name} = memory.data<i32>([${limbs.join(', ')}])`
  })
  return `// Made by crypto/sm2-constants.ts; \`npm run build:sm2\` writes it again. Addresses of the curve's numbers, R = 2^261.

${lines.join('\n')}
// -1 / n mod 2^29
export const ORDER_FACTOR: i64 = ${inverse29((1n << LIMB_BITS) - (n % (1n << LIMB_BITS)))}
`
}

function limbsOf(number: bigint): readonly bigint[] {
  return Array.from(
    { length: LIMBS },
    (_, limb) => (number >> (LIMB_BITS * BigInt(limb))) % (1n << LIMB_BITS),
  )
}

// Newton's: every round doubles the bits that are right.
function inverse29(odd: bigint): bigint {
  let inverse = 1n
  for (let round = 0; round < 6; round++) inverse = BigInt.asUintN(29, inverse * (2n - odd * inverse))
  return inverse
}
