// What the switch asks of a business code: that it is one, and that its action is what the message does.
import { answerFields, type Profile, readBusiness } from '../wire/wire.ts'

type Action = keyof Profile['values']['businessActions']
export type BusinessFault = ReturnType<typeof answerFields> & { readonly wrongField: string }

/** Undefined where there is none, or a good one; otherwise the answer, naming the field and its part. */
export function businessFault(
  profile: Profile,
  code: string | undefined,
  action: Action,
): BusinessFault | undefined {
  if (code === undefined) return undefined
  const read = readBusiness(profile, code)
  const fault = (part: string, rule: string): BusinessFault => ({
    ...answerFields('REJ-FORMAT', { detail: `bizCode, ${part}: ${rule}` }),
    wrongField: 'bizCode',
  })
  if (read.kind === 'refused') return fault(read.field, read.rule.en)
  const wanted = profile.values.businessActions[action]
  return read.business.action === wanted ? undefined : fault('action', `must be ${wanted} here`)
}
