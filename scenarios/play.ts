// Plays one page on a stage: givens, steps, expectations, each expectation judged by itself. The runner, not the
// author, decides that a page without evidence has shown nothing.
import { stamp, type Text } from '../wire/wire.ts'
import { bodyOf, callApi, judgeAsked, layAnswer, layOrder } from './acts.ts'
import { notApplicable } from './applies.ts'
import { api, type Cast, judge, ledgerSince, Unplayable } from './cast.ts'
import { moveTime } from './duration.ts'
import { playCrowd } from './crowd.ts'
import { classHeard, type Edge, edgeSwitch, sayStep } from './edge.ts'
import { fits } from './fits.ts'
import type { Cause, ExpectationEvent, PostingView, Verdict } from './events.ts'
import { pageIds } from './ids.ts'
import { judgeBook, judgeState } from './judge-state.ts'
import type { LoadedPage } from './load.ts'
import { instantOf } from './moment.ts'
import { networkCast } from './network-cast.ts'
import { judgeFaults } from './network-judge.ts'
import type { SingleStep, Step } from './page.ts'
import { INSTITUTION } from './parties.ts'
import { durationMs } from './spans.ts'
import type { Stage } from './stage.ts'
import type { Feature } from './subject.ts'
import { isTillStep, tillEdge, tillStep } from './till-edge.ts'

export type Played = {
  readonly verdict: Verdict
  readonly cause?: Cause
  readonly because?: Text
  readonly judged: readonly ExpectationEvent[]
}

export type PlayOptions = {
  readonly tag: string
  nextNumber(): number
  /** After each step: true ends the page there. */
  stepped?(): boolean
}

export async function play(stage: Stage, loaded: LoadedPage, options: PlayOptions): Promise<Played> {
  const elsewhere = notApplicable(stage.profile, loaded.page)
  if (elsewhere !== undefined) return { verdict: 'not applicable', judged: [], because: elsewhere }
  const missing = loaded.page.needs.filter((need) => !stage.subject.features.has(need as Feature))
  if (missing.length > 0) {
    return {
      verdict: 'not shown',
      judged: [],
      because: {
        zh: `被测方未提供：${missing.join('、')}`,
        en: `the subject does not offer: ${missing.join(', ')}`,
      },
    }
  }
  stage.recorder.open(loaded.name)
  stage.clear()
  const cast: Cast = {
    stage,
    loaded,
    ids: pageIds(options.tag, loaded.name, () => stage.clock.now(), options.nextNumber),
    sent: new Map(),
    users: new Map(),
    codes: new Map(),
    known: new Map(),
    judged: [],
    ledgerFrom: '',
    fromSubject: [],
  }
  try {
    await playSteps(cast, options)
  } catch (error) {
    stage.recorder.flush()
    if (!(error instanceof Unplayable)) throw error
    // What was broken before the page could not go on was shown all the same.
    const sofar = verdictOf(cast.judged)
    if (sofar.verdict === 'fail') return sofar
    return { verdict: 'not shown', cause: error.fault, because: error.text, judged: cast.judged }
  } finally {
    stage.clear()
    await cast.network?.close()
  }
  stage.recorder.flush()
  return verdictOf(cast.judged)
}

async function playSteps(cast: Cast, { stepped }: PlayOptions): Promise<void> {
  const { stage, loaded } = cast
  const { page } = loaded
  const edge = page.cast === 'till' ? await tillEdge(cast) : edgeSwitch(stage)
  if (page.cast === 'network') cast.network = await networkCast(stage)
  await syncClock(cast)
  // What the subject still had to do from before it has done now.
  edge.script.forget()
  for (const [index, step] of page.setup.entries()) await single(cast, edge, step, ['setup', index])
  const seesLedger = stage.subject.features.has('ledger-export')
  const before = await balancesOf(cast)
  if (seesLedger) {
    cast.ledgerFrom = (await ledgerSince(cast, stage.ledgerAt())).position
    stage.ledgerAt(cast.ledgerFrom)
  }
  for (const [index, step] of page.steps.entries()) {
    if ('together' in step) await together(cast, edge, step, ['steps', index])
    else await single(cast, edge, step, ['steps', index])
    if (stepped === undefined) continue
    await balancesOf(cast)
    if (stepped()) return
  }
  await stage.release()
  await cast.network?.rest(cast)
  judgeFaults(cast)
  for (const [index, expectation] of page.expect.entries())
    await judgeState(cast, edge, expectation, ['expect', index])
  const postings: readonly PostingView[] = seesLedger ? await judgeBook(cast) : []
  stage.recorder.emit({
    event: 'ledger',
    page: loaded.name,
    at: stamp(stage.clock.now()),
    before,
    after: await balancesOf(cast),
    postings,
  })
}

