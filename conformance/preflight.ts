// Before the first business message: is the subject there, does it offer what it declares, and do its keys and ours
// fit? A configuration fault is named as one and never counted against the subject's conformance.
import { open, seal, isTurned, type Sealed, type Sealer, type Text, type Turned } from '../wire/wire.ts'
import { diagnosisOf } from './clinic-page.ts'
import { ACQUIRER_A, ACQUIRER_B, INSTITUTION, type Stage, SWITCH } from '../scenarios/scenarios.ts'

export type Trouble = { readonly cause: 'configuration' | 'environment'; readonly because: Text }

export async function preflight(stage: Stage): Promise<Trouble | undefined> {
  const { subject } = stage
  const where = subject.url ?? subject.name
  if (subject.features.has('control')) {
    const { status } = await subject.api('GET', '/control/idle')
    if (status === 0)
      return environment(
        `连不上被测方 ${where}；请确认它已启动、地址与端口正确`,
        `the subject at ${where} does not answer; is it started, and are address and port right?`,
      )
    if (status === 404)
      return configuration(
        `${where} 声明了 control，但 GET /control/idle 应答 404；请在配置的 features 中去掉它，或打开控制接口`,
        `${where} declares the feature control, but GET /control/idle answered 404; remove it from features, or switch the control API on`,
      )
    if (status !== 200)
      return configuration(
        `${where} 的 GET /control/idle 应答 ${status}，应为 200`,
        `${where} answered GET /control/idle with ${status}, not 200`,
      )
  }
  if (subject.features.has('clock')) await subject.api('POST', '/control/clock', { now: stage.clock.now() })
  return stage.subjectId === INSTITUTION ? probeInstitution(stage, where) : probeAcquirer(stage, where)
}

/** A notice for another acquirer: whoever can read it has an answer to it. */
async function probeAcquirer(stage: Stage, where: string): Promise<Trouble | undefined> {
  const edge = stage.sealer(SWITCH)
  const day = '20200101'
  const fields = {
    notice: 'PREFLIGHT00',
    about: 'purchase',
    transaction: `${day}000000000000`,
    acquirer: ACQUIRER_B,
    merchant: '000000000000000',
    order: 'PREFLIGHT00',
    orderTime: `${day}000000`,
    amount: 1n,
    currency: '156',
    state: 'SUCCESS',
    answer: '00',
    clearingDay: day,
  }
  const request = await seal(edge, { type: 'notify.payee', to: stage.subjectId, fields })
  const reply = await stage.subject.post(request.sealed)
  const answer = await probed(
    stage,
    edge,
    reply,
    { type: 'notify.payee', to: stage.subjectId, ref: request.ref },
    where,
  )
  // That it must be refused is a page's business (NTF-007); here it is enough that both sides can read each other.
  return 'cause' in answer ? answer : undefined
}

async function probeInstitution(stage: Stage, where: string): Promise<Trouble | undefined> {
  const { subject } = stage
  const edge = stage.sealer(SWITCH)
  const fields = { acquirer: ACQUIRER_A, asked: 'debit', order: 'PREFLIGHT00', orderTime: '20200101000000' }
  const request = await seal(edge, { type: 'debit.query', to: INSTITUTION, fields })
  const reply = await subject.post(request.sealed)
  const answer = await probed(
    stage,
    edge,
    reply,
    { type: 'debit.query', to: INSTITUTION, ref: request.ref },
    where,
  )
  if ('cause' in answer) return answer
  if (answer.answer === '34') return undefined
  return configuration(
    `试探查询应答 ${answer.answer ?? '?'}（${answer.because ?? ''}），应为 34 查无此交易`,
    `a probing query for an item that does not exist was answered ${answer.answer ?? '?'} (${answer.because ?? ''}), not 34 (no such transaction)`,
  )
}

type Probe = { readonly type: 'debit.query' | 'notify.payee'; readonly to: string; readonly ref: string }

/** What the subject answered to a probe, or why that cannot be known. */
async function probed(
  stage: Stage,
  edge: Sealer,
  reply: Sealed | Turned | 'no_reply',
  probe: Probe,
  where: string,
): Promise<Trouble | { answer?: string; because?: string }> {
  if (reply === 'no_reply')
    return environment(
      `被测方 ${where} 对一笔试探报文没有可读的应答`,
      `the subject at ${where} gave no readable answer to a probing message (${probe.type})`,
    )
  if (isTurned(reply)) {
    const { class: kind, field, en, zh } = reply.refusal
    return configuration(
      `被测方拒绝试探报文：${kind}，${field}：${zh}。多半是目录、证书或配置档不一致`,
      `the subject turned a probing message away: ${kind} at ${field}: ${en}. Its directory, certificates or profile most likely differ from ours`,
    )
  }
  const opened = await open(edge, reply, { replyTo: probe })
  if (opened.kind === 'refused') {
    const told = await diagnosisOf(stage, reply)
    return configuration(
      `试探报文的应答打不开：${opened.class}，${opened.field}：${opened.rule.zh}。${told === undefined ? '请核对被测方的证书' : `诊断：${told.what.zh}。改法：${told.fix.zh}`}`,
      `the answer to a probing message does not open: ${opened.class} at ${opened.field}: ${opened.rule.en}. ${told === undefined ? 'Check the subject’s certificates in the configuration' : `Diagnosis: ${told.what.en}. Fix: ${told.fix.en}`}`,
    )
  }
  return opened.message.fields as { answer?: string; because?: string }
}

const configuration = (zh: string, en: string): Trouble => ({ cause: 'configuration', because: { zh, en } })
const environment = (zh: string, en: string): Trouble => ({ cause: 'environment', because: { zh, en } })
