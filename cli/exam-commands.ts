// The commands that judge, or tell about what is judged. Each loads what it needs when it is chosen.
import type { Command } from 'commander'
import { examples, JSON_OPTION } from './examples.ts'

type Lang = () => 'zh' | 'en'

const PAGES = [
  '--pages <folder>',
  'your own pages (*.yaml, see docs/pages.md) instead of ours 自己的场景页',
] as const
const PROFILE = [
  '--profile <name>',
  'network profile, or a file of yours (.yaml, see docs/profiles) 配置档',
] as const
const OUT = ['--out <folder>', 'where runs are written 报告目录', 'runs'] as const

export function examCommands(program: Command, lang: Lang): void {
  certify(program, lang)
  compare(program, lang)
  list(program, lang)
  explain(program, lang)
  mutants(program, lang)
  explore(program, lang)
  replay(program, lang)
}

function certify(program: Command, lang: Lang): void {
  program
    .command('certify')
    .description('judge an account institution, an acquirer, or both 以全部场景评判账户机构与收单机构')
    .option(...PROFILE, 'unionpay')
    .option('--config <file>', 'your own system: address, certificates, features (see README) 被测系统配置')
    .option('--role <role>', 'account-institution | acquirer: only this one of ours 只评判这一角色')
    .option('--in-process', 'our own parties without sockets, in memory 进程内运行')
    .option('--grep <text>', 'only pages whose id or title match (repeat ids with |) 只运行匹配的场景')
    .option('--page <name...>', 'exactly these pages, such as COD-006.frozen 只运行指定的场景页')
    .option(...PAGES)
    .option('--last-failed', 'only pages that have not passed since they failed 只运行上次未通过的')
    .option(
      '--shard <i/n>',
      'the i-th of n parts, for several machines 分片运行 (their reports together are the whole)',
    )
    .option('--bail [n]', 'stop after the n-th failed page (default: the first) 失败 n 页后停止')
    .option('--watch', 'again whenever pages, configuration or our source change 文件变化时重跑')
    .option('--seed <text>', 'source of chance; the same seed replays a run 随机种子', '1')
    .option('--tapes [which]', 'record each page, or only failed ones, for sifang replay 录制: all | failed')
    .option('--store <address>', 'memory: | sqlite: | postgres://…?schema=name, for our own institution')
    .option(...OUT)
    .option('--matrix', 'our own parties in every built-in profile, as a grid 全部配置档')
    .option('--flags', 'with --matrix: also sim with each flag of a profile turned 逐项改变开关')
    .option('--peers', 'print the parties and public keys of our side, and stop 打印对端公钥')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples([
        'sifang certify',
        'sifang certify --grep "CPM|REV-00" --lang zh',
        'sifang certify --role acquirer --grep NTF',
        'sifang certify --config sifang.config.yaml --profile unionpay-ets',
        'sifang certify --last-failed --bail',
        'sifang certify --shard 1/4 --json',
        'sifang certify --matrix --flags',
      ]),
    )
    .action(async (options) => {
      if (options.matrix === true)
        return (await import('./matrix.ts')).matrixCommand({ ...options, lang: lang() })
      if (options.flags === true) {
        const { UsageError } = await import('./usage.ts')
        throw new UsageError('--flags adds lines to the grid of --matrix: sifang certify --matrix --flags')
      }
      return (await import('./certify.ts')).certifyCommand({ ...options, lang: lang() })
    })
}

function compare(program: Command, lang: Lang): void {
  program
    .command('compare <a> <b>')
    .description('what changed between two runs: verdicts, then answers 比较两次运行')
    .option('--out <folder>', 'where runs were written, for ids and “latest” 报告目录', 'runs')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      `${examples([
        'sifang compare runs/20260615T020000-unionpay latest',
        'sifang compare main/events.ndjson latest --json',
      ])}\n\nExit 退出码: 0 nothing got worse 没有变坏 · 1 something did 有变坏 · 2 a run cannot be read 无法读取`,
    )
    .action(async (a: string, b: string, options) =>
      (await import('./compare.ts')).compareCommand(a, b, { ...options, lang: lang() }),
    )
}

