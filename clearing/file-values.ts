// What may stand in a field of a file, whatever the file.
import { readBeijingTime } from '../wire/wire.ts'

export const WORD = /^[0-9A-Za-z._-]{1,64}$/
/** Minor units: above zero, and zero or more. No sign, no noughts before. */
export const AMOUNT = /^[1-9][0-9]{0,17}$/
export const FEE = /^(0|[1-9][0-9]{0,17})$/

export const isTime = (text: string): boolean => readBeijingTime(text) !== undefined
export const isDate = (text: string): boolean => isTime(`${text}000000`)
