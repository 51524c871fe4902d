// What the fields, message types and answer classes of the wire are called, for the report's reader. The tables of
// the wire room are the only source; what has no public name or number is marked as ours.
import { CLASSES, type Field, MESSAGES, UNIONPAY_NUMBERS } from '../wire/wire.ts'
import type { Text } from './words.ts'

export type FieldLabel = {
  readonly label: Text
  readonly wire: string
  readonly house: boolean
  readonly amount: boolean
}
export type Labels = {
  readonly fields: Readonly<Record<string, FieldLabel>>
  readonly types: Readonly<Record<string, { readonly number: string; readonly house: boolean }>>
  readonly classes: Readonly<Record<string, { readonly label: Text; readonly code: string }>>
}

export function labels(): Labels {
  const fields: Record<string, FieldLabel> = {}
  const add = (field: Field): void => {
    fields[field.name] ??= {
      label: field.label,
      wire: field.unionpay,
      house: field.origin === 'house',
      amount: field.format === 'amount' || field.format === 'amount0',
    }
    for (const inner of field.of ?? []) add(inner)
  }
  for (const table of Object.values(MESSAGES)) for (const field of table) add(field)
  const types = Object.entries(UNIONPAY_NUMBERS).map(
    ([type, { number, origin }]) => [type, { number, house: origin === 'house' }] as const,
  )
  const classes = CLASSES.map((row) => [row.class, { label: row.text, code: row.unionpay }] as const)
  return { fields, types: Object.fromEntries(types), classes: Object.fromEntries(classes) }
}
