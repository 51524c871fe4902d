// The commands around the exam: beginning, the network, the machine, keys, the shell. Each loads what it needs when it
// is chosen.
import type { Command } from 'commander'
import { examples, JSON_OPTION } from './examples.ts'

type Lang = () => 'zh' | 'en'

export function toolCommands(program: Command, lang: Lang): void {
  init(program, lang)
  up(program, lang)
  listen(program, lang)
  trigger(program, lang)
  resend(program, lang)
  reconcile(program, lang)
  simulate(program, lang)
  doctor(program, lang)
  keys(program, lang)
  clinic(program, lang)
  completion(program)
}

function init(program: Command, lang: Lang): void {
  program
    .command('init')
    .description('write a commented sifang.config.yaml for your own system 生成被测系统配置')
    .option('--name <text>', 'what your system is called 系统名称')
    .option('--url <address>', 'where your messages arrive 报文地址')
    .option('--sign <file>', 'your signing certificate or SM2 key 签名证书或密钥')
    .option('--encrypt <file>', 'your encryption certificate or SM2 key 加密证书或密钥')
    .option('--sign-id <digits>', 'id of the signing certificate (default: its serial) 签名证书编号')
    .option('--encrypt-id <digits>', 'id of the encryption certificate (default: its serial) 加密证书编号')
    .option('--features <list>', 'what your system offers an examiner, separated by commas 所提供的功能')
    .option('--port <number>', 'where your system finds our switch 清算组织端口')
    .option('--seed <text>', 'our test keys follow from it 测试密钥种子')
    .option('--out <file>', 'the file to write, never over one that is there 写入的文件')
    .option('--ci <kind>', 'print a workflow instead: github 打印持续集成片段')
    .option('--yes', 'ask nothing: what is not given takes its default 不提问')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples([
        'sifang init',
        'sifang init --yes --name "my wallet" --url http://127.0.0.1:18081 --sign sign.cer --encrypt encrypt.cer',
        'sifang init --ci github --out .github/workflows/sifang.yml',
      ]),
    )
    .action(async (options) => (await import('./init.ts')).initCommand({ ...options, lang: lang() }))
}

function up(program: Command, lang: Lang): void {
  program
    .command('up')
    .description('start the network and keep it running, with the curl line of a payment 启动整个网络')
    .option('--profile <name>', 'network profile 配置档', 'unionpay')
    .option('--port <number>', 'first of five ports 起始端口', '18080')
    .option('--seed <text>', 'source of the test keys 测试密钥种子', 'up')
    .option('--data <folder>', 'keep the stores here; otherwise they are forgotten 数据目录')
    .option('--only <party>', 'only one party: institution or acquirer 只启动一方')
    .option('--control', 'serve the control API, with a clock that an examiner moves 开放控制接口')
    .option('--tls', 'messages over TLS with client certificates, at five more ports 报文走双向 TLS')
    .option('--tape <file>', 'record all that is said, for sifang replay 录制到文件')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples([
        'sifang up',
        'sifang up --port 19000 --data ./data',
        'sifang up --tape night.ndjson',
        'sifang up --tls',
        'sifang up --only institution --control --seed demo',
        'sifang up --only acquirer --control --seed demo',
      ]),
    )
    .action(async (options) => (await import('./up.ts')).upCommand({ ...options, lang: lang() }))
}

const URL_OPTION = [
  '--url <address>',
  'the switch of a running sifang up 清算组织地址',
  'http://127.0.0.1:18080',
] as const

function listen(program: Command, lang: Lang): void {
  program
    .command('listen')
    .description('what travels on a running sifang up, as it happens, masked 实时查看报文')
    .option(...URL_OPTION)
    .option('--since <number>', 'also what came after this message; 0 for all that are kept 从某条之后开始')
    .option('--most <number>', 'stop after so many messages 条数上限')
    .option(...JSON_OPTION)
    .addHelpText('after', examples(['sifang listen', 'sifang listen --since 0 --most 20 --json']))
    .action(async (options) => (await import('./listen.ts')).listenCommand({ ...options, lang: lang() }))
}

