// Operators' calls at the switch of a whole network: sign-up by agreement, its cancelling, and what a user's status is.
import {
  applyAgreement,
  cancelAgreement,
  confirmAgreement,
  type SwitchWorld,
  userStatus,
} from '../switch/switch.ts'
import type { Text } from '../wire/wire.ts'
import { type Cast, judge } from './cast.ts'
import { allowedOf, sayOf } from './edge.ts'
import type { SingleStep } from './page.ts'
import { INSTITUTION } from './parties.ts'
import { resolved } from './say.ts'

type AgreeStep = Extract<SingleStep, { agree: unknown }>
type Outcome = { readonly class: string; readonly known: Readonly<Record<string, unknown>> }

const WHAT: Text = { zh: '交换中心得到的结果', en: 'what the switch learnt' }

/** `$s1.token`, `$s1.agreement` and `$s1.state` are what the switch keeps of it. */
export async function agree(
  cast: Cast,
  world: SwitchWorld,
  step: AgreeStep,
  at: readonly (string | number)[],
): Promise<void> {
  const { as, expect } = step.agree
  const outcome = await cast.stage.through(asked(cast, world, step.agree))
  cast.known.set(as, { ...cast.known.get(as), ...outcome.known, class: outcome.class })
  if (expect === undefined) return
  const allowed = allowedOf(cast, expect)
  judge(cast, {
    what: WHAT,
    expected: allowed.join(' | '),
    observed: outcome.class,
    held: allowed.includes(outcome.class),
    evidence: cast.stage.recorder.numbersFrom(INSTITUTION),
    at: [...at, 'agree', 'expect'],
  })
}

async function asked(cast: Cast, world: SwitchWorld, step: AgreeStep['agree']): Promise<Outcome> {
  const text = (value = ''): string => resolved(sayOf(cast), value)
  const kept = (name: string): string => String(cast.known.get(step.as)?.[name] ?? '')
  switch (step.do) {
    case 'apply': {
      const { holder, idNumber, phone } = step
      const applicant = { holderName: text(holder), idNumber: text(idNumber), phone: text(phone) }
      const { class: said, agreement } = await applyAgreement(world, INSTITUTION, applicant)
      return { class: said, known: agreement }
    }
    case 'confirm': {
      const typed = { smsCode: text(step.smsCode) }
      const { class: said, agreement } = await confirmAgreement(world, kept('agreement'), typed)
      return { class: said, known: agreement }
    }
    case 'cancel': {
      const { class: said, agreement } = await cancelAgreement(world, kept('agreement'))
      return { class: said, known: agreement }
    }
    case 'status': {
      const { class: said, state } = await userStatus(world, kept('token'))
      return { class: said, known: { tokenState: state } }
    }
  }
}
