// The same completion in three shells. Each script finds the command among the words so far, then offers what may come
// next; nothing of it asks Node while somebody is typing.

export type Value = { readonly words: readonly string[]; readonly files?: 'file' | 'folder' }
export type Place = {
  /** The command's own words: [] for sifang itself, ['keys', 'new'] for the innermost. */
  readonly path: readonly string[]
  readonly commands: readonly { readonly name: string; readonly about: string }[]
  readonly options: readonly {
    readonly names: readonly string[]
    readonly about: string
    /** Absent where the option stands alone; `needed` where it may not. */
    readonly value?: Value & { readonly needed: boolean }
  }[]
  readonly argument: Value
}

/** What we write into single quotes holds none: names and ids are ours, and descriptions are cleaned here. */
const clean = (text: string): string => text.replace(/['"`$\\\n]/g, '').replace(/\s+/g, ' ')
const at = ({ path }: Place): string => path.join(' ')

/** From the words before to the command they have reached: `case "$at $word"`. */
function steps(places: readonly Place[], line: (before: string, word: string) => string): string {
  return places.flatMap((place) => place.commands.map(({ name }) => line(at(place), name))).join('\n')
}

/** One entry for every option with a value: where, which names, what. */
function valued(places: readonly Place[]) {
  return places.flatMap((place) =>
    place.options.flatMap(({ names, value }) =>
      value === undefined || (value.words.length === 0 && value.files === undefined)
        ? []
        : [{ place, names, value }],
    ),
  )
}

const optionNames = ({ options }: Place): readonly string[] => options.flatMap(({ names }) => names)

export function bashScript(places: readonly Place[]): string {
  const reply = ({ words, files }: Value): string =>
    files === undefined ? `_sifang_words '${words.join(' ')}'` : `_sifang_${files}s '${words.join(' ')}'`
  const pattern = (place: Place, names: readonly string[]): string =>
    names.map((name) => `'${at(place)} ${name}'`).join(' | ')
  return `# bash completion of sifang; made by: sifang completion bash
_sifang_words() {
  COMPREPLY=($(compgen -W "$1" -- "$current"))
}
_sifang_paths() {
  local IFS=$'\\n'
  COMPREPLY=("\${COMPREPLY[@]}" $(compgen "$1" -- "$current"))
  compopt -o filenames 2>/dev/null
}
_sifang_files() {
  _sifang_words "$1"
  _sifang_paths -f
}
_sifang_folders() {
  _sifang_words "$1"
  _sifang_paths -d
}
_sifang() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" at='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$at \${COMP_WORDS[index]}" in
${steps(places, (before, word) => `      '${before} ${word}') at='${`${before} ${word}`.trim()}' ;;`)}
    esac
  done
  COMPREPLY=()
  case "$at $previous" in
${valued(places)
  .map(({ place, names, value }) => `    ${pattern(place, names)}) ${reply(value)}; return ;;`)
  .join('\n')}
  esac
  case "$current" in
    -*)
      case "$at" in
${places.map((place) => `        '${at(place)}') _sifang_words '${optionNames(place).join(' ')}' ;;`).join('\n')}
      esac
      return
      ;;
  esac
  case "$at" in
${places
  .map((place) => {
    const names = place.commands.map(({ name }) => name)
    return `    '${at(place)}') ${reply({ ...place.argument, words: [...names, ...place.argument.words] })} ;;`
  })
  .join('\n')}
  esac
}
complete -F _sifang sifang
`
}

export function zshScript(places: readonly Place[]): string {
  const reply = ({ words, files }: Value): string =>
    [
      ...(words.length === 0 ? [] : [`compadd -- ${words.join(' ')}`]),
      ...(files === undefined ? [] : [files === 'file' ? '_files' : '_files -/']),
    ].join('; ') || ':'
  const described = (names: readonly { readonly name: string; readonly about: string }[]): string =>
    names.map(({ name, about }) => `'${name}:${clean(about)}'`).join(' ')
  const options = (place: Place): string =>
    described(place.options.flatMap(({ names, about }) => names.map((name) => ({ name, about }))))
  const pattern = (place: Place, names: readonly string[]): string =>
    names.map((name) => `'${at(place)} ${name}'`).join(' | ')
  return `#compdef sifang
# zsh completion of sifang; made by: sifang completion zsh
_sifang() {
  local current=$words[CURRENT] previous=$words[CURRENT-1] at='' word
  local -a found
  for word in \${words[2,CURRENT-1]}; do
    case "$at $word" in
${steps(places, (before, word) => `      '${before} ${word}') at='${`${before} ${word}`.trim()}' ;;`)}
    esac
  done
  case "$at $previous" in
${valued(places)
  .map(({ place, names, value }) => `    ${pattern(place, names)}) ${reply(value)}; return ;;`)
  .join('\n')}
  esac
  if [[ $current == -* ]]; then
    case "$at" in
${places.map((place) => `      '${at(place)}') found=(${options(place)}) ;;`).join('\n')}
    esac
    _describe -o option found
    return
  fi
  case "$at" in
${places
  .map((place) =>
    place.commands.length > 0
      ? `    '${at(place)}') found=(${described(place.commands)}); _describe command found ;;`
      : `    '${at(place)}') ${reply(place.argument)} ;;`,
  )
  .join('\n')}
  esac
}
if [[ $funcstack[1] == _sifang ]]; then
  _sifang "$@"
else
  compdef _sifang sifang
fi
`
}

export function fishScript(places: readonly Place[]): string {
  const lines = places.flatMap((place) => {
    const here = `complete -c sifang -n "__sifang_at '${at(place)}'"`
    const words = place.argument.words
    return [
      ...place.commands.map(({ name, about }) => `${here} -a '${name}' -d '${clean(about)}'`),
      ...(words.length === 0 ? [] : [`${here} -a '${words.join(' ')}'`]),
      ...fishFiles(here, place.argument),
      ...place.options.map(({ names, about, value }) => {
        const named = names.map((name) =>
          name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
        )
        return [here, ...named, ...fishValue(value), `-d '${clean(about)}'`].join(' ')
      }),
    ]
  })
  return `# fish completion of sifang; made by: sifang completion fish
function __sifang_at
  set -l at ''
  for word in (commandline -opc)[2..-1]
    switch "$at $word"
${steps(places, (before, word) => `      case '${before} ${word}'\n        set at '${`${before} ${word}`.trim()}'`)}
    end
  end
  test "$at" = "$argv[1]"
end
complete -c sifang -f
${lines.join('\n')}
`
}

function fishFiles(here: string, { files }: Value): readonly string[] {
  if (files === undefined) return []
  return [files === 'file' ? `${here} -F` : `${here} -a '(__fish_complete_directories)'`]
}

function fishValue(value: (Value & { readonly needed: boolean }) | undefined): readonly string[] {
  if (value === undefined || !value.needed) return []
  if (value.files === 'file') return ['-r', '-F']
  if (value.files === 'folder') return ['-x', "-a '(__fish_complete_directories)'"]
  return value.words.length === 0 ? ['-x'] : ['-x', `-a '${value.words.join(' ')}'`]
}
