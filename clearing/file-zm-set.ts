// A merchant's files of one clearing day: details (ZM), adjustments (ZME) and the totals that belong to both (RD). They are
// read as a set or not at all: the totals hold what shows that the other two are whole, and are looked at first.
import { type Bytes, sm3Hex } from '../crypto/crypto.ts'
import {
  type Duplicate,
  type FileFault,
  FileRefusal,
  firstOfEach,
  isFault,
  reading,
  WHOLE_FILE,
} from './file-fault.ts'
import { canonicalBytes, linesOf, wrongDigest } from './file-text.ts'
import {
  readTotals,
  totalLines,
  writeTotals,
  type ZmHead,
  type ZmTold,
  type ZmTotals,
} from './file-totals.ts'
import { lineOf, rowOf, type ZmDetail, type ZmLine, type ZmMember } from './file-zm-item.ts'
import { readRows, writeRows } from './file-zm.ts'
import type { ClearingItem } from './item.ts'

export type ZipFile = { readonly name: string; readonly bytes: Bytes }
export type ZmEntry = { readonly item: ClearingItem; readonly detail?: ZmDetail }

/** Names as in the public sample; that of ZME is inferred. */
export const zmNames = (merchant: string, day: string): Readonly<Record<ZmMember | 'RD' | 'zip', string>> => {
  const short = day.slice(2)
  return {
    ZM: `INN${short}88ZM_${merchant}`,
    ZME: `INN${short}88ZME_${merchant}`,
    RD: `RD2010${short}01_${merchant}`,
    zip: `${merchant}_${day}.zip`,
  }
}

/** A day without traffic has all three, with nothing in the first two (STL-014). */
export function writeZmSet(
  head: ZmHead,
  entries: readonly ZmEntry[],
  adjustments: readonly ZmEntry[] = [],
): readonly ZipFile[] {
  const names = zmNames(head.merchant, head.day)
  const members = (['ZM', 'ZME'] as const).map((member) => {
    const own = member === 'ZM' ? entries : adjustments
    for (const { item } of own) checkItem(head, item)
    const bytes = writeRows(own.map(({ item, detail = {} }) => rowOf(member, head.forwarder, item, detail)))
    const lines = own.map(({ item, detail }) => ({ ...item, cardType: detail?.cardType }))
    return { member, file: names[member], bytes, lines }
  })
  return [
    ...members.map(({ file, bytes }) => ({ name: file, bytes })),
    { name: names.RD, bytes: writeTotals(head, members) },
  ]
}

/** A row has no place for another day, merchant or currency; whoever asks for it made a mistake. */
function checkItem(
  head: ZmHead,
  { transaction, day, merchant, acquirer, currency, settled }: ClearingItem,
): void {
  const same =
    day === head.day && merchant === head.merchant && acquirer === head.acquirer && currency === head.currency
  if (!same || settled !== undefined)
    throw new RangeError(
      `item ${transaction} (${day}, ${merchant}, ${acquirer}, ${currency}) does not belong to the ZM files of ${head.merchant} of ${head.day} in ${head.currency}`,
    )
}

export type ZmRead = { readonly items: readonly ZmLine[]; readonly duplicates: readonly Duplicate[] }
export type ZmSet = { readonly kind: 'set'; readonly head: ZmHead } & Readonly<Record<ZmMember, ZmRead>>

/** `files`: all that lies there. Those of other days and merchants are left alone (STL-018), a member of this day that nobody
 *  knows refuses the set (STL-016). */
