// The front door of the room: what parties say to each other, payment by payment.
// classes.ts (every answer), messages.ts (every field), envelope.ts (seal and open), call.ts and reply.ts (both sides).
export {
  type Business,
  BUSINESS_PARTS,
  businessFor,
  type BusinessPart,
  type BusinessRead,
  readBusiness,
  writeBusiness,
} from './business.ts'
export { call, type Answered } from './call.ts'
export {
  type AnswerClass,
  CLASSES,
  classOf,
  classRow,
  codeOf,
  type DeclineClass,
  isAnswerClass,
  isDecline,
  isReject,
  type RejectClass,
  type Text,
} from './classes.ts'
export {
  codeDigitsOf,
  codeMark,
  type CodeParts,
  codeParts,
  HANDLE_DIGITS,
  makeCode,
  makerOf,
  TOKEN_UNKNOWN,
} from './code-rule.ts'
export { contentDigest, decode, encode, type FieldFault, membersOf } from './codec.ts'
export {
  certificateFrom,
  type CertificateRefused,
  certified,
  commonNameOf,
  type Trust,
} from './certificates.ts'
export {
  type Certificate,
  type CertificateFault,
  type CertificateForm,
  type ChainState,
  type Directory,
  directory,
  faultOf,
  type Party,
  type PartyId,
  type PartyRole,
} from './directory.ts'
export {
  bodiesUpTo,
  type Endpoint,
  type InFlight,
  inFlight,
  type MessageDoor,
  messageDoor,
  wireRoutes,
} from './endpoint.ts'
export {
  type Awaited,
  type Evidence,
  OPEN_STEPS,
  type Opened,
  type OpenStep,
  open,
  type Outgoing,
  type Refused,
  type Sealed,
  type SealedMessage,
  type Sealer,
  seal,
} from './envelope.ts'
export {
  asMembers,
  canonical,
  type Form,
  type FormFault,
  type Pair,
  readBody,
  readLine,
  SIGNATURE,
  spans,
  valueIn,
  writeBody,
  writeLine,
} from './form.ts'
export { type Charset, charsetNamed, decodeText, encodeText } from './form-charset.ts'
export { memberOfRow } from './form-places.ts'
export { type Entry, textInLine } from './form-values.ts'
export { acpDialect, pemOf } from './frame-acp.ts'
export {
  type Dialect,
  draft,
  FORM_STEPS,
  readForm,
  sealedForm,
  signPairs,
  withInnerCode,
} from './frame-form.ts'
export { qrcDialect } from './frame-qrc.ts'
export {
  ENCRYPTION_CERTIFICATE,
  type FetchedKey,
  fetchSwitchKey,
  learntKey,
  switchKeyEnds,
} from './key-fetch.ts'
export { freshHead, sealParts } from './frame-sifang.ts'
export { claimedHead, claimedRef, claimedType, framingAt, framingOf, storyFor } from './frames.ts'
export type { FrameName, Framing } from './framing.ts'
export { broken, type Field, type FieldsOf, type Format } from './fields.ts'
export {
  CONTENT_TYPE,
  frameBytes,
  IV_BYTES,
  KEY_BYTES,
  lp,
  messageKeys,
  PARTS,
  type PartName,
  type Parts,
  PATH_PREFIX,
  readFrame,
  readInner,
  referenceOf,
  signedInside,
  signedOutside,
  tagOf,
} from './frame.ts'
export { decodeHead, encodeHead, HEAD_NAMES, type Head, type HeadName } from './head.ts'
export type { Tree } from './json.ts'
export { EPCC_PATH, EPCC_TYPE } from './epcc-claims.ts'
export { ENCIPHERED as EPCC_ENCIPHERED } from './epcc-layout.ts'
export { epccNumber } from './epcc-numbers.ts'
export { type HeaderName as EpccHeaderName, serialText as epccSerial } from './epcc-read.ts'
export {
  draftOf as epccDraft,
  enciphered as epccEnciphered,
  type EpccDraft,
  messageBytes as epccBytes,
  rootOf as epccRoot,
  signatureOver as epccSigned,
} from './frame-epcc.ts'
export {
  FORMS as NETSUNION_FORMS,
  fromJoint,
  partyNumber,
  toJoint,
  TRX_SERIAL_DIGITS,
  trxIdOf,
} from './netsunion-forms.ts'
export { type Element as XmlElement, readXml } from './xml-read.ts'
export { writeElement, writeText } from './xml-write.ts'
export { type FetchedFile, fetchDayFile } from './file-fetch.ts'
export { fileSigning, fileVerifying } from './file-seal.ts'
export { type LinkRead, type LinkRefused, type OrderLink, readLink, writeLink } from './link.ts'
export { maskFields, maskText } from './mask.ts'
export {
  type CodeRead,
  type CodeRefused,
  crcOf,
  type MerchantCode,
  readMerchantCode,
} from './merchant-code.ts'
export {
  type Fields,
  isMessageType,
  isRequestType,
  type Message,
  MESSAGES,
  type MessageType,
  REQUEST_TYPES,
  SENDERS,
  type ReplyType,
  type RequestType,
  replyTypeOf,
  UNIONPAY_NUMBERS,
} from './messages.ts'
export type { Sender } from './message-numbers.ts'
export { type NetworkTable, tableOf } from './networks.ts'
export {
  FLAG_CHOICES,
  type Flags,
  LEGAL,
  type Network,
  type Order,
  type Profile,
  PROFILES,
  type Values,
} from './profile.ts'
export { answer, answerFields, isTurned, noSuchPath, turnAway, type Turned } from './reply.ts'
export { beijingDay, beijingTime, readBeijingTime, readStamp, stamp } from './time.ts'
export type { Clock, Reply, World } from './world.ts'
