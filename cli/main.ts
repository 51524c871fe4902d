#!/usr/bin/env node
// The command line. Only the parser is loaded before a command is chosen; each command brings what it needs.
import { enableCompileCache } from 'node:module'

enableCompileCache()

const [{ Command, CommanderError }, { chosenLang }] = await Promise.all([
  import('commander'),
  import('./lang.ts'),
])

const EXIT_TEXT = `
Exit codes 退出码
  0  every required row was shown and passed   必需项全部展示并通过
  1  nonconforming                             不符合
  2  usage or configuration                    用法或配置错误
  3  subject or environment unreachable        被测方或环境不可达
  4  incomplete, or nothing ran                不完整，或什么也没有运行
  5  a defect of the harness                   考试程序自身缺陷
  130  interrupted                             被中断`

const program = new Command('sifang')
  .description(
    '四方 Sifang: a four-party payment network in a box, and the exam to join the real one\n四方支付网络模拟与入网考试',
  )
  .version(await version(), '-V, --version', 'print the version')
  .option('--lang <zh|en>', 'language of what is printed 输出语言 (default: from LANG)')
  .addHelpText('after', EXIT_TEXT)
  .showHelpAfterError('(sifang --help shows what there is)')
  .showSuggestionAfterError()
  .exitOverride()

const json = ['--json', 'machine-readable output on stdout'] as const

program
  .command('certify')
  .description('judge an account institution with the catalogue 以全部场景评判账户机构')
  .option('--profile <name>', 'network profile 配置档', 'unionpay')
  .option('--config <file>', 'your own system: address, certificates, features (see README) 被测系统配置')
  .option('--in-process', 'our own institution without sockets, in memory 进程内运行')
  .option('--grep <text>', 'only pages whose id or title match (repeat ids with |) 只运行匹配的场景')
  .option('--seed <text>', 'source of chance; the same seed replays a run 随机种子', '1')
  .option('--store <address>', 'memory: | sqlite: | postgres://…?schema=name, for our own institution')
  .option('--out <folder>', 'where runs are written 报告目录', 'runs')
  .option('--peers', 'print the parties and public keys of our side, and stop 打印对端公钥')
  .option(...json)
  .addHelpText(
    'after',
    examples([
      'sifang certify',
      'sifang certify --grep "CPM|REV-00" --lang zh',
      'sifang certify --config sifang.config.yaml --profile unionpay-ets',
    ]),
  )
  .action(async (options) => (await import('./certify.ts')).certifyCommand({ ...options, lang: lang() }))

program
  .command('up')
  .description('start the network and keep it running, with the curl line of a payment 启动整个网络')
  .option('--profile <name>', 'network profile 配置档', 'unionpay')
  .option('--port <number>', 'first of five ports 起始端口', '18080')
  .option('--seed <text>', 'source of the test keys 测试密钥种子', 'up')
  .option('--data <folder>', 'keep the stores here; otherwise they are forgotten 数据目录')
  .option('--only <party>', 'only one party: institution 只启动账户机构')
  .option('--control', 'serve the control API, with a clock that an examiner moves 开放控制接口')
  .option(...json)
  .addHelpText(
    'after',
    examples([
      'sifang up',
      'sifang up --port 19000 --data ./data',
      'sifang up --only institution --control --seed demo',
    ]),
  )
  .action(async (options) => (await import('./up.ts')).upCommand({ ...options, lang: lang() }))

program
  .command('list')
  .description('rows, pages and what each needs, without running 列出场景')
  .option('--grep <text>', 'only matching ids or titles')
  .option('--all', 'also the catalogue rows that have no page yet 包括尚无场景页的条目')
  .option(...json)
  .addHelpText('after', examples(['sifang list', 'sifang list --grep SEC --json']))
  .action(async (options) => (await import('./list.ts')).listCommand({ ...options, lang: lang() }))

program
  .command('explain <id>')
  .description(
    'a row, an invariant, a reply code, an answer class, a mutant or a field 解释编号、应答码或字段',
  )
  .option(...json)
  .addHelpText(
    'after',
    examples(['sifang explain REV-003', 'sifang explain 64', 'sifang explain REJ-CRYPTO']),
  )
  .action(async (id: string, options) =>
    (await import('./explain.ts')).explainCommand(id, { ...options, lang: lang() }),
  )

program
  .command('doctor')
  .description('what this machine has, and what to do about what it lacks 检查运行环境')
  .option(...json)
  .addHelpText('after', examples(['sifang doctor', 'sifang doctor --json']))
  .action(async (options) => (await import('./doctor.ts')).doctorCommand({ ...options, lang: lang() }))

program
  .command('mutants')
  .description('plant known defects in our institution and see that each is caught 植入缺陷，验证考试能发现')
  .option('--grep <text>', 'only matching mutants, such as M-19')
  .option('--profile <name>', 'network profile 配置档', 'unionpay')
  .option(...json)
  .addHelpText('after', examples(['sifang mutants', 'sifang mutants --grep M-68']))
  .action(async (options) => (await import('./mutants.ts')).mutantsCommand({ ...options, lang: lang() }))

program
  .command('explore')
  .description('play race rows through their interleavings 逐一演练并发交错')
  .option('--profile <name>', 'network profile 配置档', 'sim')
  .option('--grep <text>', 'only matching pages, such as COD-004')
  .option('--seed <text>', 'source of chance 随机种子', '1')
  .option('--most <number>', 'at most so many interleavings a page 每页最多交错数', '1000')
  .option(...json)
  .addHelpText('after', examples(['sifang explore', 'sifang explore --grep COD-004 --most 100']))
  .action(async (options) => (await import('./explore.ts')).exploreCommand({ ...options, lang: lang() }))

const keys = program.command('keys').description('make, import and show SM2 keys 生成、导入、查看密钥')

keys
  .command('new')
  .description('a fresh SM2 pair; the private key goes into --out and nowhere else 生成密钥对')
  .option('--out <file>', 'PKCS#8 PEM of mode 0600; never over a file that is there 私钥文件')
  .option(...json)
  .addHelpText('after', examples(['sifang keys new --out acquirer.pem']))
  .action(async (options) => (await import('./keys.ts')).keysCommand('new', { ...options, lang: lang() }))

keys
  .command('import <file>')
  .description('read a key in PEM, DER, PFX or hex, and write it in our form 识别并导入密钥')
  .option('--password-file <file>', 'password of a PFX or locked key, on its first line 口令文件')
  .option('--out <file>', 'PKCS#8 PEM of mode 0600, or a public key 输出文件')
  .option(...json)
  .addHelpText('after', examples(['sifang keys import bank.pfx --password-file pw --out bank.pem']))
  .action(async (file: string, options) =>
    (await import('./keys.ts')).keysCommand('import', { ...options, file, lang: lang() }),
  )

keys
  .command('show <file>')
  .description('kind, public key, fingerprint, certificate; never the private key 查看密钥或证书')
  .option('--password-file <file>', 'password of a PFX or locked key, on its first line 口令文件')
  .option(...json)
  .addHelpText('after', examples(['sifang keys show bank.pem', 'sifang keys show certificate.cer --json']))
  .action(async (file: string, options) =>
    (await import('./keys.ts')).keysCommand('show', { ...options, file, lang: lang() }),
  )

function lang(): 'zh' | 'en' {
  return chosenLang(program.opts<{ lang?: string }>().lang)
}

function examples(lines: readonly string[]): string {
  return `\nExamples 示例\n${lines.map((line) => `  $ npx ${line}`).join('\n')}`
}

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
