// report.html: one file that works from disk and never asks the network for anything. Its script is typed TypeScript
// (words.ts, pages.ts and viewer/), stripped of its types here and put in as it is; there is no build.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import type { RunEvent } from './events.ts'
import { labels } from './labels.ts'
import { pack } from './pack.ts'
import { RUN_SYMBOLS, runOf } from './pages.ts'
import { type Lang, REPORT_WORDS } from './words.ts'

/** So that a report can be mailed and opened on any machine. */
export const HTML_BYTES_MAX = 2_000_000

/** In the order in which they need each other. */
const SCRIPTS = [
  'words.ts',
  'pages.ts',
  'viewer/dom.ts',
  'viewer/unpack.ts',
  'viewer/view.ts',
  'viewer/bytes.ts',
  'viewer/parts.ts',
  'viewer/diagram.ts',
  'viewer/message.ts',
  'viewer/ledger.ts',
  'viewer/invariants.ts',
  'viewer/page.ts',
  'viewer/overview.ts',
  'viewer/rows.ts',
  'viewer/main.ts',
] as const

export function htmlReport(events: readonly RunEvent[], lang: Lang = 'zh', version?: string): string {
  const run = runOf(events)
  const script = viewerScript()
  const words = REPORT_WORDS[`run.${run.verdict}`]
  const title = `${RUN_SYMBOLS[run.verdict]} ${words[lang]} · ${run.start?.subject.name ?? ''} · Sifang 四方`
  const shell = (packed: string): string => `<!doctype html>
<html lang="${lang === 'zh' ? 'zh-CN' : 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy(script)}">
<meta name="generator" content="${escapeHtml(`sifang ${version ?? run.start?.version ?? ''}`)}">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${source('viewer/style.css')}</style>
</head>
<body>
<noscript><p>${REPORT_WORDS['report.noscript'].zh}</p><p lang="en">${REPORT_WORDS['report.noscript'].en}</p></noscript>
<script type="application/octet-stream" id="packed">${packed}</script>
<script type="module">${script}</script>
</body>
</html>
`
  const room = HTML_BYTES_MAX - Buffer.byteLength(shell(''))
  return shell(pack(events, run.pages, labels(), room))
}

/** Nothing may be loaded from anywhere, and no script may run but ours. */
function policy(script: string): string {
  const digest = createHash('sha256').update(script).digest('base64')
  return `default-src 'none'; script-src 'sha256-${digest}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`
}

/** The viewer as one script: every file a function of its own that returns its exports, imports read from those. */
export function viewerScript(): string {
  const files = SCRIPTS.map((path) => {
    const code = quietly(() => stripTypeScriptTypes(source(path)))
    const exported = [...code.matchAll(/^export (?:async )?(?:const|function) (\w+)/gm)].map(
      ([, name]) => name,
    )
    const inside = code
      .replace(
        /^import\s*(\{[^}]*\})\s*from\s*'([^']+)'/gm,
        (_, names: string, from: string) => `const ${names} = files['${nameOf(from)}']`,
      )
      .replace(/^export (?=const|function|async function)/gm, '')
      .replace(/^\s*\/\/.*\n/gm, '')
      .replace(/[ \t]+$/gm, '')
      .replace(/\n{2,}/g, '\n')
    return `files['${nameOf(path)}'] = (() => {${inside}\nreturn { ${exported.join(', ')} } })()`
  })
  return `\nconst files = {}\n${files.join('\n')}\n`.replaceAll('</script', '<\\/script')
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

function source(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8')
}

/** Node still says on stderr that this one function is experimental; a reader of a report has no use for that. */
function quietly<T>(run: () => T): T {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return run()
  } finally {
    process.emitWarning = emitWarning
  }
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
