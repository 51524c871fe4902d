// What is remembered, and who makes room: the least recently used, whether it was asked for or put.
import { describe, expect, it } from 'vitest'
import { remembered } from './remembered.ts'

describe('remembered', () => {
  it('forgets the least recently used for a new one, and says which', () => {
    const cache = remembered<number>(2)
    expect(cache.put('a', 1)).toBeUndefined()
    expect(cache.put('b', 2)).toBeUndefined()
    expect(cache.get('a')).toBe(1)
    // b had not been asked for since.
    expect(cache.put('c', 3)).toBe(2)
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3])
    // Putting again is a use, and no second entry.
    expect(cache.put('a', 4)).toBeUndefined()
    expect(cache.put('d', 5)).toBe(3)
    expect(cache.get('a')).toBe(4)
  })

  it('asked for one name again and again, still forgets in the order of use', () => {
    const cache = remembered<string>(2)
    for (const name of ['a', 'b']) cache.put(name, name)
    for (const name of ['b', 'b', 'a', 'a']) expect(cache.get(name)).toBe(name)
    expect(cache.put('c', 'c')).toBe('b')
    cache.forget('c')
    expect(cache.put('d', 'd')).toBeUndefined()
    expect(cache.put('e', 'e')).toBe('a')
  })
})
