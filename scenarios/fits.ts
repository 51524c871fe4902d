// Outcomes of things done at once come in any order; so do the ones expected of them.
/** Whether each observed class can be given an expected one of its own. */
export function fits(observed: readonly string[], allowed: readonly (readonly string[])[]): boolean {
  const [first, ...rest] = observed
  if (first === undefined) return allowed.length === 0
  return allowed.some(
    (one, index) =>
      one.includes(first) && fits(rest, [...allowed.slice(0, index), ...allowed.slice(index + 1)]),
  )
}
