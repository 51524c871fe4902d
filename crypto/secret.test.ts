// A Secret never tells, whatever prints it.
import assert from 'node:assert'
import { Console } from 'node:console'
import { Writable } from 'node:stream'
import { format, inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Secret, toBase64, toHex, utf8 } from './crypto.ts'

const VALUE = 'correct horse battery staple'
const HINT = 'cor…'
const secret = new Secret(VALUE, HINT)

describe('a Secret', () => {
  it('reveals its value to whoever says so', () => {
    expect(secret.reveal()).toBe(VALUE)
  })

  const printed: Record<string, () => string> = {
    'a template': () => `${secret}`,
    String: () => String(secret),
    'a sum': () => `x${secret}`,
    join: () => [secret, secret].join(),
    'JSON.stringify': () => JSON.stringify(secret),
    'JSON.stringify, inside': () => JSON.stringify({ deep: [{ secret }] }, null, 2),
    inspect: () => inspect(secret),
    'inspect, everything shown': () => inspect({ a: { b: { secret } } }, { depth: null, showHidden: true }),
    'inspect, in a map': () => inspect(new Map([[secret, secret]])),
    'inspect without custom functions': () =>
      inspect(secret, { customInspect: false, showHidden: true, getters: true }),
    'format %s %o %O %j %d': () => format('%s %o %O %j %d', secret, secret, secret, secret, secret),
    'console.log': () => logged((console) => console.log('%s', secret, { secret }, [secret])),
    'console.dir': () => logged((console) => console.dir({ secret }, { depth: null, showHidden: true })),
    'console.table': () => logged((console) => console.table([{ secret }])),
    'an error, printed': () => inspect(new Error(`refused: ${secret}`, { cause: secret })),
    'an error with fields': () => inspect(Object.assign(new Error('refused'), { secret })),
    'a failed assertion': () => failed(() => assert.deepStrictEqual({ secret }, { secret: 1 })),
    'Object.entries': () =>
      JSON.stringify([Object.entries(secret), Object.getOwnPropertyNames(secret), Object.assign({}, secret)]),
    structuredClone: () => inspect(structuredClone(secret), { showHidden: true }),
  }
  for (const [way, print] of Object.entries(printed)) {
    it(`does not tell through ${way}`, () => {
      expect(print()).not.toContain('horse')
    })
  }

  it('prints its hint', () => {
    expect([`${secret}`, JSON.stringify({ secret }), inspect(secret)]).toEqual([
      HINT,
      `{"secret":"${HINT}"}`,
      HINT,
    ])
    expect(format('%s %O', secret, { secret })).toBe(`${HINT} { secret: ${HINT} }`)
    expect(`${new Secret(VALUE)}`).toBe('[secret]')
  })
})

describe('a hint that tells', () => {
  it('is replaced: a value too short for a mask shows nothing', () => {
    const mask = (text: string): Secret<string> => new Secret(text, `…${text.slice(-4)}`)
    expect(`${mask('6200001234')}`).toBe('…1234')
    expect(`${mask('1234')}`).toBe('[secret]')
    expect(`${mask('7')}`).toBe('[secret]')
  })

  it('is replaced in every spelling of bytes, and of numbers', () => {
    const key = utf8('0123456789abcdef')
    for (const spelling of [toHex(key), toHex(key).toUpperCase(), toBase64(key), '0123456789abcdef']) {
      expect(`${new Secret(key, `key ${spelling}`)}`).toBe('[secret]')
    }
    expect(`${new Secret(123456, 'code 123456')}`).toBe('[secret]')
    expect(`${new Secret(123456n, 'code 123456')}`).toBe('[secret]')
  })

  it('is never printed, for any text and any cut of it', () => {
    const tells = (text: string, from: number): void => {
      const shown = `${new Secret(text, `«${text.slice(from)}»`)}`
      if (text.length > 8) expect(shown).not.toContain(text)
    }
    fc.assert(fc.property(fc.string(), fc.nat(12), (text, from) => void tells(text, from)))
  })
})

function logged(write: (console: Console) => void): string {
  const chunks: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk))
      done()
    },
  })
  write(new Console({ stdout: stream, stderr: stream }))
  return chunks.join('')
}

function failed(body: () => void): string {
  try {
    body()
  } catch (error) {
    return inspect(error)
  }
  throw new Error('the assertion held')
}
