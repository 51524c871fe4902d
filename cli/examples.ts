// What the help of every command ends with.

export const JSON_OPTION = ['--json', 'machine-readable output on stdout'] as const

export function examples(lines: readonly string[]): string {
  return `\nExamples 示例\n${lines.map((line) => `  $ npx ${line}`).join('\n')}`
}
