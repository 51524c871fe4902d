// The house rules that no linter knows (STYLE 3.2), as a table, and the reading of one file against them.
// A finding says `path:line: write X instead of Y`.
import ts from 'typescript'

/** `room/` is everything below it, `*.x` is every path that ends so, anything else is one file. */
type Place = string

export type Rule = {
  readonly pattern: RegExp
  /** `code` leaves out comments and the inside of strings; `text` is every character. */
  readonly within: 'code' | 'text'
  readonly except: readonly Place[]
  readonly write: string
  /** Lines that must be found: a rule that cannot fail is worthless. */
  readonly planted: readonly string[]
}

const TESTS = '*.test.ts'
/** Configuration that a tool reads as a default export. */
const CONFIGURATION: readonly Place[] = ['*.config.ts', '.dependency-cruiser.js']
/** Where the world is made, and where time is measured rather than told. */
const OUTSIDE: readonly Place[] = ['cli/', 'bench/']

export const RULES: readonly Rule[] = [
  {
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.hrtime\b/g,
    within: 'code',
    except: [...OUTSIDE],
    write: 'world.clock',
    planted: ['const t = Date.now()', 'const t = new Date()', 'const t = performance.now()', 'f(Date.now)'],
  },
  {
    pattern: /\bMath\.random\b|\brandomUUID\b|\brandomBytes\b|\brandomInt\b|\bgetRandomValues\b/g,
    within: 'code',
    except: [...OUTSIDE, 'crypto/'],
    write: 'world.random()',
    planted: ['const r = Math.random()', 'const r = randomUUID()', 'const r = randomBytes(16)'],
  },
  {
    pattern: /\bprocess\.(?:argv|exit|exitCode|abort)\b/g,
    within: 'code',
    except: [...OUTSIDE],
    write: 'an argument',
    planted: ['const a = process.argv[2]', 'process.exit(1)'],
  },
  {
    pattern: /\bprocess\.env\b|\bimport\.meta\.env\b/g,
    within: 'code',
    except: [...OUTSIDE, TESTS, 'vitest.config.ts'],
    write: 'an argument',
    planted: ["const e = process.env['HOME']", 'const mode = import.meta.env.MODE'],
  },
  {
    pattern: /\bconsole\./g,
    within: 'code',
    except: [...OUTSIDE, TESTS],
    write: 'the journal or a report',
    planted: ["console.log('paid')"],
  },
  {
    pattern: /\bset(?:Timeout|Interval)\b/g,
    within: 'code',
    except: ['cli/', 'scenarios/real-clock.ts'],
    write: 'world.clock.until()',
    planted: ['setTimeout(retry, 100)', "import { setTimeout } from 'node:timers/promises'"],
  },
  {
    pattern: /\bparseFloat\b|\.toFixed\(|\bNumber\([^)]*minor/gi,
    within: 'code',
    except: ['reports/'],
    write: 'money',
    planted: ["const a = parseFloat('1.5')", 'const a = (1.5).toFixed(2)', 'const a = Number(fee.minor)'],
  },
  {
    pattern: /\.reveal\(\)/g,
    within: 'code',
    except: ['wire/', 'crypto/', 'institution/', 'cli/'],
    write: 'the value itself, hidden,',
    planted: ['const pin = secret.reveal()'],
  },
  {
    pattern: /\bas any\b|\.only\(|\bas unknown as any\b/g,
    within: 'code',
    except: [],
    write: 'the real thing',
    planted: ['const row = value as any', "test.only('one', run)"],
  },
  {
    pattern: /@ts-ignore\b|@ts-nocheck\b|\bFIXME\b/g,
    within: 'text',
    // AssemblyScript's decorators are no TypeScript.
    except: ['test/tidy.ts', 'crypto/sm3-sm4/'],
    write: 'the real thing',
    planted: ['// @ts-ignore', '// FIXME later'],
  },
  {
    pattern: /biome-ignore lint\b|eslint-disable\b|oxlint-disable(?![^\n]*\s--\s+\S)[\w-]*/g,
    within: 'text',
    except: ['test/tidy.ts'],
    write: '`oxlint-disable-next-line rule -- reason`',
    planted: [
      '// biome-ignore lint/style/useConst: no.',
      '// eslint-disable-next-line eqeqeq',
      '// oxlint-disable-next-line eqeqeq',
    ],
  },
  {
    pattern: /\bexport default\b|\bas default\b/g,
    within: 'code',
    except: CONFIGURATION,
    write: 'a named export',
    planted: ['export default pay', 'export { pay as default }'],
  },
  {
    pattern: /\benum \w+/g,
    within: 'code',
    except: [],
    write: 'a union of names',
    planted: ['export enum State {}', 'const enum State {}'],
  },
  {
    pattern: /\b(?:namespace|module) [\w.]+ *\{/g,
    within: 'code',
    except: [],
    write: 'a file',
    planted: ['export namespace Wire {}'],
  },
  {
    pattern: /\bclass (?!Secret\b|\w+ extends (?:\w*Error|GenericContainer|AbstractStartedContainer)\b)\w+/g,
    within: 'code',
    except: [],
    write: 'a function that returns a record',
    planted: ['export class Ledger {}', 'class Sqlite extends Backend {}'],
  },
]

export const LINES_PER_FILE = 400
export const LINES_PER_FUNCTION = 70

/** What may be longer, and how long at most. Entries leave and numbers fall; neither comes back. */
export type Long = { readonly lines: number; readonly because: string }
export const LONG_FILES: Readonly<Record<string, Long>> = {}
/** Keys are `path#function`. */
export const LONG_FUNCTIONS: Readonly<Record<string, Long>> = {
  'crypto/sm3-sm4/rounds.ts#compress': {
    lines: 321,
    because: 'sixty-four unrolled rounds, written by a program',
  },
}

export type Longer = Readonly<Record<string, Long>>

/** Every finding about one source file. */
export function findingsIn(path: string, text: string, files: Longer, functions: Longer): readonly string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  return [
    ...(opensWithComment(text) ? [] : [`${path}:1: write what this file is for instead of starting at once`]),
    ...wordsIn(path, text, codeOf(source)),
    ...lengthsOf(path, text, source, files, functions),
  ]
}

/** Entries of the two lists that have become needless. */
export function needless(read: (path: string) => string | undefined, files: Longer, functions: Longer) {
  const excessOf = (path: string): readonly string[] => {
    const text = read(path)
    if (text === undefined) return []
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
    const long = functionsOf(source).filter(({ lines }) => lines > LINES_PER_FUNCTION)
    return [...(linesOf(text) > LINES_PER_FILE ? [path] : []), ...long.map(({ name }) => `${path}#${name}`)]
  }
  return [...Object.keys(files), ...Object.keys(functions)].filter(
    (entry) => !excessOf(entry.split('#')[0] ?? entry).includes(entry),
  )
}

const NAMES_TO_AVOID = /handler|manager|helper|util/i
const FOLDERS_TO_AVOID = /(?:^|\/)(?:src|common|types)\//

export function findingsInPath(path: string): readonly string[] {
  const word = NAMES_TO_AVOID.exec(path)?.[0] ?? FOLDERS_TO_AVOID.exec(path)?.[0]
  return word === undefined ? [] : [`${path}:1: write what it does instead of ${word}`]
}

type Lock = { readonly packages?: Readonly<Record<string, { readonly optionalDependencies?: object }>> }

/** The lock file works with any registry only while it names none, and on any machine only while it holds
 *  every platform's package: `npm ci` refuses it otherwise ("Missing: … from lock file"). */
export function findingsInLock(path: string, text: string): readonly string[] {
  const resolved = matchesIn(text, /"resolved":/g).map(
    ({ line }) => `${path}:${line}: write nothing instead of "resolved"`,
  )
  const packages = Object.entries((JSON.parse(text) as Lock).packages ?? {})
  const locked = new Set(packages.map(([place]) => place.slice(place.lastIndexOf('node_modules/'))))
  const missing = packages.flatMap(([place, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !locked.has(`node_modules/${name}`))
      .map((name) => `${path}:1: write an older release of ${place} instead of one without ${name}`),
  )
  return [...resolved, ...missing]
}

function opensWithComment(text: string): boolean {
  return /^(?:#![^\n]*\n)?\s*(?:\/\/|\/\*)/.test(text)
}

function wordsIn(path: string, text: string, code: string): readonly string[] {
  return RULES.filter(({ except }) => !except.some((place) => liesIn(path, place))).flatMap((rule) =>
    matchesIn(rule.within === 'code' ? code : text, rule.pattern).map(
      ({ line, found }) => `${path}:${line}: write ${rule.write} instead of ${found}`,
    ),
  )
}

function liesIn(path: string, place: Place): boolean {
  if (place.endsWith('/')) return path.startsWith(place)
  return place.startsWith('*') ? path.endsWith(place.slice(1)) : path === place
}

function matchesIn(
  text: string,
  pattern: RegExp,
): readonly { readonly line: number; readonly found: string }[] {
  return [...text.matchAll(pattern)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    found: match[0],
  }))
}

const SAID_NOT_DONE: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.StringLiteral,
  ts.SyntaxKind.NoSubstitutionTemplateLiteral,
  ts.SyntaxKind.TemplateHead,
  ts.SyntaxKind.TemplateMiddle,
  ts.SyntaxKind.TemplateTail,
  ts.SyntaxKind.RegularExpressionLiteral,
  ts.SyntaxKind.JsxText,
])

