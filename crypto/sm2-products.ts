// Writes crypto/sm2/products.ts: the four products of the field as straight lines, nine limbs of 29 bits, each column
// reduced as soon as it is summed. Loops over the same limbs cost more than twice the time (docs/decisions/0004-sm2.md).

const LIMBS = 9
const COLUMNS = 2 * LIMBS - 1

// p = 2^256 - 2^224 - 2^96 + 2^64 - 1. The - 1 makes the lowest limb of m·p be -m, so that m is the column's own low
// bits and the division by 2^29 is a shift; the other four terms of m·p fall `limbs` columns on, `bits` up.
const TERMS = [
  { limbs: 2, bits: 6, sign: '+' },
  { limbs: 3, bits: 9, sign: '-' },
  { limbs: 7, bits: 21, sign: '-' },
  { limbs: 8, bits: 24, sign: '+' },
] as const

type Shape = {
  readonly name: string
  readonly what: string
  // Operands that are multiplied, and those whose limbs are added to the result.
  readonly operands: readonly string[]
  readonly added: readonly string[]
  readonly prelude?: readonly string[]
  column(column: number): string
  readonly addend?: (limb: number) => string
}

const SHAPES: readonly Shape[] = [
  {
    name: 'multiply',
    what: 'out = a·b / 2^261.',
    operands: ['a', 'b'],
    added: [],
    column: (column) =>
      pairs(column)
        .map(([i, j]) => `a${i} * b${j}`)
        .join(' + '),
  },
  {
    name: 'square',
    what: 'out = a² / 2^261.',
    operands: ['a'],
    added: [],
    column: squares,
  },
  {
    name: 'squareLess',
    what: 'out = a² / 2^261 - c - 2d.',
    operands: ['a'],
    added: ['c', 'd'],
    column: squares,
    addend: (limb) => ` - ${load('c', limb)} - (${load('d', limb)} << 1)`,
  },
  {
    name: 'multiplyLess',
    what: 'out = (a·b - c·d) / 2^261.',
    operands: ['a', 'b', 'c', 'd'],
    added: [],
    column: (column) =>
      pairs(column)
        .map(([i, j]) => `a${i} * b${j} - c${i} * d${j}`)
        .join(' + '),
  },
]

const HEADER = `// Made by crypto/sm2-products.ts; \`npm run build:sm2\` writes it again. The products of the field: operands are read
// before anything is written, so out may be any of them. What limbs they may have stands in field.ts.
`

export function products(): string {
  return `${HEADER}\n${SHAPES.map(written).join('\n')}`
}

function written({ name, what, operands, added, column, addend = () => '' }: Shape): string {
  const lines = [
    `// ${what}`,
    `export function ${name}(out: usize, ${[...operands, ...added].map((each) => `${each}: usize`).join(', ')}): void {`,
    ...operands.map((each) => `  const ${limbs((limb) => `${each}${limb} = ${load(each, limb)}`)}`),
    `  let t: i64 = ${column(0)}`,
  ]
  for (let at = 0; at < LIMBS; at++) {
    lines.push(`  const m${at} = t & 0x1fffffff`, `  t = ${column(at + 1)}${reduced(at + 1)} + (t >> 29)`)
  }
  for (let at = LIMBS; at < COLUMNS; at++) {
    const limb = at - LIMBS
    if (addend(limb) !== '') lines.push(`  t = t${addend(limb)}`)
    lines.push(`  i64.store32(out, t & 0x1fffffff, ${4 * limb})`)
    const next = at + 1 < COLUMNS ? `${column(at + 1)}${reduced(at + 1)} + ` : ''
    lines.push(`  t = ${next}(t >> 29)`)
  }
  lines.push(`  i64.store32(out, t${addend(LIMBS - 1)}, ${4 * (LIMBS - 1)})`)
  return `${lines.join('\n')}\n}\n`
}

function reduced(column: number): string {
  const terms = TERMS.filter(({ limbs: on }) => column - on >= 0 && column - on < LIMBS)
  return terms.map(({ limbs: on, bits, sign }) => ` ${sign} (m${column - on} << ${bits})`).join('')
}

function pairs(column: number): readonly (readonly [number, number])[] {
  const all = Array.from({ length: LIMBS }, (_, i) => [i, column - i] as const)
  return all.filter(([, j]) => j >= 0 && j < LIMBS)
}

function squares(column: number): string {
  const twice = pairs(column).filter(([i, j]) => i < j)
  const sum = twice.map(([i, j]) => `a${i} * a${j}`).join(' + ')
  const middle = column % 2 === 0 ? `a${column / 2} * a${column / 2}` : ''
  return [sum && `((${sum}) << 1)`, middle].filter((part) => part !== '').join(' + ')
}

function load(name: string, limb: number): string {
  return `i64.load32_s(${name}, ${4 * limb})`
}

function limbs(each: (limb: number) => string): string {
  return Array.from({ length: LIMBS }, (_, limb) => each(limb)).join(', ')
}