export function readZmSet(
  files: readonly ZipFile[],
  wanted: { readonly merchant: string; readonly day: string },
): ZmSet | FileFault {
  const names = zmNames(wanted.merchant, wanted.day)
  const unknown = files.find(({ name }) => isOfDay(name, wanted) && !Object.values(names).includes(name))
  const ofName = (name: string): Bytes | undefined => files.find((file) => file.name === name)?.bytes
  const totalBytes = ofName(names.RD)
  if (totalBytes === undefined)
    return missing(
      names.RD,
      '缺少汇总文件：无从判断明细是否完整；请重新获取整套文件',
      'the totals are missing, and nothing shows that the details are whole: fetch the set again',
    )
  const totals = reading(names.RD, () => readTotals(totalBytes, wanted))
  if (isFault(totals)) return totals
  if (unknown !== undefined)
    return {
      kind: 'refused',
      rule: 'layout',
      file: unknown.name,
      ...WHOLE_FILE,
      said: {
        zh: `未知的文件类型：本日应只有 ${names.ZM}、${names.ZME}、${names.RD}；请核对版本`,
        en: `a type of file that is not known; of this day there should be ${names.ZM}, ${names.ZME} and ${names.RD}: ask what it is`,
      },
    }
  const read: Partial<Record<ZmMember, readonly ZmLine[]>> = {}
  for (const told of totals.told) {
    const bytes = ofName(names[told.member])
    if (bytes === undefined)
      return missing(
        names[told.member],
        '缺少此文件：请重新获取整套文件',
        'this file is missing: fetch the set again',
      )
    const lines = reading(names[told.member], () => readMember(told, bytes, totals.head))
    if (isFault(lines)) return lines
    read[told.member] = lines
  }
  const { ZM = [], ZME = [] } = read
  const off = reading(names.RD, () => checkTotals(totals, { ZM, ZME }))
  if (off !== undefined) return off
  return { kind: 'set', head: totals.head, ZM: parted(ZM), ZME: parted(ZME) }
}

const isOfDay = (name: string, { merchant, day }: { merchant: string; day: string }): boolean =>
  name.endsWith(`_${merchant}`) && new RegExp(`^(INN|RD[0-9]{4})${day.slice(2)}`).test(name)

const missing = (file: string, zh: string, en: string): FileFault => ({
  kind: 'refused',
  rule: 'trailer',
  file,
  ...WHOLE_FILE,
  said: { zh, en },
})

function readMember(told: ZmTold, bytes: Bytes, head: ZmHead): readonly ZmLine[] {
  const found = sm3Hex(canonicalBytes(linesOf(bytes), '\r\n'))
  if (found !== told.digest) throw new FileRefusal('digest', WHOLE_FILE, wrongDigest(told.digest, found))
  return readRows(bytes).map((read) => {
    const { row, line } = read
    if (row.merId !== head.merchant || row.acquirer !== head.acquirer)
      throw new FileRefusal(
        'addressee',
        { line, column: 1 },
        {
          zh: `这一行属于 ${row.acquirer} 的商户 ${row.merId}，文件是 ${head.acquirer} 的 ${head.merchant} 的：请重新获取`,
          en: `this row is of merchant ${row.merId} of ${row.acquirer}, the file of ${head.merchant} of ${head.acquirer}: fetch it again`,
        },
      )
    return lineOf(told.member, read, head.day, head.currency)
  })
}

/** Duplicates count: whoever wrote them counted them. */
function checkTotals(
  { head, told, totals }: ZmTotals,
  read: Readonly<Record<ZmMember, readonly ZmLine[]>>,
): undefined {
  for (const { member, rows, line } of told)
    if (rows !== read[member].length)
      throw new FileRefusal(
        'totals',
        { line, column: 1 },
        {
          zh: `${member} 应有 ${rows} 行，实有 ${read[member].length} 行：整套文件作废，请重新获取`,
          en: `${member} should have ${rows} rows and has ${read[member].length}; the whole set is refused: fetch it again`,
        },
      )
  const due = told.flatMap(({ member }) =>
    totalLines(
      member,
      read[member].map(({ item, detail }) => ({ ...item, cardType: detail.cardType })),
      head.currency,
    ),
  )
  const wrong = Array.from({ length: Math.max(due.length, totals.length) }).findIndex(
    (_, index) => due[index] !== totals[index]?.text,
  )
  if (wrong >= 0)
    throw new FileRefusal(
      'totals',
      { line: totals[wrong]?.line ?? (totals.at(-1)?.line ?? 0) + 1, column: 1 },
      {
        zh: `明细合计为“${due[wrong] ?? '（无）'}”，汇总写的是“${totals[wrong]?.text ?? '（无）'}”：整套文件作废，请重新获取`,
        en: `the rows come to “${due[wrong] ?? '(no more)'}”, the totals say “${totals[wrong]?.text ?? '(no more)'}”; the whole set is refused: fetch it again`,
      },
    )
}

const parted = (lines: readonly ZmLine[]): ZmRead => {
  const { kept, duplicates } = firstOfEach(
    lines,
    ({ item }) => item.transaction,
    ({ line }) => line,
  )
  return { items: kept, duplicates }
}
