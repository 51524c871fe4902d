// What travels, in words: answers and their codes, fields, lines of the head, parts of the envelope, messages, the steps
// that refuse, profiles. All of it follows from the tables of the wire room.
import { say, type WordKey } from '../reports/reports.ts'
import {
  CLASSES,
  classOf,
  type Field,
  HEAD_NAMES,
  MESSAGES,
  OPEN_STEPS,
  type OpenStep,
  PARTS,
  type PartName,
  PROFILES,
  SENDERS,
  type Text,
  UNIONPAY_NUMBERS,
} from '../wire/wire.ts'
import { type Explained, type Kind, type Lang, same } from './explained.ts'

const house = (origin: 'public' | 'house', lang: Lang): string =>
  say(lang, origin === 'public' ? 'cli.origin.public' : 'cli.origin.house')

function classLines(name: string, lang: Lang): readonly string[] {
  const row = CLASSES.find((one) => one.class === name)
  if (row === undefined) return []
  return [
    row.text[lang],
    say(lang, 'cli.explain.code', { code: row.unionpay, origin: house(row.origin, lang) }),
    say(lang, row.definite ? 'cli.explain.definite' : 'cli.explain.open'),
    say(lang, 'cli.explain.at', { at: say(lang, `cli.at.${row.at}`) }),
  ]
}

export const answerClass: Kind = {
  name: 'class',
  ids: async () => CLASSES.map((one) => one.class),
  tell: async (id, lang) => {
    const row = CLASSES.find((one) => same(one.class, id))
    if (row === undefined) return undefined
    const { class: name, origin } = row
    return {
      id: name,
      kind: 'class',
      lines: classLines(name, lang),
      source: `wire/classes.ts · ${house(origin, lang)}`,
    }
  },
}

const SIGNS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('')

export const code: Kind = {
  name: 'code',
  // Every pair of signs that the wire knows as an answer, whichever table it stands in.
  ids: async () =>
    SIGNS.flatMap((a) => SIGNS.map((b) => a + b)).filter((pair) => classOf(pair) !== undefined),
  tell: async (id, lang): Promise<Explained | undefined> => {
    const asked = id.toUpperCase()
    const name = classOf(asked)
    const row = CLASSES.find((one) => one.class === name)
    if (name === undefined || row === undefined) return undefined
    return {
      id: asked,
      kind: 'code',
      lines: [say(lang, 'cli.explain.means', { class: name }), ...classLines(name, lang)],
      source: `wire/classes.ts · ${house(row.unionpay === asked ? row.origin : 'public', lang)}`,
    }
  },
}

/** Fields by name, those inside lists as well, with the messages they are in. */
function fields(): ReadonlyMap<string, { readonly field: Field; readonly users: readonly string[] }> {
  const found = new Map<string, { field: Field; users: string[] }>()
  const add = (one: Field, user: string): void => {
    const known = found.get(one.name)
    if (known === undefined) found.set(one.name, { field: one, users: [user] })
    else if (!known.users.includes(user)) known.users.push(user)
    for (const inner of one.of ?? []) add(inner, user)
  }
  for (const [type, table] of Object.entries(MESSAGES)) for (const one of table) add(one, type)
  return found
}

export const field: Kind = {
  name: 'field',
  ids: async () => [
    ...new Set([...fields().values()].flatMap(({ field: { name, unionpay } }) => [unionpay, name])),
  ],
  tell: async (id, lang): Promise<Explained | undefined> => {
    const known = [...fields().values()]
    const found =
      known.find((one) => one.field.unionpay === id || one.field.name === id) ??
      known.find((one) => same(one.field.unionpay, id) || same(one.field.name, id))
    if (found === undefined) return undefined
    const { name, unionpay, label, format, lengthMin, lengthMax, secrecy, clause, origin } = found.field
    const length = lengthMin === lengthMax ? `${lengthMax}` : `${lengthMin ?? 0}–${lengthMax}`
    return {
      id: unionpay,
      kind: 'field',
      lines: [
        `${label[lang]} (${name})`,
        say(lang, 'cli.explain.field', { format, length, secrecy: say(lang, `cli.secrecy.${secrecy}`) }),
        say(lang, 'cli.explain.in', { messages: found.users.join(', ') }),
      ],
      source: `${clause} · wire/messages.ts · ${house(origin, lang)}`,
    }
  },
}

export const head: Kind = {
  name: 'head',
  ids: async () => [...HEAD_NAMES],
  tell: async (id, lang): Promise<Explained | undefined> => {
    const name = HEAD_NAMES.find((one) => same(one, id))
    if (name === undefined) return undefined
    return {
      id: name,
      kind: 'head',
      lines: [
        say(lang, `head.${name}`),
        say(lang, 'cli.explain.head', { place: HEAD_NAMES.indexOf(name) + 1, of: HEAD_NAMES.length }),
      ],
      source: `wire/head.ts · ${house('house', lang)}`,
    }
  },
}

const PART_WORDS: Readonly<Record<PartName, WordKey>> = {
  head: 'cli.part.head',
  wrap: 'cli.part.wrap',
  iv: 'cli.part.iv',
  cipher: 'cli.part.cipher',
  tag: 'cli.part.tag',
  sign: 'cli.part.sign',
}

