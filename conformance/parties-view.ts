// Who stands on the stage of a page, as reports name them.
import { ACQUIRER_A, ACQUIRER_B, BANK, INSTITUTION, type PartyView, SWITCH } from '../scenarios/scenarios.ts'

const VIEWS: Readonly<Record<string, PartyView>> = {
  [ACQUIRER_A]: {
    id: ACQUIRER_A,
    role: 'acquirer',
    label: { zh: '收单机构 A', en: 'Acquirer A' },
    subject: false,
  },
  [ACQUIRER_B]: {
    id: ACQUIRER_B,
    role: 'acquirer',
    label: { zh: '收单机构 B', en: 'Acquirer B' },
    subject: false,
  },
  [SWITCH]: { id: SWITCH, role: 'switch', label: { zh: '清算组织', en: 'Switch' }, subject: false },
  [INSTITUTION]: {
    id: INSTITUTION,
    role: 'institution',
    label: { zh: '账户机构（被测）', en: 'Account institution (subject)' },
    subject: true,
  },
  [BANK]: { id: BANK, role: 'bank', label: { zh: '清算银行', en: 'Settlement bank' }, subject: false },
}

const CASTS = {
  till: [ACQUIRER_A, SWITCH],
  edge: [SWITCH, INSTITUTION],
  network: [ACQUIRER_A, ACQUIRER_B, SWITCH, INSTITUTION, BANK],
} as const

const TILL: PartyView = {
  id: ACQUIRER_A,
  role: 'acquirer',
  label: { zh: '收单机构（被测）', en: 'Acquirer (subject)' },
  subject: true,
}

export function partiesOf(cast: 'edge' | 'network' | 'till'): readonly PartyView[] {
  return CASTS[cast].flatMap((id) => (cast === 'till' && id === ACQUIRER_A ? TILL : (VIEWS[id] ?? [])))
}