async function single(
  cast: Cast,
  edge: Edge,
  step: SingleStep,
  at: readonly (string | number)[],
): Promise<void> {
  if ('user' in step) return makeUser(cast, step.user)
  if ('code' in step) return showCode(cast, step, at)
  if ('balance' in step)
    return must(cast, 'PUT', `/control/users/${cast.ids.user(step.balance.of)}/balance`, {
      amount: step.balance.amount,
    })
  if ('status' in step)
    return must(cast, 'PUT', `/control/users/${cast.ids.user(step.status.of)}/status`, {
      status: step.status.is,
    })
  if ('token' in step)
    return must(cast, 'PUT', `/control/tokens/${cast.users.get(step.token.of) ?? ''}/state`, {
      state: step.token.is,
    })
  if ('wait' in step)
    return passTo(cast, cast.stage.clock.now() + durationMs(step.wait), {
      zh: `等待 ${step.wait}`,
      en: `wait ${step.wait}`,
    })
  if ('until' in step) {
    const { time, day, on, times } = step.until
    const text = `${time}${day === undefined ? '' : ` on day ${day}`}${on === undefined ? '' : ` on a ${on}`}${times === '1' ? '' : `, ${times} times`}`
    return passTo(cast, instantOf(cast.stage.clock.now(), step.until, cast.stage.network.profile), {
      zh: `等到 ${text}`,
      en: `until ${text}`,
    })
  }
  if ('sign-up' in step) return signUpAgain(cast, step['sign-up'].of, at)
  if ('restart' in step) return restart(cast)
  if ('call' in step) return void (await callApi(cast, step, at))
  if ('crowd' in step) return playCrowd(cast, step, at)
  if ('answer' in step) return layAnswer(cast, edge, step.answer)
  if ('order' in step) return layOrder(cast, edge, step.order)
  if ('heard' in step) return judgeAsked(cast, edge.script.asked, step.heard, at)
  if ('fault' in step) {
    const { what, type, times, by } = step.fault
    cast.stage.faults.push({
      what,
      type,
      times: Number(times),
      ...(by !== undefined && { delayMs: durationMs(by) }),
    })
    return
  }
  if (cast.loaded.page.cast === 'till' && isTillStep(step)) return tillStep(cast, step)
  const network =
    'sell' in step ||
    'refund' in step ||
    'reversal' in step ||
    'crash' in step ||
    'close' in step ||
    'agree' in step
  if (network) {
    if (cast.network === undefined)
      throw new Error(`page ${cast.loaded.name} is cast at the edge; this step needs cast: network`)
    return cast.network.step(cast, step, at)
  }
  await sayStep(cast, edge, step, at)
}

async function together(
  cast: Cast,
  edge: Edge,
  step: Extract<Step, { together: unknown }>,
  at: readonly (string | number)[],
): Promise<void> {
  const heard = await cast.stage.race(
    step.together.map((one, index) => async () => {
      const place = [...at, 'together', index]
      if ('call' in one) return callApi(cast, one, place, true)
      return classHeard(await sayStep(cast, edge, one, place)) ?? 'no reply'
    }),
  )
  if (step.expect === undefined) return
  const observed = [...heard].sort()
  const allowed = step.expect.classes.map((one) => (typeof one === 'string' ? [one] : one))
  judge(cast, {
    what: {
      zh: '并发请求的应答类别（不分先后）',
      en: 'answer classes of the parallel requests, in any order',
    },
    expected: allowed.map((one) => one.join(' | ')).join(', '),
    observed: observed.join(', '),
    held: fits(observed, allowed),
    evidence: cast.fromSubject.slice(-heard.length),
    at: [...at, 'expect'],
    field: 'respCode',
  })
}

async function makeUser(cast: Cast, user: Extract<SingleStep, { user: unknown }>['user']): Promise<void> {
  const { name, balance, signs, holder, ...told } = user
  const id = cast.ids.user(name)
  const about = Object.fromEntries(
    Object.entries({ ...told, name: holder }).flatMap(([field, value]) =>
      value === undefined ? [] : [[field, bodyOf(cast, value)]],
    ),
  )
  await must(cast, 'POST', '/control/users', { id, balance, ...about })
  if (signs === 'no') return
  const { status, body } = await api(cast, 'POST', `/wallet/users/${id}/sign-up`)
  const { token } = (body ?? {}) as { token?: string }
  if (!done(status) || token === undefined) throw unplayable('签约', `sign-up of ${name}`, status, body)
  cast.users.set(name, token)
}

async function showCode(
  cast: Cast,
  { code: { of, as, funding }, refused }: Extract<SingleStep, { code: unknown }>,
  at: readonly (string | number)[],
): Promise<void> {
  const path = `/wallet/users/${cast.ids.user(of)}/codes`
  const chosen = funding === undefined ? undefined : { funding: bodyOf(cast, funding) }
  const { status, body } = await api(cast, 'POST', path, chosen)
  if (refused === 'yes') {
    judge(cast, {
      what: { zh: '申请付款码被拒绝', en: 'the code request is refused' },
      expected: 'refused',
      observed: done(status) ? 'a code' : `refused (HTTP ${status})`,
      held: status >= 400 && status < 500,
      evidence: cast.stage.recorder.numbersFrom(INSTITUTION),
      at,
    })
    return
  }
  const { code } = (body ?? {}) as { code?: string }
  if (!done(status) || code === undefined)
    throw unplayable('申请付款码', `the code request of ${of}`, status, body)
  cast.codes.set(as, { code, token: cast.users.get(of) ?? (await tokenOf(cast, of)) })
}

