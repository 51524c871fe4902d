// `sifang completion SHELL`: a script that completes commands, options and ids, read off the very commands that are
// parsed. Only what may follow an option is said here; which options there are is not.
import type { Command, Help } from 'commander'
import { CATALOGUE, isRace, MUTANTS } from '../conformance/conformance.ts'
import { PROFILES } from '../wire/wire.ts'
import { bashScript, fishScript, type Place, type Value, zshScript } from './completion-scripts.ts'
import { explainable } from './explain.ts'
import { allPages } from './pages.ts'
import { UsageError } from './usage.ts'

const SCRIPTS: Readonly<Record<string, (places: readonly Place[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}

export async function completionCommand(program: Command, shell: string): Promise<void> {
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined
  if (script === undefined)
    throw new UsageError(`completion ${shell}: there is ${Object.keys(SCRIPTS).join(', ')}`)
  process.stdout.write(script(await placesOf(program)))
}

/** Every command as its help shows it, with what may follow its name and its options. */
export async function placesOf(program: Command): Promise<readonly Place[]> {
  const values = await valuesByName()
  const help = program.createHelp()
  const walk = (command: Command, path: readonly string[]): readonly Place[] => {
    const inner = help.visibleCommands(command)
    return [
      placeOf(command, path, help, values),
      // `help COMMAND` takes a command's name; it is no place with options of its own.
      ...inner.flatMap((one) => (one.name() === 'help' ? [] : walk(one, [...path, one.name()]))),
    ]
  }
  return walk(program, [])
}

type Values = Readonly<Record<string, Value>>

function placeOf(command: Command, path: readonly string[], help: Help, values: Values): Place {
  const at = path.join(' ')
  const [argument] = command.registeredArguments
  return {
    path,
    commands: help.visibleCommands(command).map((one) => ({ name: one.name(), about: one.description() })),
    options: help.visibleOptions(command).map(({ long, short, flags, description, required, optional }) => {
      const names = [long, short].filter((name): name is string => typeof name === 'string')
      const value = named(values, [`${at} ${long}`, long ?? '']) ?? byForm(flags)
      return {
        names,
        about: description,
        ...((required || optional) && { value: { ...value, needed: required } }),
      }
    }),
    argument: named(values, [at]) ?? byForm(argument === undefined ? '' : `<${argument.name()}>`),
  }
}

const named = (values: Values, keys: readonly string[]): Value | undefined => {
  const key = keys.find((one) => Object.hasOwn(values, one))
  return key === undefined ? undefined : values[key]
}

/** What a placeholder such as <file> or <zh|en> says about its values. */
function byForm(flags: string): Value {
  const [, placeholder = ''] = /[<[]([^\]>]+)/.exec(flags) ?? []
  if (placeholder === 'file' || placeholder === 'folder') return { words: [], files: placeholder }
  return { words: placeholder.includes('|') ? placeholder.split('|') : [] }
}

/** Values that no placeholder can tell, by command and option; a test sees to it that each of these exists. */
export async function valuesByName(): Promise<Values> {
  const pages = await allPages()
  const names = pages.map(({ name }) => name)
  const rows = [...new Set([...CATALOGUE.map(({ id }) => id), ...names])].sort()
  return {
    '--profile': { words: Object.keys(PROFILES) },
    '--grep': { words: rows },
    'mutants --grep': { words: MUTANTS.map(({ id }) => id) },
    'explore --grep': { words: pages.filter(isRace).map(({ name }) => name) },
    'certify --page': { words: names },
    'up --only': { words: ['institution'] },
    'init --ci': { words: ['github'] },
    compare: { words: ['latest'], files: 'folder' },
    completion: { words: Object.keys(SCRIPTS) },
    explain: { words: (await explainable()).filter((id) => !id.includes(' ')) },
  }
}
