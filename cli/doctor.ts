// `sifang doctor`: what this machine has for us; each line that fails says what to do about it.
import { access, constants } from 'node:fs/promises'
import { getCiphers, getHashes } from 'node:crypto'
import { createServer } from 'node:net'
import {
  equalBytes,
  generateKeyPair,
  publicHalf,
  sign,
  testAuthority,
  unwrap,
  utf8,
  verify,
  verifyChain,
  wrap,
} from '../crypto/crypto.ts'
import { say } from '../reports/reports.ts'
import { seeded } from '../scenarios/scenarios.ts'
import { openStore } from '../store/store.ts'

type DoctorCommand = { readonly json?: boolean; readonly lang: 'zh' | 'en' }
type Finding = {
  readonly what: string
  readonly state: 'ok' | 'missing' | 'absent'
  readonly found: string
  readonly do?: string
}

export async function doctorCommand(options: DoctorCommand): Promise<void> {
  const findings = [
    node(),
    sm3(),
    sm4(),
    await sm2(),
    certificates(),
    await embedded(),
    await port(),
    await writable(),
    postgres(),
    await postgresAnswers(),
  ].filter((one) => one !== undefined)
  const fine = findings.every(({ state }) => state !== 'missing')
  process.exitCode = fine ? 0 : 2
  if (options.json === true)
    return void process.stdout.write(`${JSON.stringify({ fine, findings }, null, 2)}\n`)
  const signs = { ok: '✓', missing: '✗', absent: '–' } as const
  for (const { what, state, found, do: advice } of findings)
    process.stdout.write(
      `${signs[state]} ${what}: ${found}\n${advice === undefined ? '' : `    → ${advice}\n`}`,
    )
  process.stdout.write(`\n${say(options.lang, fine ? 'cli.doctor.fine' : 'cli.doctor.missing')}\n`)
}

function node(): Finding {
  const right = Number(process.versions.node.split('.')[0]) >= 24
  return {
    what: 'Node',
    state: right ? 'ok' : 'missing',
    found: `${process.version} (OpenSSL ${process.versions.openssl})`,
    ...(!right && { do: 'npm ci; the project brings Node 26, and npm scripts and npx use it' }),
  }
}

function sm3(): Finding {
  const has = getHashes().includes('sm3')
  return {
    what: 'SM3',
    state: has ? 'ok' : 'missing',
    found: has ? 'from OpenSSL' : 'not in this OpenSSL',
    ...(!has && { do: 'use the Node that npm ci installs: npx sifang doctor' }),
  }
}

function sm4(): Finding {
  const has = getCiphers().includes('sm4-cbc')
  return {
    what: 'SM4-CBC',
    state: has ? 'ok' : 'missing',
    found: has ? 'from OpenSSL' : 'not in this OpenSSL',
    ...(!has && { do: 'use the Node that npm ci installs: npx sifang doctor' }),
  }
}

async function sm2(): Promise<Finding> {
  const random = seeded('doctor')
  const key = await generateKeyPair('sm', random)
  const message = utf8('sifang doctor')
  const signature = await sign(key, message)
  const good = await verify(publicHalf(key), message, signature)
  const wrong = await verify(publicHalf(key), utf8('another message'), signature)
  const secret = random(32)
  const opened = await unwrap(key, await wrap(publicHalf(key), secret, random))
  const right = good && !wrong && opened !== undefined && equalBytes(opened, secret)
  return {
    what: 'SM2',
    state: right ? 'ok' : 'missing',
    found: right
      ? 'our own, in WebAssembly: signs, verifies, refuses another message, opens what it wrapped (its tests compare it with OpenSSL and sm-crypto)'
      : 'does not verify its own signature, or does not open what it wrapped',
    ...(!right && { do: 'delete node_modules and run npm ci again' }),
  }
}

/** Both suites: a chain under the test root, once as it is and once with another signature. */
function certificates(): Finding {
  const now = Date.now()
  const right = (['sm', 'rsa'] as const).every((suite) => {
    const { root, issuing, lists } = testAuthority(suite)
    const known = lists(now, [])
    const forged = { ...issuing, signature: root.signature }
    return (
      verifyChain(issuing, [], [root], known, now) === undefined &&
      verifyChain(forged, [], [root], known, now)?.name === 'bad-signature' &&
      verifyChain(issuing, [], [root], [], now)?.name === 'no-fresh-list'
    )
  })
  return {
    what: 'certificates',
    state: right ? 'ok' : 'missing',
    found: right
      ? 'SM2 by our own reader and SM2, RSA by jsrsasign and OpenSSL: a chain holds, a forged one does not, and none without a revocation list'
      : 'a chain does not hold, or a forged one does',
    ...(!right && { do: 'delete node_modules and run npm ci again' }),
  }
}

async function embedded(): Promise<Finding> {
  try {
    const store = await openStore('sqlite::memory:', () => Date.now())
    await store.close()
    return { what: 'embedded store', state: 'ok', found: 'node:sqlite' }
  } catch (error) {
    return {
      what: 'embedded store',
      state: 'missing',
      found: (error as Error).message,
      do: 'use the Node that npm ci installs: npx sifang doctor',
    }
  }
}

function port(): Promise<Finding> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: Error) =>
      resolve({
        what: 'loopback',
        state: 'missing',
        found: error.message,
        do: 'allow this program to listen on 127.0.0.1',
      }),
    )
    server.listen(0, '127.0.0.1', () =>
      server.close(() => resolve({ what: 'loopback', state: 'ok', found: 'can listen on 127.0.0.1' })),
    )
  })
}

async function writable(): Promise<Finding> {
  try {
    await access('.', constants.W_OK)
    return { what: 'reports', state: 'ok', found: 'this folder can be written to' }
  } catch {
    return {
      what: 'reports',
      state: 'missing',
      found: 'this folder cannot be written to',
      do: 'run from another folder, or use --out',
    }
  }
}

function postgres(): Finding | undefined {
  if (process.env['SIFANG_POSTGRES_URL'] !== undefined) return undefined
  return {
    what: 'PostgreSQL',
    state: 'absent',
    found: 'not asked for; needed only by its own tests and by --store postgres://…',
    do: 'set SIFANG_POSTGRES_URL to try it',
  }
}

async function postgresAnswers(): Promise<Finding | undefined> {
  const url = process.env['SIFANG_POSTGRES_URL']
  if (url === undefined) return undefined
  try {
    const store = await openStore(`${url}${url.includes('?') ? '&' : '?'}schema=sifang_doctor`, () =>
      Date.now(),
    )
    await store.close()
    return { what: 'PostgreSQL', state: 'ok', found: 'answers' }
  } catch (error) {
    return {
      what: 'PostgreSQL',
      state: 'missing',
      found: (error as Error).message,
      do: 'start it, or unset SIFANG_POSTGRES_URL',
    }
  }
}
