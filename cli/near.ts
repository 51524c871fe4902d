// Names that somebody may have meant: those that fewest keystrokes would have made of what was typed.
const MOST = 3
const SIGNS_MAX = 64

export function near(names: readonly string[], typed: string): readonly string[] {
  const wanted = typed.toUpperCase().slice(0, SIGNS_MAX)
  return [...new Set(names)]
    .map((name) => ({ name, far: distance(name.toUpperCase().slice(0, SIGNS_MAX), wanted) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, MOST)
    .map(({ name }) => name)
}

/** Signs to add, to leave out or to change (Levenshtein), row by row. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [index, sign] of [...one].entries()) {
    const next = [index + 1]
    for (const [place, wanted] of [...other].entries())
      next.push(
        Math.min(
          (row[place] ?? 0) + (sign === wanted ? 0 : 1),
          (row[place + 1] ?? 0) + 1,
          (next[place] ?? 0) + 1,
        ),
      )
    row = next
  }
  return row.at(-1) ?? 0
}
