// Writes crypto/sm3-sm4/rounds.ts: SM3's compression (GB/T 32905, clause 5.3) as straight lines, its eight words and the
// sixteen words of the message that are still needed in locals.

const ROUNDS = 64
const WORDS = 16
// From this round on FF and GG are the majority and the choice.
const LATER = 16
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const

const turned = (number: number, bits: number): number =>
  bits % 32 === 0 ? number : ((number << (bits % 32)) | (number >>> (32 - (bits % 32)))) >>> 0

const constant = (round: number): string =>
  `0x${turned(round < LATER ? 0x79cc4519 : 0x7a879d8a, round).toString(16)}`

const word = (at: number): string => `w${at % WORDS}`

// W(at) in the place of W(at - 16).
function expanded(at: number): string {
  const x = `${word(at)} ^ ${word(at - 9)} ^ rotl<u32>(${word(at - 3)}, 15)`
  return `x = ${x}; ${word(at)} = x ^ rotl<u32>(x, 15) ^ rotl<u32>(x, 23) ^ rotl<u32>(${word(at - 13)}, 7) ^ ${word(at - 6)}`
}

// The eight words change places and not values: in round j the one called A is NAMES[-j mod 8] of its half.
function round(at: number): readonly string[] {
  const [a, b, c, d] = [0, 1, 2, 3].map((n) => NAMES[(n - at + 64) % 4])
  const [e, f, g, h] = [0, 1, 2, 3].map((n) => NAMES[4 + ((n - at + 64) % 4)])
  const ff = at < LATER ? `${a} ^ ${b} ^ ${c}` : `(${a} & ${b}) | ((${a} | ${b}) & ${c})`
  const gg = at < LATER ? `${e} ^ ${f} ^ ${g}` : `((${f} ^ ${g}) & ${e}) ^ ${g}`
  return [
    ...(at + 4 < WORDS ? [] : [expanded(at + 4)]),
    `x = rotl<u32>(${a}, 12); y = rotl<u32>(x + ${e} + ${constant(at)}, 7)`,
    `${d} += (${ff}) + (x ^ y) + (${word(at)} ^ ${word(at + 4)})`,
    `y += ${h} + (${gg}) + ${word(at)}; ${h} = y ^ rotl<u32>(y, 9) ^ rotl<u32>(y, 17)`,
    `${b} = rotl<u32>(${b}, 9); ${f} = rotl<u32>(${f}, 19)`,
  ]
}

export function rounds(): string {
  const numbers = Array.from({ length: WORDS }, (_, at) => at)
  const body = [
    `let x: u32, y: u32`,
    `let ${numbers.map((at) => `w${at} = bswap(load<u32>(block, ${4 * at}))`).join(', ')}`,
    `let ${NAMES.map((name, at) => `${name} = load<u32>(state, ${4 * at})`).join(', ')}`,
    ...Array.from({ length: ROUNDS }, (_, at) => round(at)).flat(),
    ...NAMES.map((name, at) => `store<u32>(state, load<u32>(state, ${4 * at}) ^ ${name}, ${4 * at})`),
  ]
  return `// Made by crypto/sm3-sm4-rounds.ts; \`npm run build:sm3-sm4\` writes it again.

// state = CF(state, block): eight words as numbers, and sixty-four bytes.
export function compress(state: usize, block: usize): void {
${body.map((line) => `  ${line}`).join('\n')}
}
`
}
