// Before the first business message: is the subject there, does it offer what it declares, and do its keys and ours
// fit? A configuration fault is named as one and never counted against the subject's conformance.
import { open, seal, isTurned, type Text } from '../wire/wire.ts'
import { INSTITUTION, type Stage, SWITCH, ACQUIRER_A } from '../scenarios/scenarios.ts'

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
  const edge = stage.sealer(SWITCH)
  const fields = { acquirer: ACQUIRER_A, asked: 'debit', order: 'PREFLIGHT00', orderTime: '20200101000000' }
  if (subject.features.has('clock')) await subject.api('POST', '/control/clock', { now: stage.clock.now() })
  const request = await seal(edge, { type: 'debit.query', to: INSTITUTION, fields })
  const reply = await subject.post(request.sealed)
  if (reply === 'no_reply')
    return environment(
      `被测方 ${where} 对一笔试探查询没有可读的应答`,
      `the subject at ${where} gave no readable answer to a probing query (POST ${request.sealed.path})`,
    )
  if (isTurned(reply)) {
    const { class: kind, field, en, zh } = reply.refusal
    return configuration(
      `被测方拒绝试探查询：${kind}，${field}：${zh}。多半是目录、证书或配置档不一致`,
      `the subject turned a probing query away: ${kind} at ${field}: ${en}. Its directory, certificates or profile most likely differ from ours`,
    )
  }
  const opened = await open(edge, reply, {
    replyTo: { type: 'debit.query', to: INSTITUTION, ref: request.ref },
  })
  if (opened.kind === 'refused') {
    return configuration(
      `试探查询的应答打不开：${opened.class}，${opened.field}：${opened.rule.zh}。请核对被测方的证书`,
      `the answer to a probing query does not open: ${opened.class} at ${opened.field}: ${opened.rule.en}. Check the subject’s certificates in the configuration`,
    )
  }
  const answer = opened.message.fields as { answer?: string; because?: string; wrongField?: string }
  if (answer.answer === '34') return undefined
  return configuration(
    `试探查询应答 ${answer.answer ?? '?'}（${answer.because ?? ''}），应为 34 查无此交易`,
    `a probing query for an item that does not exist was answered ${answer.answer ?? '?'} (${answer.because ?? ''}), not 34 (no such transaction)`,
  )
}

const configuration = (zh: string, en: string): Trouble => ({ cause: 'configuration', because: { zh, en } })
const environment = (zh: string, en: string): Trouble => ({ cause: 'environment', because: { zh, en } })