function list(program: Command, lang: Lang): void {
  program
    .command('list')
    .description('rows, pages and what each needs, without running 列出场景')
    .option('--grep <text>', 'only matching ids or titles')
    .option(...PAGES)
    .option('--all', 'also the catalogue rows that have no page yet 包括尚无场景页的条目')
    .option('--coverage', 'rows, pages and the last verdicts per group and role 覆盖统计表')
    .option('--out <folder>', 'where the runs are', 'runs')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(['sifang list', 'sifang list --grep SEC --json', 'sifang list --coverage']),
    )
    .action(async (options) => (await import('./list.ts')).listCommand({ ...options, lang: lang() }))
}

function explain(program: Command, lang: Lang): void {
  program
    .command('explain [id...]')
    .description(
      'any id, code or word of our output: row, invariant, mutant, reply code, field, step, verdict, exit 解释编号、应答码、字段或用语',
    )
    .option('--all', 'everything that can be explained, by kind 列出全部可解释项')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples([
        'sifang explain REV-003',
        'sifang explain 64',
        'sifang explain REJ-CRYPTO',
        'sifang explain exit 4',
        'sifang explain field order',
      ]),
    )
    .action(async (id: readonly string[], options) =>
      (await import('./explain.ts')).explainCommand(id.join(' '), { ...options, lang: lang() }),
    )
}

function mutants(program: Command, lang: Lang): void {
  program
    .command('mutants')
    .description(
      'plant known defects in our institution and see that each is caught 植入缺陷，验证考试能发现',
    )
    .option('--grep <text>', 'only matching mutants, such as M-19')
    .option(...PROFILE, 'unionpay')
    .option(...JSON_OPTION)
    .addHelpText('after', examples(['sifang mutants', 'sifang mutants --grep M-68']))
    .action(async (options) => (await import('./mutants.ts')).mutantsCommand({ ...options, lang: lang() }))
}

function explore(program: Command, lang: Lang): void {
  program
    .command('explore')
    .description(
      'play race rows through their interleavings, or any page under adversaries 逐一演练并发交错，或以对手演练任意场景',
    )
    .option(...PROFILE, 'sim')
    .option('--grep <text>', 'only matching pages, such as COD-004')
    .option(...PAGES)
    .option('--seed <text>', 'source of chance 随机种子', '1')
    .option('--most <number>', 'at most so many interleavings a page 每页最多交错数', '1000')
    .option('--adversary <name>', 'what is done to each message in turn: all, twice, lost-reply … 对手')
    .option('--between <from:to>', 'only messages such as switch:institution, any:bank 在哪两方之间')
    .option('--at <number>', 'only upon this message, counted from 1 只在第几条报文')
    .option('--stories <number>', 'so many random stories over the whole network 随机故事数')
    .option('--steps <number>', 'at most so many steps a story 每个故事最多步数', '14')
    .option('--path <text>', 'the path that a broken story was found by 失败故事的路径')
    .option('--out <folder>', 'where a broken story is written as a page 失败故事存放目录', 'runs/stories')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples([
        'sifang explore',
        'sifang explore --grep COD-004 --most 100',
        'sifang explore --stories 1000 --seed 7',
        'sifang explore --adversary all --grep CPM-001',
        'sifang explore --adversary lost-reply --between switch:institution',
      ]),
    )
    .action(async (options) => (await import('./explore.ts')).exploreCommand({ ...options, lang: lang() }))
}

function replay(program: Command, lang: Lang): void {
  program
    .command('replay <file>')
    .description('play a tape again, as it was or mutated, and see what holds 重放录制，可加变异')
    .option('--mutate <list>', 'dup@3,replay@3,late@5:40s,swap@2:4,drop@7,amount@3:+1,lost@3 变异')
    .option('--list', 'the requests on the tape with their numbers, and stop 列出报文编号')
    .option('--profile <name>', 'another profile than the tape’s 配置档')
    .option('--config <file>', 'your own system instead of our institution 被测系统配置')
    .option('--seed <text>', 'the test keys of the replay follow from it 测试密钥种子', 'replay')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      `${examples([
        'sifang certify --tapes --grep RFD-005',
        'sifang replay runs/latest/tapes/RFD-005.ndjson --list',
        'sifang replay runs/latest/tapes/RFD-005.ndjson --mutate dup@11,late@13:40s',
      ])}\n\nExit 退出码: 0 as on the tape, invariants hold 相同且不变式成立 · 1 different, or an invariant violated 不同或违反不变式 · 2 tape or mutation 录制或变异有误 · 4 nothing replayed 什么也没有重放`,
    )
    .action(async (file: string, options) =>
      (await import('./replay.ts')).replayCommand(file, { ...options, lang: lang() }),
    )
}
