// The files of a closed day: made of the clearing book alone, for every party of the network, and published all at once: who
// asks gets the day whole, or hears that it is not ready. A day without items has a file too, with a trailer of nought.
import { type ClearingItem, clearingDayOf, writeDayFile } from '../clearing/clearing.ts'
import { sm3Hex, toBase64 } from '../crypto/crypto.ts'
import { kind, type Put } from '../store/store.ts'
import { answer, answerFields, type Fields, fileSigning, type Sealed, type Turned } from '../wire/wire.ts'
import { collected, type DayRecord, days, itemsOfDays } from './feed-book.ts'
import type { SwitchWorld } from './world.ts'

/** What stands at the place of a file: one version of it is the newest, older ones stay for who asks. */
type FileRecord = {
  readonly parts: number
  readonly digest: string
  readonly bytes: number
  readonly sequence: number
}
const files = kind<FileRecord>('clearing-file')
const fileParts = kind<Uint8Array>('clearing-file-part')
const sequences = kind<{ readonly last: number }>('clearing-file-sequence')

/** A part travels in one message, as base64, under a seal. */
const PART_BYTES = 96 * 1024

const fileId = (day: string, party: string, version: number): string => `${day}.${party}.${version}`

/** Writes the next version of a day's files and, when all are there, makes it the one that is handed out. */
export async function publishFiles(world: SwitchWorld, day: string): Promise<number> {
  const { store } = world
  const record = days.in(await store.read([days.key(day)]), day)
  if (record === undefined) throw new Error(`day ${day} is not closed: it has no files yet`)
  const version = record.version + 1
  const items = await collected(itemsOfDays(store, day, day))
  const parties = world.directory
    .parties()
    .filter(({ role }) => role === 'institution' || role === 'acquirer')
    .map(({ id }) => id)
  for (const party of parties) await writeFile(world, record, party, version, mineOf(items, party))
  await store.change([days.key(day)], (rows) => {
    const now = days.in(rows, day)
    if (now?.version !== version - 1) return { result: undefined }
    return {
      put: [days.put(day, { ...now, state: 'PUBLISHED', version, publishedAt: world.clock.wall() })],
      append: [{ item: `day:${day}`, kind: 'published', body: { day, version } }],
      result: undefined,
    }
  })
  return version
}

const mineOf = (items: readonly ClearingItem[], party: string): readonly ClearingItem[] =>
  items.filter(({ institution, acquirer }) => institution === party || acquirer === party)

/** Under a version that nobody is handed yet: written twice it is the same. */
async function writeFile(
  world: SwitchWorld,
  { day }: DayRecord,
  party: string,
  version: number,
  items: readonly ClearingItem[],
): Promise<void> {
  const { store } = world
  const id = fileId(day, party, version)
  const sequence = await sequenceOf(world, party, id)
  const head = { from: world.me, to: party, day, sequence, version }
  const bytes = await writeDayFile(head, items, fileSigning(world))
  const puts: Put[] = []
  const parts = Math.max(1, Math.ceil(bytes.length / PART_BYTES))
  for (let part = 1; part <= parts; part += 1)
    puts.push(fileParts.put(`${id}.${part}`, bytes.slice((part - 1) * PART_BYTES, part * PART_BYTES)))
  const told: FileRecord = { parts, digest: sm3Hex(bytes), bytes: bytes.length, sequence }
  const put = [...puts, files.put(id, told)]
  await store.change(
    put.map(({ key }) => key),
    () => ({ put, result: undefined }),
  )
}

/** Files for a party are numbered through; one that is written again keeps its number. */
async function sequenceOf({ store }: SwitchWorld, party: string, id: string): Promise<number> {
  const own = `${party}.${id}`
  return store.change([sequences.key(party), sequences.key(own)], (rows) => {
    const known = sequences.in(rows, own)
    if (known !== undefined) return { result: known.last }
    const last = (sequences.in(rows, party)?.last ?? 0) + 1
    return { put: [sequences.put(party, { last }), sequences.put(own, { last })], result: last }
  })
}

export async function fetchFile(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'file.fetch', async ({ from, message }) =>
    handedOut(world, from, message.fields),
  )
}

type Asked = Fields<'file.fetch'>

async function handedOut(
  world: SwitchWorld,
  party: string,
  asked: Asked,
): Promise<Fields<'file.fetch.reply'>> {
  const { clearingDay: day, fileKind, version: wanted = '', part = '1' } = asked
  if (fileKind !== 'DAY')
    return { ...answerFields('REJ-FORMAT', { detail: 'DAY is the one there is' }), wrongField: 'fileKind' }
  const record = days.in(await world.store.read([days.key(day)]), day)
  const today = clearingDayOf(world.clock.wall(), world.profile.values.cutOff)
  if (record === undefined && day > today) return noFile(day)
  if (record === undefined || record.version === 0)
    return {
      ...answerFields('PENDING', { detail: `the file of ${day} is not ready: ask again later` }),
      clearingDay: day,
    }
  const version = wanted === '' ? record.version : Number(wanted)
  if (version > record.version) return noFile(day)
  const id = fileId(day, party, version)
  const rows = await world.store.read([files.key(id), fileParts.key(`${id}.${Number(part)}`)])
  const [told, bytes] = [files.in(rows, id), fileParts.in(rows, `${id}.${Number(part)}`)]
  if (told === undefined || bytes === undefined) return noFile(day)
  return {
    ...answerFields('OK'),
    clearingDay: day,
    version: String(version),
    part: String(Number(part)),
    parts: String(told.parts),
    fileDigest: told.digest,
    fileContent: toBase64(bytes),
  }
}

/** The network has a code of its own for it (98), which is neither “not ready” nor an empty file (STL-014). */
const noFile = (day: string): Fields<'file.fetch.reply'> => ({
  ...answerFields('NOT_FOUND', { detail: `there is no file of ${day}` }),
  answer: NO_FILE,
  clearingDay: day,
})
const NO_FILE = '98'

/** A party's file as it stands, for operators and tests. */
export async function fileOf(
  { store }: Pick<SwitchWorld, 'store'>,
  day: string,
  party: string,
  version: number,
): Promise<Uint8Array | undefined> {
  const id = fileId(day, party, version)
  const told = files.in(await store.read([files.key(id)]), id)
  if (told === undefined) return undefined
  const keys = Array.from({ length: told.parts }, (_, at) => `${id}.${at + 1}`)
  const rows = await store.read(keys.map((key) => fileParts.key(key)))
  return Buffer.concat(keys.map((key) => fileParts.in(rows, key) ?? new Uint8Array()))
}
