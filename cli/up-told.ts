// What `sifang up` prints once the network stands, and when it is over. Words are loaded here, so that listening waits for none.
import { formatMajor, money } from '../money/money.ts'
import { say } from '../reports/reports.ts'
import { ACQUIRER_A, INSTITUTION, SWITCH, type TestNetwork } from '../scenarios/test-network.ts'
import { at } from './desk-client.ts'
import { peersOf } from './peers.ts'
import type { UpCommand } from './up.ts'

type Told = {
  readonly network: TestNetwork
  readonly urls: Readonly<Record<string, string>>
  /** Who is there to pay. */
  readonly demo: { readonly user: string; readonly balance: bigint }
}

export function tellNetwork(options: UpCommand, { network, urls, demo }: Told): void {
  const { lang } = options
  const peers = peersOf(network)
  if (options.json === true)
    return void process.stdout.write(
      `${JSON.stringify({ profile: options.profile, parties: peers }, null, 2)}\n`,
    )
  const lines = [say(lang, 'cli.up.ready', { profile: options.profile }), '']
  for (const { id, role, name, url, certificates } of peers) {
    lines.push(`  ${role.padEnd(12)} ${id}  ${url ?? ''}  ${name}`)
    for (const { use, id: certificate, publicKey } of certificates.slice(0, 2))
      lines.push(
        `    ${use.padEnd(8)} ${certificate}  ${publicKey === undefined ? '' : `${publicKey.slice(0, 34)}…`}`,
      )
  }
  lines.push(
    '',
    say(lang, 'cli.up.user', { user: demo.user, amount: formatMajor(money(demo.balance, 'CNY')) }),
  )
  lines.push(
    say(lang, 'cli.up.try'),
    `  curl -s -X POST ${urls[ACQUIRER_A] ?? ''}/till/sales -H 'content-type: application/json' -d '{"payer":"${demo.user}","amount":"1000"}'`,
  )
  const desk = at(urls[SWITCH] ?? '')
  lines.push(
    say(lang, 'cli.up.hand'),
    `  npx sifang listen${desk}; npx sifang trigger sale${desk}; npx sifang resend 1${desk}`,
  )
  if (options.tape !== undefined) lines.push(say(lang, 'cli.up.tape', { file: options.tape }))
  lines.push(
    say(lang, 'cli.up.watch'),
    `  curl -s ${urls[INSTITUTION] ?? ''}/control/users/${demo.user}; curl -s ${urls[INSTITUTION] ?? ''}/control/ledger`,
  )
  process.stdout.write(`${lines.join('\n')}\n`)
}

export function tellStopped({ lang }: UpCommand): void {
  process.stderr.write(`${say(lang, 'cli.up.stopped')}\n`)
}
