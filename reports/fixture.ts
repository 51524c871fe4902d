// A small run that has everything a report must show: a pass, failures with field and offset, a family of forged
// cases, a lost message, time, a restart, and every other verdict. Test-only.
import type { MessageEvent, PageEnd, RunEvent, Verdict } from './events.ts'
import { failing, passing } from './fixture-cpm.ts'
import {
  FIELDS,
  INSTITUTION,
  messageEvent,
  NO_COUNTS,
  pageEvents,
  REPLY,
  RUN_START,
  runEnd,
  SECRETS,
  stampOf,
  SWITCH,
  type Told,
  expectationEvent,
} from './fixture-parts.ts'

const FORGERIES = [
  { name: 'tag', zh: '改动校验标签的最后一个字节', en: 'the last byte of the tag was changed; nothing else' },
  { name: 'sign', zh: '用另一机构的密钥签名', en: 'signed with another institution’s key' },
] as const

function forged(): readonly RunEvent[] {
  return FORGERIES.flatMap(({ name, zh, en }) => {
    const page = `SEC-003.${name}`
    return pageEvents(
      page,
      {
        row: 'SEC-003',
        case: name,
        title: { zh: `伪造的报文被拒收（${name}）`, en: `A forged message is refused (${name})` },
        given: { zh: '一条有效的扣款请求，被改动一处。', en: 'A valid debit request, changed in one place.' },
        where: { file: 'scenarios/pages/sec.yaml', line: 40, column: 1 },
      },
      [
        messageEvent(page, 1, {
          from: SWITCH,
          to: INSTITUTION,
          type: 'debit',
          ms: 3,
          fields: { ...FIELDS, code: SECRETS.code },
          more: {
            forged: { zh, en },
            refused: {
              class: 'REJ-SIG',
              step: 'signature',
              field: 'sign',
              offset: 612,
              rule: { zh: '签名不成立', en: 'the signature does not verify' },
            },
          },
        }),
        messageEvent(page, 2, {
          from: INSTITUTION,
          to: SWITCH,
          type: 'debit.reply',
          ms: 5,
          fields: { answer: '11', because: '验签失败', wrongField: 'sign' },
          more: { replyTo: 1, class: 'REJ-SIG' },
        }),
        expectationEvent(page, 1, {
          what: { zh: '答复 REJ-SIG 或 REJ-CERT', en: 'Answered REJ-SIG or REJ-CERT' },
          expected: 'REJ-SIG | REJ-CERT',
          observed: 'REJ-SIG',
          evidence: [1, 2],
        }),
      ],
    )
  })
}

function lost(): readonly RunEvent[] {
  const page = 'REV-020'
  const message = (n: number, told: Told): MessageEvent => messageEvent(page, n, told)
  return pageEvents(
    page,
    {
      title: {
        zh: '应答丢失：结果未知，先查询再冲正',
        en: 'The reply is lost: unknown, then asked, then reversed',
      },
      given: { zh: '清算组织收不到扣款应答。', en: 'The switch never gets the reply to its debit.' },
      severity: 'major',
      clause: 'UP-QRC-4.2',
    },
    [
      message(1, { from: SWITCH, to: INSTITUTION, type: 'debit', ms: 2 }),
      message(2, {
        from: INSTITUTION,
        to: SWITCH,
        type: 'debit.reply',
        ms: 6,
        fields: REPLY,
        more: { replyTo: 1, class: 'OK', fate: 'lost' },
      }),
      {
        event: 'time',
        page,
        at: stampOf(5_006),
        to: stampOf(5_006),
        because: { zh: '等待超时', en: 'the wait runs out' },
      },
      message(3, { from: SWITCH, to: INSTITUTION, type: 'debit.query', ms: 6_010 }),
      message(4, {
        from: INSTITUTION,
        to: SWITCH,
        type: 'debit.query.reply',
        ms: 14_020,
        fields: { ...REPLY, state: 'SUCCESS' },
        more: { replyTo: 3, class: 'OK', fate: 'late' },
      }),
      message(5, { from: SWITCH, to: INSTITUTION, type: 'debit.reverse', ms: 14_500 }),
      message(6, {
        from: INSTITUTION,
        to: SWITCH,
        type: 'debit.reverse.reply',
        ms: 14_504,
        fields: REPLY,
        more: { replyTo: 5, class: 'OK', repeated: true },
      }),
      expectationEvent(page, 1, {
        what: { zh: '冲正后余额复原', en: 'After the reversal the balance is as before' },
        expected: '5000',
        evidence: [5, 6],
      }),
    ],
  )
}

function others(): readonly RunEvent[] {
  const bare = (
    page: string,
    verdict: Verdict,
    zh: string,
    en: string,
    because: { zh: string; en: string },
    end: Partial<PageEnd> = {},
  ): readonly RunEvent[] =>
    pageEvents(
      page,
      { title: { zh, en }, given: { zh: '见目录。', en: 'See the catalogue.' }, severity: 'minor' },
      [],
      { verdict, because, ...end },
    )
  const control = {
    zh: '被测方没有控制接口，无法设置余额',
    en: 'The subject has no control API, so no balance can be set',
  }
  return [
    ...bare('LIM-004', 'not shown', '单日限额', 'The daily limit', control, { cause: 'environment' }),
    ...bare('LIM-005', 'not shown', '单笔限额', 'The limit per payment', control, { cause: 'environment' }),
    ...bare('SEC-017', 'not applicable', '绑定随机数', 'A bound nonce', {
      zh: '本报文框架不带随机数',
      en: 'This frame carries no nonce',
    }),
    ...bare('COD-012', 'warn', '拒绝后的付款码', 'A code after a decline', {
      zh: '应答文字为空',
      en: 'The reply text is empty',
    }),
    ...bare('REF-009', 'known gap', '十一个月前的退款', 'A refund after eleven months', {
      zh: '已登记：旧账归档中',
      en: 'Listed: old books are being archived',
    }),
    ...bare('REF-010', 'gap closed', '部分退款余数', 'Remainders of partial refunds', {
      zh: '清单称不支持，但已通过：请更新清单',
      en: 'Listed as a gap, but it passes: update the list',
    }),
    ...bare(
      'TIM-001',
      'fail',
      '跨日切',
      'Across the cut-off',
      { zh: '两个裁判从同一证据得出不同结论', en: 'Two oracles judged the same evidence differently' },
      { cause: 'harness' },
    ),
  ]
}

export function fixture(): readonly RunEvent[] {
  const pages = [...passing(), ...failing(), ...forged(), ...lost(), ...others()]
  const starts = pages.filter((event) => event.event === 'page.start')
  const ends = pages.filter((event) => event.event === 'page.end')
  const rows = [...new Set(starts.map(({ row }) => row))].flatMap((row) => {
    const start = starts.find((one) => one.row === row)
    const end = ends.find((one) => one.row === row)
    return start && end
      ? [
          {
            row,
            group: start.group,
            severity: start.severity,
            role: start.role,
            verdict: end.verdict,
            ...(end.because && { because: end.because }),
          },
        ]
      : []
  })
  const counts = { ...NO_COUNTS }
  for (const { verdict } of rows) counts[verdict] += 1
  return [RUN_START, ...pages, runEnd({ counts, rows })]
}