/** Of a user whose token came by an agreement. */
async function tokenOf(cast: Cast, name: string): Promise<string> {
  const { body } = await api(cast, 'GET', `/control/users/${cast.ids.user(name)}`)
  const { token = '' } = (body ?? {}) as { token?: string }
  return token
}

async function must(cast: Cast, method: 'POST' | 'PUT', path: string, body: unknown): Promise<void> {
  const reply = await api(cast, method, path, body)
  if (!done(reply.status))
    throw unplayable(`${method} ${path}`, `${method} ${path}`, reply.status, reply.body)
}

const done = (status: number): boolean => status >= 200 && status < 300

/** A call without which the page cannot go on. That nobody answers any more says nothing about conformance. */
function unplayable(zh: string, en: string, status: number, body: unknown): Unplayable {
  if (status === 0)
    return new Unplayable('environment', {
      zh: `${zh}：被测方不再应答`,
      en: `${en}: the subject no longer answers`,
    })
  return new Unplayable('subject', {
    zh: `${zh}：应答 HTTP ${status}`,
    en: `${en} answered HTTP ${status}: ${JSON.stringify(body)}`,
  })
}

async function passTo(cast: Cast, to: number, because: Text): Promise<void> {
  const { stage } = cast
  await moveTime(cast, to)
  await syncClock(cast)
  stage.recorder.emit({
    event: 'time',
    page: cast.loaded.name,
    at: stamp(stage.clock.now()),
    to: stamp(stage.clock.now()),
    because,
  })
}

async function signUpAgain(cast: Cast, of: string, at: readonly (string | number)[]): Promise<void> {
  const { status, body } = await api(cast, 'POST', `/wallet/users/${cast.ids.user(of)}/sign-up`)
  const { token } = (body ?? {}) as { token?: string }
  const same = token !== undefined && token === cast.users.get(of)
  judge(cast, {
    what: { zh: '再次签约得到原账户标识', en: 'signing up again gives the token there was' },
    expected: 'the same token',
    observed: !done(status) ? `HTTP ${status}` : same ? 'the same token' : 'another token',
    held: done(status) && same,
    evidence: cast.stage.recorder.numbersFrom(INSTITUTION),
    at,
  })
}

/** The subject's clock follows the stage's, where it offers one. */
async function syncClock(cast: Cast): Promise<void> {
  if (cast.stage.subject.features.has('clock'))
    await must(cast, 'POST', '/control/clock', { now: cast.stage.clock.now() })
}

async function restart(cast: Cast): Promise<void> {
  await must(cast, 'POST', '/control/restart', {})
  await syncClock(cast)
  cast.stage.recorder.emit({
    event: 'restart',
    page: cast.loaded.name,
    at: stamp(cast.stage.clock.now()),
    party: cast.stage.subjectId === INSTITUTION ? 'institution' : 'acquirer',
  })
}

async function balancesOf(cast: Cast): Promise<Record<string, string>> {
  const balances: Record<string, string> = {}
  if (!cast.stage.subject.features.has('control')) return balances
  for (const name of cast.users.keys()) {
    const path = `/control/users/${cast.ids.user(name)}`
    const { status, body } = await cast.stage.subject.api('GET', path)
    cast.stage.recorder.called({ method: 'GET', path, status, reply: body })
    balances[name] = String((body as { available?: unknown } | undefined)?.available ?? '?')
  }
  return balances
}

/** Broken beats undecided beats held; nothing judged is nothing shown. */
function verdictOf(judged: readonly ExpectationEvent[]): Played {
  const broken = judged.find(({ result }) => result === 'broken')
  if (broken !== undefined)
    return {
      verdict: 'fail',
      cause: 'subject',
      judged,
      because: {
        zh: `${broken.what.zh}：应为 ${broken.expected}，实际 ${broken.observed}`,
        en: `${broken.what.en}: expected ${broken.expected}, got ${broken.observed}`,
      },
    }
  const undecided = judged.find(({ result }) => result === 'undecided')
  if (undecided !== undefined)
    return {
      verdict: 'not shown',
      cause: 'undecidable',
      judged,
      because: {
        zh: `${undecided.what.zh}：没有可用的观察`,
        en: `${undecided.what.en}: nothing was observed that decides it`,
      },
    }
  if (judged.length === 0)
    return {
      verdict: 'not shown',
      cause: 'undecidable',
      judged,
      because: { zh: '没有判定任何期望', en: 'no expectation was judged' },
    }
  return { verdict: 'pass', judged }
}