/** The text with comments and the inside of strings blanked, every line where it was. */
function codeOf(source: ts.SourceFile): string {
  const blank = (text: string): string => text.replace(/[^\n]/g, ' ')
  let code = ''
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return
    const children = node.getChildren(source)
    for (const child of children) visit(child)
    if (children.length > 0) return
    const start = node.getStart(source)
    if (node.end <= start) return
    const token = source.text.slice(start, node.end)
    code += blank(source.text.slice(code.length, start))
    code += SAID_NOT_DONE.has(node.kind) ? blank(token) : token
  }
  visit(source)
  return code
}

function linesOf(text: string): number {
  return text.replace(/\n$/, '').split('\n').length
}

function lengthsOf(path: string, text: string, source: ts.SourceFile, files: Longer, functions: Longer) {
  const lines = linesOf(text)
  const file =
    lines > (files[path]?.lines ?? LINES_PER_FILE)
      ? [`${path}:1: write two files instead of ${lines} lines`]
      : []
  const long = functionsOf(source)
    .filter((each) => each.lines > (functions[`${path}#${each.name}`]?.lines ?? LINES_PER_FUNCTION))
    .map((each) => `${path}:${each.line}: write two functions instead of ${each.lines} lines of ${each.name}`)
  return [...file, ...long]
}

type Measured = { readonly name: string; readonly line: number; readonly lines: number }

function functionsOf(source: ts.SourceFile): readonly Measured[] {
  const found: Measured[] = []
  const lineAt = (position: number): number => source.getLineAndCharacterOfPosition(position).line + 1
  const visit = (node: ts.Node): void => {
    if (isFunction(node) && !isChapter(node)) {
      const line = lineAt(node.getStart(source))
      found.push({ name: nameOf(node, source), line, lines: lineAt(node.end) - line + 1 })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function isFunction(node: ts.Node): boolean {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isArrowFunction(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isConstructorDeclaration(node) ||
    ts.isAccessor(node)
  )
}

/** The function given to `describe` is a chapter of tests, not a step that must fit a screen. */
function isChapter({ parent }: ts.Node): boolean {
  return ts.isCallExpression(parent) && /^describe\b/.test(parent.expression.getText())
}

function nameOf(node: ts.Node, source: ts.SourceFile): string {
  const named =
    ts.isVariableDeclaration(node.parent) || ts.isPropertyAssignment(node.parent) ? node.parent : node
  const name = (named as ts.NamedDeclaration).name
  return name === undefined ? '(unnamed)' : name.getText(source)
}
