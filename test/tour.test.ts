// One payment is read in twelve files. ARCHITECTURE.md lists them; each must still hold its function, so
// that the page a newcomer starts from cannot go stale.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { ROOT } from './sources.ts'

const HEADING = '## The twelve stops'

type Stop = { readonly stop: string; readonly where: string; readonly name: string }

/** The rows of the table under HEADING: stop | where | function, further columns ignored. */
function stopsOf(page: string): readonly Stop[] {
  const section = page.split(/^(?=## )/m).find((text) => text.startsWith(`${HEADING}\n`)) ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('|'))
  return rows.slice(2).map((row) => {
    const [, stop = '', where = '', name = ''] = row.split('|').map((cell) => cell.trim().replaceAll('`', ''))
    return { stop, where, name }
  })
}

/** Names of the functions that this text declares and exports. Re-exports do not count: the story is told here. */
function exportedFunctions(path: string, text: string): readonly string[] {
  const exported = (node: ts.FunctionDeclaration | ts.VariableStatement): boolean =>
    node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false
  const isFunction = ({ initializer }: ts.VariableDeclaration): boolean =>
    initializer !== undefined && (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer))
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest).statements.flatMap((statement) => {
    if (ts.isFunctionDeclaration(statement) && exported(statement)) return [statement.name?.text ?? '']
    if (!ts.isVariableStatement(statement) || !exported(statement)) return []
    return statement.declarationList.declarations
      .filter(isFunction)
      .map(({ name }) => (ts.isIdentifier(name) ? name.text : ''))
  })
}

describe('the twelve stops', () => {
  const stops = stopsOf(readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8'))

  test('are twelve', () => {
    expect(stops).toHaveLength(12)
  })

  test.each(stops)('$stop is $name in $where', ({ where, name }) => {
    expect(existsSync(join(ROOT, where)), `${where} exists`).toBe(true)
    expect(exportedFunctions(where, readFileSync(join(ROOT, where), 'utf8'))).toContain(name)
  })
})

describe('the reading of a file', () => {
  test('sees functions and arrows that are exported, and nothing else', () => {
    const text = [
      'export function pay() {}',
      'export async function ask() {}',
      'export const open = () => 1',
      'export const post = 2',
      'function hidden() {}',
      "export { route } from './route.ts'",
    ].join('\n')
    expect(exportedFunctions('any.ts', text)).toEqual(['pay', 'ask', 'open'])
  })

  test('sees a row that is missing', () => {
    const page = `# A\n\n${HEADING}\n\nText.\n\n| stop | where | function |\n|---|---|---|\n| pay | \`a.ts\` | \`pay\` |\n\n## B\n| x | y | z |\n`
    expect(stopsOf(page)).toEqual([{ stop: 'pay', where: 'a.ts', name: 'pay' }])
  })
})
