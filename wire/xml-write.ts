// XML as it is signed: elements and text, nothing else, no space between. What is written here is read back unchanged.

/** What XML 1.0 can carry (2.2); everything else has no spelling there, not even as a reference. */
const CARRIED = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u

const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  // A reader turns a bare carriage return into a line feed (2.11).
  '\r': '&#13;',
}

export function writeElement(name: string, inner: string): string {
  return `<${name}>${inner}</${name}>`
}

/** Throws for what XML cannot carry: a value changed on the way would be signed as another. */
export function writeText(name: string, text: string): string {
  if (!CARRIED.test(text))
    throw new Error(
      `${name} holds a character that XML 1.0 cannot carry (a control character, U+FFFE or U+FFFF)`,
    )
  return writeElement(
    name,
    text.replace(/[&<>\r]/g, (sign) => REFERENCES[sign] ?? sign),
  )
}
