// subject.spawn in sifang.config.yaml: the command that starts a subject, where, with which environment, and how it is
// known to be ready. Placeholders such as ${port} stand for what only the run knows.
import { z } from 'zod'

/** What a command or an environment entry may ask for, and what it is given. */
export const PLACEHOLDERS = {
  port: 'the port at which the subject is to listen',
  switch: 'the address at which it finds the switch',
  peers: 'a file with our parties and public keys, the JSON of --peers',
  keys: 'a file with the test keys that we made for it',
  profile: 'the name of the profile',
} as const
export type Placeholder = keyof typeof PLACEHOLDERS

/** No shell reads the line, so what a shell would read differently is refused. */
const Line = z
  .string()
  .regex(/\S/, 'the command that starts the subject')
  .regex(
    /^(?:[^"'`\\|&;<>()*?~$]|\$\{)*$/,
    'no shell reads this line, so quotes, pipes, patterns and variables mean nothing in it: write a list [program, argument, …]',
  )
const List = z.array(z.string()).min(1, 'the program that starts the subject, then its arguments')

export const Spawn = z.strictObject(
  {
    command: z.union([Line, List], { error: 'one line, or a list [program, argument, …]' }),
    folder: z.string().min(1).default('.'),
    environment: z
      .record(
        z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
        z.string('text: the value of an environment variable'),
        {
          error: 'names of environment variables with their values',
        },
      )
      .default({}),
    ready: z
      .union(
        [
          z.strictObject({ answers: z.string().regex(/^\/[!-~]*$/, 'a path such as /control/idle') }),
          z.strictObject({ line: z.string().min(1, 'a part of a line that the subject prints on stdout') }),
        ],
        { error: 'either { answers: /a/path } or { line: a part of what it prints on stdout }' },
      )
      .default({ answers: '/control/idle' }),
    within: z
      .string()
      .regex(/^[1-9][0-9]{0,2}s$/, 'seconds from 1s to 999s')
      .default('20s'),
  },
  {
    error: ({ code }) =>
      code === 'invalid_type' ? 'how it is started: at least command: [program, argument, …]' : undefined,
  },
)

export type SpawnConfig = {
  readonly command: readonly string[]
  /** Absolute. */
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  readonly ready: { readonly answers: string } | { readonly line: string }
  readonly withinMs: number
}

export function spawnConfig(read: z.infer<typeof Spawn>, folder: string): SpawnConfig {
  const { command, environment, ready, within } = read
  return {
    command: typeof command === 'string' ? command.trim().split(/\s+/) : command,
    folder,
    environment,
    ready,
    withinMs: Number(within.slice(0, -1)) * 1000,
  }
}

const PLACEHOLDER = /\$\{([^}]*)\}/g

/** Every text that may hold placeholders, with its place below subject.spawn. */
function textsOf({ command, environment }: z.infer<typeof Spawn>): readonly [string, (string | number)[]][] {
  const words: readonly [string, (string | number)[]][] =
    typeof command === 'string'
      ? [[command, ['command']]]
      : command.map((word, index) => [word, ['command', index]])
  return [
    ...words,
    ...Object.entries(environment).map(([name, text]): [string, (string | number)[]] => [
      text,
      ['environment', name],
    ]),
  ]
}

/** Placeholders that mean nothing, each with its place and what was expected. */
export function unknownPlaceholders(
  read: z.infer<typeof Spawn>,
): readonly { readonly path: (string | number)[]; readonly message: string }[] {
  return textsOf(read).flatMap(([text, path]) =>
    [...text.matchAll(PLACEHOLDER)]
      .map(([, name]) => name ?? '')
      .filter((name) => !Object.hasOwn(PLACEHOLDERS, name))
      .map((name) => {
        const message = `\${${name}} stands for nothing; there are ${Object.keys(PLACEHOLDERS)
          .map((known) => `\${${known}}`)
          .join(', ')}`
        return { path, message }
      }),
  )
}

export const asksFor = (read: z.infer<typeof Spawn>, name: Placeholder): boolean =>
  textsOf(read).some(([text]) => text.includes(`\${${name}}`))

export const filled = (text: string, values: Readonly<Record<Placeholder, string>>): string =>
  text.replace(PLACEHOLDER, (whole, name: string) => values[name as Placeholder] ?? whole)
