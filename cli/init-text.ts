// What `sifang init` writes: the configuration with a comment beside everything, and the workflow.
import { FEATURES, type Feature } from '../scenarios/scenarios.ts'
import type { Certified } from './init-keys.ts'

export type ConfigParts = {
  readonly name: string
  readonly url: string
  readonly sign: Certified
  readonly encrypt: Certified
  readonly features: readonly string[]
  readonly port: string
  readonly seed: string
}

const OFFERS: Readonly<Record<Feature, string>> = {
  control: 'an examiner may create users and set balances 考官可建用户、设余额',
  'ledger-export': 'the ledger can be read, posting by posting 可逐条读出账本',
  clock: 'an examiner moves its clock 时钟由考官推进',
  restart: 'it can be restarted and keeps what is stored 可重启，只剩已落盘的',
  wallet: 'users sign up and show payment codes 用户可签约、出示付款码',
  void: 'payments can be voided on their day 当日撤销',
  password: 'a payment above a limit waits for its user 超限验密',
  'sign-up': 'the switch can begin a sign-up 清算方发起签约',
  orders: 'merchant codes and online orders are paid 正扫与线上付款',
  marketing: 'red packets and coupons 红包与优惠券',
  cards: 'bank cards, top-up, withdrawal, transfer 银行卡与充提转',
  branches: 'branches of composite payments 组合支付分支',
  limits: 'limits, tiers, barred shops, risk rules 限额与风控',
  till: 'an acquirer: sales, refunds and voids are begun at its till 收单机构：可在收银台发起交易',
  outage: 'an examiner lets its database fail for a moment 考官可让数据库短暂不可用',
}

/** A JSON string is a YAML string, whatever is in it. */
const quoted = (text: string): string => JSON.stringify(text)
const certificate = ({ id, publicKey }: Certified): string => `{ id: '${id}', publicKey: '${publicKey}' }`

export function configText({ name, url, sign, encrypt, features, port, seed }: ConfigParts): string {
  const width = Math.max(...FEATURES.map((feature) => feature.length)) + 2
  return `# How Sifang reaches your system. Read by: npx sifang certify --config sifang.config.yaml
# 四方如何连接被测系统。每个值都按文本读取。
subject:
  # What reports call it. 报告中的名称。
  name: ${quoted(name)}
  # Where it takes messages: POST <url>/sifang/1/<type>. 接收报文的地址。
  url: ${quoted(url)}
  # Or let Sifang start it, and hand it a port and test keys; then leave out url, sign and encrypt.
  # 或由四方启动并给它端口与测试密钥；此时删去 url、sign、encrypt。
  # spawn:
  #   command: node wallet.js --port \${port} --switch \${switch} --peers \${peers} --keys \${keys}
  #   ready: { answers: /control/idle }
  # Your certificates: decimal id, and the SM2 public key as 04, x and y in hex (npx sifang keys show FILE).
  # 你方证书：十进制编号，SM2 公钥为 04‖x‖y 十六进制。
  sign: ${certificate(sign)}
  encrypt: ${certificate(encrypt)}
  # What it really offers an examiner. What is missing here is "not shown", never passed.
  # 真正提供给考官的功能；缺少的一律算“未能证明”，绝不算通过。
${FEATURES.map((feature) => `  #   ${feature.padEnd(width)}${OFFERS[feature]}`).join('\n')}
  features: [${features.join(', ')}]
# Where your system finds our switch. 你方系统到哪里找清算组织。
switch:
  port: ${port}
# Our test keys follow from it: the same seed, the same keys. 我方测试密钥由此而来。
seed: ${quoted(seed)}
`
}

export const workflowText = (): string => `# GitHub Actions: judge your system on every push. 每次推送都评判。
name: sifang
on: [push, pull_request]
jobs:
  certify:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: actions/setup-node@v5
        with: { node-version: 26 }
      # sifang must be among your devDependencies. sifang 须在 devDependencies 中。
      - run: npm ci
      # Put the command that starts your system here; with subject.spawn in the configuration, delete this step.
      # 换成启动你方系统的命令；配置了 subject.spawn 则删去此步。
      - run: ./start-your-system &
      - run: npx sifang certify --config sifang.config.yaml
      - if: always()
        run: cat runs/latest/summary.md >> "$GITHUB_STEP_SUMMARY"
      - if: always()
        uses: actions/upload-artifact@v7
        with: { name: sifang, path: runs/ }
`
