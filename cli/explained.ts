// What an explanation is, and what a kind of thing that can be explained must be able to say.

export type Lang = 'zh' | 'en'

export const KINDS = [
  'row',
  'group',
  'invariant',
  'mutant',
  'class',
  'code',
  'field',
  'head',
  'part',
  'message',
  'step',
  'verdict',
  'cause',
  'exit',
  'feature',
  'profile',
  'mistake',
] as const
export type KindName = (typeof KINDS)[number]

export type Explained = {
  readonly id: string
  readonly kind: KindName
  readonly lines: readonly string[]
  /** Where what is said here comes from, and where it can be read up. */
  readonly source: string
}

export type Kind = {
  readonly name: KindName
  /** Everything of this kind, as it may be asked for. */
  ids(): Promise<readonly string[]>
  tell(id: string, lang: Lang): Promise<Explained | undefined>
}

/** As people type it: upper and lower case are one. */
export const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()
