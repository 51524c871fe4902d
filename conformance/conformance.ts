// The front door of the room: what is required, how it is judged, and the proof that the judging works.
import type { ExploreOptions, Explored } from './stories.ts'

export type {
  Cause,
  ControlEvent,
  DiagnosisEvent,
  ExpectationEvent,
  InvariantEvent,
  LedgerEvent,
  MessageEvent,
  PageEnd,
  PageEvent,
  PageStart,
  PartyView,
  PostingView,
  RestartEvent,
  RoleResult,
  RowResult,
  RunEnd,
  RunEvent,
  RunStart,
  TimeEvent,
  Verdict,
  Where,
} from '../scenarios/scenarios.ts'
export { CLINIC_MISTAKES, examineWith, taken, testKeys } from './clinic.ts'
export { type Examined, type Fact, outcomeOf, type StepExamined } from './clinic-examined.ts'
export type { KnownKey } from './clinic-keys.ts'
export { UNEXPLAINED } from './clinic-page.ts'
export { adversaryNamed, type Besieged, besiege, type Between } from './besiege.ts'
export { certify, type CertifyOptions, type PlayPages, playPages, type Share } from './certify.ts'
export { type OracleName, type Ruling, rulings, weighed } from './oracles.ts'
export { type Mutant, MUTANTS, victimOf } from './mutants.ts'
export { type SimulatedDay, simulate } from './simulate.ts'
export { isRace, race, type Raced } from './races.ts'
export { preflight, type Trouble } from './preflight.ts'
export { profileYaml, ProfileFile, readProfile } from './profile-file.ts'
export {
  CATALOGUE,
  GROUPS,
  type Revision,
  REVISIONS,
  revisionOf,
  type Row,
  rowOf,
  type Severity,
} from './requirements.ts'
export { type Told, told } from './told.ts'
export type { Explored } from './stories.ts'
export { EXITS } from './verdict.ts'

/** Random stories; fast-check is loaded only by who asks for them. */
export const exploreStories = async (options: ExploreOptions): Promise<Explored> =>
  (await import('./stories.ts')).exploreStories(options)
