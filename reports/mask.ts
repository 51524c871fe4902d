// The last net before anything is written. Messages are masked by their field tables; what a control API says has no
// table, so every bare number that could be an account, token or payment code (16 to 19 digits) loses its middle.
import { maskText } from '../wire/wire.ts'
import type { RunEvent } from './events.ts'

const BARE_NUMBER = /(?<!\d)\d{16,19}(?!\d)/g

export function maskedEvent(event: RunEvent): RunEvent {
  if (event.event !== 'control') return event
  const { path, request, reply } = event
  return {
    ...event,
    path: maskedText(path),
    ...(request !== undefined && { request: masked(request) }),
    ...(reply !== undefined && { reply: masked(reply) }),
  }
}

const maskedText = (text: string): string => text.replace(BARE_NUMBER, maskText)

function masked(value: unknown): unknown {
  if (typeof value === 'string') return maskedText(value)
  if (Array.isArray(value)) return value.map(masked)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [maskedText(name), masked(inner)]))
}
