// The front door of the room: stories, and the stage they play on.
// page.ts is the vocabulary, load.ts reads it, play.ts plays it, stage.ts is where parties meet.
export { notApplicable } from './applies.ts'
export { clearingDays, type ClearingDays, type DayExports } from './clearing-days.ts'
export { ADVERSARIES, type Adversary } from './adversaries.ts'
export type { Random } from './chance.ts'
export { type StageClock, stageClock } from './clock.ts'
export type * from './events.ts'
export { type Choices, drawn, enumeration, type Gate, gate, hashOf } from './gate.ts'
export { inProcessStage, VIRTUAL_START } from './in-process.ts'
export {
  dataOf,
  loadedFrom,
  type LoadedPage,
  loadPages,
  offsetOf,
  type PageData,
  type PageFault,
  readPage,
} from './load.ts'
export { MISBEHAVIOURS, type Misbehaviour, type WireFault } from './misbehave.ts'
export { type Page } from './page.ts'
export {
  ACQUIRER_A,
  ACQUIRER_B,
  BANK,
  INSTITUTION,
  PARTIES,
  seeded,
  SWITCH,
  type TestNetwork,
  testNetwork,
} from './test-network.ts'
export { play, type Played } from './play.ts'
export { inwardRequests, type Mutation, readMutations, requestName } from './mutation.ts'
export { type Difference, lacking, replay, type Replayed } from './replay.ts'
export { recorder, type Recorder } from './recorder.ts'
export { inProcess, type Reference, reference, type Send } from './reference.ts'
export type { Seen, SeenCall, SeenMessage } from './seen.ts'
export { type Stage, stage } from './stage.ts'
export { type Tape, tapeHead, type TapeHead, tapeLine, tapeText } from './tape.ts'
export { readTape, type TapeFault } from './tape-read.ts'
export { answerView } from './tape-views.ts'
export {
  type ApiReply,
  type Feature,
  FEATURES,
  OFFERED,
  type Role,
  roleOf,
  ROLES,
  type Subject,
  subjectOver,
} from './subject.ts'
export { tillReference } from './till-reference.ts'
