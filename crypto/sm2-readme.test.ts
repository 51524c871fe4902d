// The example in each README of `sifang/sm2` runs as it stands and prints what its comments say.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const DOOR = new URL('sm2.ts', import.meta.url).href

describe('the example', () => {
  it.each(['README.md', 'README.zh-CN.md'])('of %s prints what it says', (name) => {
    const text = readFileSync(new URL(`sm2/${name}`, import.meta.url), 'utf8')
    const example = /```js\n([\s\S]*?)```/.exec(text)?.[1] ?? expect.unreachable('there is an example')
    const promised = [...example.matchAll(/^console\.log\(.*\) \/\/ (.*)$/gm)].map(([, said]) => said)
    expect(promised.length).toBe(4)
    const code = example.replace("'sifang/sm2'", `'${DOOR}'`)
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' })
    expect(said.trimEnd().split('\n')).toEqual(promised)
  })
})
