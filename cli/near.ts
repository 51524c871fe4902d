// Names that somebody may have meant: those that agree with what was typed in the most places.
export function near(names: readonly string[], typed: string): readonly string[] {
  const same = (name: string): number =>
    [...name.toUpperCase()].filter((sign, index) => sign === typed.toUpperCase()[index]).length
  return [...new Set(names)].sort((a, b) => same(b) - same(a)).slice(0, 3)
}