function trigger(program: Command, lang: Lang): void {
  program
    .command('trigger <what>')
    .description(
      'make something happen on a running sifang up: sale, refund, reversal, notice-again, close-day, crash 触发一件事',
    )
    .option(...URL_OPTION)
    .option('--payer <user>', 'whose code is scanned (default: alice) 付款用户')
    .option('--amount <fen>', 'whole fen, such as 1000 for 10.00 yuan 金额（分）')
    .option('--acquirer <name>', 'A or B (default: A) 收单机构')
    .option('--of <order>', 'the sale it is about (default: the last one) 原订单号')
    .option('--to <party>', 'whose notice comes again: payee or payer (default: payee) 通知谁')
    .option('--day <day>', 'the clearing day to close, such as 20260615 (default: today) 清算日')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples([
        'sifang trigger sale --payer alice --amount 1000',
        'sifang trigger refund --amount 300',
        'sifang trigger crash',
      ]),
    )
    .action(async (what: string, options) =>
      (await import('./trigger.ts')).triggerCommand(what, { ...options, lang: lang() }),
    )
}

function resend(program: Command, lang: Lang): void {
  program
    .command('resend <message>')
    .description('send a message of a running sifang up again, by its number or id 重发报文')
    .option(...URL_OPTION)
    .option('--fresh', 'the same content sealed anew, instead of the same bytes 内容不变，重新封装')
    .option('--twice', 'two of them 发两次')
    .option('--late <time>', 'made now, arriving later: 40s, 5m 迟到')
    .option(...JSON_OPTION)
    .addHelpText('after', examples(['sifang resend 12', 'sifang resend 12 --fresh --twice --late 40s']))
    .action(async (message: string, options) =>
      (await import('./resend.ts')).resendCommand(message, { ...options, lang: lang() }),
    )
}

function simulate(program: Command, lang: Lang): void {
  program
    .command('simulate')
    .description('business days of drawn traffic, closed, filed, paid and judged 模拟多个清算日')
    .option('--days <number>', 'so many business days 工作日数', '30')
    .option('--seed <text>', 'the same seed gives the same days 随机种子', '7')
    .option('--busy <number>', 'things that happen in a day, at most half as many again 每日业务量', '10')
    .option('--profile <name>', 'network profile 配置档', 'sim')
    .option(...JSON_OPTION)
    .addHelpText('after', examples(['sifang simulate', 'sifang simulate --days 5 --seed mine --busy 100']))
    .action(async (options) => (await import('./simulate.ts')).simulateCommand({ ...options, lang: lang() }))
}

function reconcile(program: Command, lang: Lang): void {
  program
    .command('reconcile <ours> <theirs>')
    .description('one book against another, line by line: CSV, fixed width, gzip or zip 对账')
    .option(
      '--layout <file>',
      'what the files look like, in YAML; or OURS,THEIRS (docs/reconcile.md) 布局文件',
    )
    .option('--keys <columns>', 'what tells items apart; of every column option: or OURS:THEIRS 键所在的列')
    .option('--amount <column>', 'amount 金额列')
    .option('--fee <column>', 'fee 手续费列')
    .option('--status <column>', 'result 状态列')
    .option('--day <column>', 'clearing day 清算日列')
    .option('--kind <column>', 'purchase, refund, reversal, void 交易类型列')
    .option('--currency <column>', 'currency; otherwise all is in 156 币种列')
    .option('--original <columns>', 'of a refund or reversal: the key of the original 原交易列')
    .option('--legs <columns>', 'amounts by source of money 资金分项列')
    .option('--unit <unit>', 'minor (fen, 1234) or major (12.34) 金额单位')
    .option('--tolerance-days <number>', 'so many days apart still match 容忍的跨日天数', '0')
    .option(
      '--we <side>',
      'ours is the book of a payer or payee institution 我方是付款方还是收款方机构',
      'payer',
    )
    .option('--encoding <name>', 'utf-8 or gbk 编码')
    .option('--separator <sign>', 'between values 分隔符')
    .option('--header <yes|no>', 'whether the first line names the columns 有无表头')
    .option('--out <folder>', 'for differences.csv and differences.html 输出目录', 'runs/reconcile')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples([
        'sifang reconcile ours.csv theirs.csv',
        'sifang reconcile ours.csv theirs.csv.gz --keys id:queryId --amount amount:txnAmt --tolerance-days 1',
        'sifang reconcile ours.csv INN15090688ZM.zip --layout ,docs/layouts/unionpay-zm.yaml',
      ]),
    )
    .action(async (ours: string, theirs: string, options) =>
      (await import('./reconcile.ts')).reconcileCommand(ours, theirs, { ...options, lang: lang() }),
    )
}