export const part: Kind = {
  name: 'part',
  ids: async () => [...PARTS],
  tell: async (id, lang): Promise<Explained | undefined> => {
    const name = PARTS.find((one) => same(one, id))
    if (name === undefined) return undefined
    return {
      id: name,
      kind: 'part',
      lines: [
        say(lang, PART_WORDS[name]),
        say(lang, 'cli.explain.part', { place: PARTS.indexOf(name) + 1, of: PARTS.length }),
      ],
      source: `wire/frame.ts · ${house('house', lang)}`,
    }
  },
}

export const message: Kind = {
  name: 'message',
  ids: async () => [...Object.keys(MESSAGES), ...Object.values(UNIONPAY_NUMBERS).map(({ number }) => number)],
  tell: async (id, lang): Promise<Explained | undefined> => {
    const numbered = Object.entries(UNIONPAY_NUMBERS).find(([, { number }]) => same(number, id))
    const type = Object.keys(MESSAGES).find((one) => same(one, numbered?.[0] ?? id))
    const request = Object.entries(UNIONPAY_NUMBERS).find(([name]) => name === type?.replace(/\.reply$/, ''))
    if (type === undefined || request === undefined) return undefined
    const [name, { number, origin }] = request
    const sender = Object.entries(SENDERS).find(([one]) => one === name)?.[1] ?? ''
    const table: readonly Field[] = MESSAGES[type as keyof typeof MESSAGES]
    return {
      id: type,
      kind: 'message',
      lines: [
        say(lang, type === name ? 'cli.explain.request' : 'cli.explain.reply', {
          number,
          sender,
          type: name,
        }),
        ...table.map(
          (one) =>
            `${one.unionpay.padEnd(16)} ${one.presence.padEnd(8)} ${one.format.padEnd(8)} ${one.label[lang]}`,
        ),
      ],
      source: `wire/messages.ts · ${house(origin, lang)}`,
    }
  },
}

const STEP_WORDS: Readonly<Record<OpenStep, Text>> = {
  size: {
    zh: '报文不得超过长度上限，解析之前先量',
    en: 'no longer than the limit; measured before anything is parsed',
  },
  form: { zh: '能读成六部分与一个完整的报文头', en: 'it can be read as six parts and a whole head' },
  method: {
    zh: '算法套件与次序是配置档规定的，从不听报文的',
    en: 'suite and order are the profile’s, never the message’s own choice',
  },
  address: {
    zh: '发给本方，且投递到它所签的路径',
    en: 'it is for this party, and was posted to the path that it was signed for',
  },
  reference: {
    zh: '应答指明所答的请求；请求不指明',
    en: 'a reply names the request it answers; a request names none',
  },
  certificate: {
    zh: '证书存在、有效、未吊销，且属于报文头所说的一方',
    en: 'the certificates exist, are in date, not revoked, and belong to whom the head says',
  },
  time: { zh: '时间戳在允许的偏差之内', en: 'the time stamp lies within the skew that is allowed' },
  unwrap: { zh: '包裹的密钥能还原', en: 'the wrapped key can be recovered' },
  tag: {
    zh: '校验标签与收到的字节相符，先于解密',
    en: 'the tag fits the bytes as received, before anything is decrypted',
  },
  decrypt: { zh: '密封块能解密', en: 'the sealed block can be decrypted' },
  parts: { zh: '解密所得能分成内容与签名', en: 'what was inside can be parted into content and signature' },
  signature: {
    zh: '签名覆盖报文头与内容，且属于发送方',
    en: 'the signature covers head and content and is the sender’s',
  },
  fields: {
    zh: '每个字段都在、合格，没有多余与重复',
    en: 'every field is there and well formed, none too many and none twice',
  },
}

export const step: Kind = {
  name: 'step',
  ids: async () => Object.keys(STEP_WORDS),
  tell: async (id, lang): Promise<Explained | undefined> => {
    const name = OPEN_STEPS['sign-then-encrypt'].find((one) => same(one, id))
    if (name === undefined) return undefined
    const places = Object.entries(OPEN_STEPS).map(([order, steps]) =>
      say(lang, 'cli.explain.step', { place: steps.indexOf(name) + 1, of: steps.length, order }),
    )
    return {
      id: name,
      kind: 'step',
      lines: [STEP_WORDS[name][lang], ...places],
      source: `wire/envelope.ts · ${house('house', lang)}`,
    }
  },
}

export const profile: Kind = {
  name: 'profile',
  ids: async () => Object.keys(PROFILES),
  tell: async (id, lang): Promise<Explained | undefined> => {
    const found = Object.values(PROFILES).find((one) => same(one.id, id))
    if (found === undefined) return undefined
    const { network, frame, suite, order, flags } = found
    return {
      id: found.id,
      kind: 'profile',
      lines: [
        say(lang, 'cli.explain.profile', { network, frame, suite, order }),
        ...Object.entries(flags).map(([name, value]) => `${name}: ${String(value)}`),
        say(lang, 'cli.explain.play', { command: `npx sifang certify --profile ${found.id}` }),
      ],
      source: 'wire/profile.ts',
    }
  },
}
