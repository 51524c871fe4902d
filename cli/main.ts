#!/usr/bin/env node
// The command line. Only the parser is loaded before a command is chosen; each command brings what it needs. The
// commands stand in groups: exam-commands.ts is about judging, tool-commands.ts about all that is around it.
import { enableCompileCache } from 'node:module'

enableCompileCache()

const [{ Command, CommanderError }, { chosenLang }, { exitText }, { examCommands }, { toolCommands }] =
  await Promise.all([
    import('commander'),
    import('./lang.ts'),
    import('./exits.ts'),
    import('./exam-commands.ts'),
    import('./tool-commands.ts'),
  ])

const program = new Command('sifang')
  .description(
    '四方 Sifang: a four-party payment network in a box, and the exam to join the real one\n四方支付网络模拟与入网考试',
  )
  .version(await version(), '-V, --version', 'print the version')
  .option('--lang <zh|en>', 'language of what is printed 输出语言 (default: from LANG)')
  .addHelpText('after', exitText())
  .showHelpAfterError('(sifang --help shows what there is)')
  .showSuggestionAfterError()
  .exitOverride()

const lang = (): 'zh' | 'en' => chosenLang(program.opts<{ lang?: string }>().lang)

examCommands(program, lang)
toolCommands(program, lang)

async function version(): Promise<string> {
  const { default: about } = (await import('../package.json', { with: { type: 'json' } })) as {
    default: { version: string }
  }
  return about.version
}

// Whoever reads only the first lines of our output has what they wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  throw error
})

try {
  if (Number(process.versions.node.split('.')[0]) < 24)
    throw new Error(
      'Sifang needs Node 24 or newer; run it through npm (npm run certify, npx sifang), which brings its own',
    )
  process.exitCode = (await program.parseAsync(), process.exitCode ?? 0)
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    const { UsageError } = await import('./usage.ts')
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n`)
      process.exitCode = error.exit
    } else {
      process.stderr.write(`sifang: ${error instanceof Error ? error.message : String(error)}\n`)
      if (process.env['SIFANG_DEBUG'] !== undefined && error instanceof Error)
        process.stderr.write(`${error.stack ?? ''}\n`)
      else
        process.stderr.write(
          'This is a defect of Sifang. SIFANG_DEBUG=1 shows where; please report it with the command you ran.\n',
        )
      process.exitCode = 5
    }
  }
}
