// Text in a terminal's columns: East Asian wide characters take two of them, marks that combine take none.

/** Wide and full-width ranges of Unicode (UAX 11), as far as these reports can meet them. */
const WIDE =
  /[\u1100-\u115f\u231a\u231b\u23e9-\u23ec\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
const NOTHING = /\p{Mn}|\p{Me}|[\u200b-\u200f]|[\u{fe00}-\u{fe0f}]/u

function columnsOf(character: string): number {
  if (WIDE.test(character)) return 2
  return NOTHING.test(character) ? 0 : 1
}

export function widthOf(text: string): number {
  let width = 0
  for (const character of text) width += columnsOf(character)
  return width
}

export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

/** Lines of at most `width` columns; breaks at spaces and beside wide characters, and inside a word only if it must. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const piece of piecesOf(text)) {
    if (widthOf(line) + widthOf(piece.trimEnd()) <= width) {
      line += piece
      continue
    }
    if (line !== '') lines.push(line.trimEnd())
    line = ''
    for (const part of cut(piece, width)) {
      if (line !== '') lines.push(line)
      line = part
    }
  }
  if (line.trimEnd() !== '' || lines.length === 0) lines.push(line.trimEnd())
  return lines
}

/** Closing punctuation stays with what it closes. */
const CLOSING = /^[，。；：、！？）」』》”]$/

function piecesOf(text: string): readonly string[] {
  const pieces: string[] = []
  let open = false
  for (const character of text.replace(/[\s\u0000-\u001f\u007f]+/g, ' ')) {
    const wide = WIDE.test(character)
    const last = pieces.length - 1
    if (last >= 0 && (CLOSING.test(character) || character === ' ' || (open && !wide)))
      pieces[last] = `${pieces[last]}${character}`
    else pieces.push(character)
    open = !wide && character !== ' '
  }
  return pieces
}

function cut(text: string, width: number): readonly string[] {
  const parts: string[] = []
  let part = ''
  for (const character of text) {
    if (widthOf(part) + columnsOf(character) > width) {
      parts.push(part)
      part = ''
    }
    part += character
  }
  return [...parts, part]
}
