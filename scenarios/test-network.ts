// The door to the test network alone: its parties and keys, the chance they come from, and a party's death. `sifang up`
// comes in here, since it needs neither pages nor a stage, and those take longer to load than the network to start.
export { seeded } from './chance.ts'
export { mortal } from './mortal.ts'
export {
  ACQUIRER_A,
  ACQUIRER_B,
  BANK,
  INSTITUTION,
  PARTIES,
  SWITCH,
  type TestNetwork,
  testNetwork,
} from './parties.ts'
