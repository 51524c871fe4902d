// A failure as text, for the formats that carry one: in one line, and from its cause to the line that replays it.
import type { RunStart } from './events.ts'
import { diagnosesOf, expectationsOf, faultsOf, type Page, reasonOf, replayLine } from './pages.ts'

/** One line: what broke first, or why the page failed at all. */
export function headline(page: Page): string {
  const first = faultsOf(page)[0]
  if (first === undefined) return page.because?.en ?? page.verdict
  const { what, expected, observed } = first.broken
  const field = first.field === undefined ? '' : `${first.field}: `
  return `${field}${what.en}: expected ${expected}, observed ${observed}`
}

/** The cause as plain lines, for formats that carry one text. */
export function failureText(page: Page, start: RunStart | undefined): string {
  const clause = page.start?.clause
  const because = reasonOf(page)
  const faults = faultsOf(page).flatMap(({ broken, field, rule, offset, within }) => [
    `broken    ${broken.what.zh}`,
    `          ${broken.what.en}`,
    ...(field === undefined ? [] : [`field     ${field}`]),
    ...(rule === undefined ? [] : [`rule      ${rule.zh} · ${rule.en}`]),
    ...(clause === undefined ? [] : [`clause    ${clause}`]),
    `expected  ${broken.expected}`,
    `observed  ${broken.observed}`,
    ...(offset === undefined ? [] : [`offset    byte ${offset} of the ${within}`]),
    ...(broken.evidence.length === 0 ? [] : [`evidence  ${broken.evidence.map((n) => `#${n}`).join(' ')}`]),
    `page      ${broken.where.file}:${broken.where.line}:${broken.where.column}`,
    '',
  ])
  const undecided = expectationsOf(page).filter(({ result }) => result === 'undecided')
  return [
    ...(page.cause === undefined ? [] : [`whose     ${page.cause}`]),
    ...(because === undefined ? [] : [`because   ${because.zh} · ${because.en}`]),
    ...faults,
    ...diagnosesOf(page).flatMap(({ n, what, fix }) => [
      `diagnosis #${n} ${what.zh}`,
      `          ${what.en}`,
      `fix       ${fix.zh}`,
      `          ${fix.en}`,
      '',
    ]),
    ...undecided.map(({ what }) => `undecided ${what.zh} · ${what.en}`),
    `replay    ${replayLine(page, start)}`,
  ].join('\n')
}