function doctor(program: Command, lang: Lang): void {
  program
    .command('doctor')
    .description('what this machine has, and what to do about what it lacks 检查运行环境')
    .option(...JSON_OPTION)
    .addHelpText('after', examples(['sifang doctor', 'sifang doctor --json']))
    .action(async (options) => (await import('./doctor.ts')).doctorCommand({ ...options, lang: lang() }))
}

function keys(program: Command, lang: Lang): void {
  const group = program
    .command('keys')
    .description('make, import and show keys and certificates 生成、导入、查看密钥与证书')
  group
    .command('new')
    .description('a fresh SM2 pair; the private key goes into --out and nowhere else 生成密钥对')
    .option('--out <file>', 'PKCS#8 PEM of mode 0600; never over a file that is there 私钥文件')
    .option(...JSON_OPTION)
    .addHelpText('after', examples(['sifang keys new --out acquirer.pem']))
    .action(async (options) => (await import('./keys.ts')).keysCommand('new', { ...options, lang: lang() }))
  group
    .command('import <file>')
    .description('read a key in PEM, DER, PFX or hex, and write it in our form 识别并导入密钥')
    .option('--password-file <file>', 'password of a PFX or locked key, on its first line 口令文件')
    .option('--out <file>', 'PKCS#8 PEM of mode 0600, or a public key 输出文件')
    .option(...JSON_OPTION)
    .addHelpText('after', examples(['sifang keys import bank.pfx --password-file pw --out bank.pem']))
    .action(async (file: string, options) =>
      (await import('./keys.ts')).keysCommand('import', { ...options, file, lang: lang() }),
    )
  group
    .command('show <file>')
    .description(
      'a key, certificate or revocation list, and whether its chain holds; never the private key 查看密钥、证书、吊销列表',
    )
    .option('--password-file <file>', 'password of a PFX or locked key, on its first line 口令文件')
    .option('--ca <file>', 'authorities to believe beside those of the test network 受信任的 CA 证书')
    .option('--crl <file>', 'revocation lists of the chain 吊销列表')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples([
        'sifang keys show bank.pem',
        'sifang keys show certificate.cer --ca root.pem --crl lists.pem',
        'sifang keys show lists.pem --json',
      ]),
    )
    .action(async (file: string, options) =>
      (await import('./keys.ts')).keysCommand('show', { ...options, file, lang: lang() }),
    )
}

function clinic(program: Command, lang: Lang): void {
  program
    .command('clinic <file>')
    .description('what a message is, and which mistake makes its signature or its sealed block fail 报文诊断')
    .option('--key <file...>', 'a key or certificate to try, instead of the test network’s 自己的密钥或证书')
    .option('--secret <text>', 'a shared key (ACP signMethod 11, 12) 共享密钥')
    .option('--profile <name>', 'read it by this profile (default: by what it says of itself) 配置档')
    .option('--seed <text>', 'the test network’s seed (default: 1, then up) 测试密钥种子')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples([
        'sifang clinic message.bin',
        'sifang clinic - < message.hex',
        'sifang clinic reply.txt --key sign.cer --key own.pem --lang zh',
      ]),
    )
    .action(async (file: string, options) =>
      (await import('./clinic.ts')).clinicCommand(file, { ...options, lang: lang() }),
    )
}

function completion(program: Command): void {
  program
    .command('completion <shell>')
    .description(
      'print what makes a shell complete commands, options and ids 打印补全脚本: bash | zsh | fish',
    )
    .addHelpText(
      'after',
      examples([
        'sifang completion bash > ~/.local/share/bash-completion/completions/sifang',
        'sifang completion zsh > "${fpath[1]}/_sifang"',
        'sifang completion fish > ~/.config/fish/completions/sifang.fish',
      ]),
    )
    .action(async (shell: string) => (await import('./completion.ts')).completionCommand(program, shell))
}
