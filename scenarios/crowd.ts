// Many calls of one kind at once, and lists of amounts: what a page about budgets and shares says of a subject's own APIs.
import { bodyOf } from './acts.ts'
import { api, apiAtOnce, type Cast, judge } from './cast.ts'
import { sayOf } from './edge.ts'
import { memberOf } from './names.ts'
import type { Expectation, JsonText, SingleStep } from './page.ts'
import { resolved } from './say.ts'

type At = readonly (string | number)[]
type CrowdStep = Extract<SingleStep, { crowd: unknown }>

export async function playCrowd(cast: Cast, { crowd, expect }: CrowdStep, at: At): Promise<void> {
  const copies = Array.from({ length: Number(crowd.of) }, (_, index) => String(index + 1))
  const replies = await apiAtOnce(
    cast,
    copies.map((copy) => ({
      path: resolved(sayOf(cast), numbered(crowd.do, copy)).replace(/^POST /, ''),
      body: crowd.body === undefined ? undefined : bodyOf(cast, numberedIn(crowd.body, copy)),
    })),
  )
  if (expect === undefined) return
  const done = replies.filter(({ status }) => status >= 200 && status < 300)
  const refused = replies.filter(({ status }) => status === 409)
  const evidence = cast.stage.recorder.numbersFrom(cast.stage.subjectId)
  const one = (zh: string, en: string, expected: string, observed: string, where: string): void =>
    judge(cast, {
      what: { zh: `${crowd.of} 个并发请求中${zh}`, en: `of ${crowd.of} requests at once, ${en}` },
      expected,
      observed,
      held: expected === observed,
      evidence,
      at: [...at, 'expect', where],
    })
  one('成功数', 'those that were done', expect.done, String(done.length), 'done')
  one('被拒绝数', 'those that were refused', expect.refused, String(refused.length), 'refused')
  for (const [name, value] of Object.entries(expect.fields ?? {})) {
    const told = [...new Set(refused.map(({ body }) => memberOf(body, name) ?? 'absent'))].join(', ')
    one(`拒绝应答的 ${name}`, `${name} of every refusal`, resolved(sayOf(cast), value), told, 'fields')
  }
}

const numbered = (text: string, copy: string): string => text.replaceAll('$n', copy)

function numberedIn(value: Readonly<Record<string, JsonText>>, copy: string): Record<string, JsonText> {
  return JSON.parse(numbered(JSON.stringify(value), copy)) as Record<string, JsonText>
}

type Amounts = Extract<Expectation, { amounts: unknown }>['amounts']

export async function judgeAmounts(cast: Cast, expected: Amounts, at: At): Promise<void> {
  const { get, list, of, count, sum, least } = expected
  const { status, body } = await api(cast, 'GET', resolved(sayOf(cast), get))
  const rows = status === 200 ? (body as Readonly<Record<string, unknown>> | undefined)?.[list] : undefined
  const texts = Array.isArray(rows) ? rows.map((row: unknown) => memberOf(row, of) ?? 'absent') : undefined
  const amounts = texts?.every((text) => /^-?[0-9]+$/.test(text)) === true ? texts.map(BigInt) : undefined
  const evidence = cast.stage.recorder.numbersFrom(cast.stage.subjectId)
  const one = (
    zh: string,
    en: string,
    wanted: string,
    observed: string,
    held: boolean,
    where: string,
  ): void =>
    judge(cast, {
      what: { zh: `${list} 的 ${of}：${zh}`, en: `${of} of ${list}: ${en}` },
      expected: wanted,
      observed: amounts === undefined ? `HTTP ${status}, ${String(texts)}` : observed,
      held: amounts !== undefined && held,
      evidence,
      at: [...at, where],
    })
  const total = (amounts ?? []).reduce((all, amount) => all + amount, 0n)
  const lowest = (amounts ?? []).reduce<bigint | undefined>(
    (low, amount) => (low === undefined || amount < low ? amount : low),
    undefined,
  )
  one('个数', 'how many', count, String(amounts?.length), String(amounts?.length) === count, 'count')
  one('合计（分）', 'their sum, fen', sum, String(total), String(total) === sum, 'sum')
  const enough = lowest !== undefined && lowest >= BigInt(least)
  one('最小值（分）', 'the smallest, fen', `at least ${least}`, String(lowest), enough, 'least')
}
