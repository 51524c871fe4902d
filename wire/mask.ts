// Masking follows from the field tables: a masked value shows its ends only when it is long enough to hide
// something; a value too short for a hint shows nothing (COD-014, SEC-037).
import type { Field } from './fields.ts'
import { MESSAGES, type MessageType } from './messages.ts'

const SHOWN = 4

export function maskText(text: string): string {
  return text.length < 3 * SHOWN
    ? '*'.repeat(8)
    : `${text.slice(0, SHOWN)}${'*'.repeat(text.length - 2 * SHOWN)}${text.slice(-SHOWN)}`
}

/** The fields of a message as people may see them: masked, amounts as text, in the table's order. */
export function maskFields(
  type: MessageType,
  fields: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return maskRows(MESSAGES[type], fields)
}

function maskRows(
  table: readonly Field[],
  fields: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const shown: Record<string, unknown> = {}
  for (const field of table) {
    const value = fields[field.name]
    if (value === undefined) continue
    if (field.format === 'list')
      shown[field.name] = (value as readonly Record<string, unknown>[]).map((row) =>
        maskRows(field.of ?? [], row),
      )
    else if (field.secrecy === 'hidden') shown[field.name] = '********'
    else shown[field.name] = field.secrecy === 'masked' ? maskText(String(value)) : String(value)
  }
  return shown
}
