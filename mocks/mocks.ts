// The front door of the room: honest stand-ins with books of their own, and parties that do what a page says.
// Nothing here imports the switch or the institution: a mock made of the real thing cannot disagree with it. The acquirer's
// till as JSON has a door of its own, acquirer-app.ts.
export { type AcquirerDesk, type AcquirerWorld, acquirerParty, startAcquirerClosing } from './acquirer.ts'
export { bankParty } from './bank.ts'
export { type Forge, forgeMessage, notIn } from './forge.ts'
export { type Behaviour, type ScriptedInstitution, scriptedInstitution } from './scripted-institution.ts'
export { type Heard, type Post, type ScriptedSwitch, scriptedSwitch } from './scripted-switch.ts'
export { tillAnswers, transactionOf } from './scripted-till-switch.ts'
export type { LaidOrder } from './scripted-answers.ts'
export type { Asked, HonestAnswers, Laid } from './script.ts'
export { SHOP, TillRefusal } from './acquirer-records.ts'
