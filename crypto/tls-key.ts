// A key for TLS on P-256 from the given chance. TLS is RSA's and P-256's here: Node's OpenSSL speaks neither TLCP (GB/T 38636)
// nor the SM suites of RFC 8998, so what is SM is the message inside.
import { createECDH, createPrivateKey, createPublicKey } from 'node:crypto'
import { type Bytes, toHex } from './bytes.ts'
import { draw, type Random } from './check.ts'
import { Secret } from './secret.ts'
import type { TlsPublicKey } from './authority.ts'

export type TlsKey = {
  // PKCS#8 in PEM, as node:tls takes it.
  readonly key: Secret<string>
  readonly publicKey: TlsPublicKey
}

const SCALAR_BYTES = 32
const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
// A draw misses one time in four thousand million.
const DRAWS_MAX = 8

export function generateTlsKey(random: Random): TlsKey {
  const d = drawScalar(random)
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(d)
  const point = ecdh.getPublicKey()
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    d: text(d),
    x: text(point.subarray(1, 1 + SCALAR_BYTES)),
    y: text(point.subarray(1 + SCALAR_BYTES)),
  }
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  return {
    key: new Secret(key.export({ type: 'pkcs8', format: 'pem' }) as string, '[tls private key]'),
    publicKey: { suite: 'p256', publicKey: new Uint8Array(spki) },
  }
}

function drawScalar(random: Random): Bytes {
  for (let count = 0; count < DRAWS_MAX; count++) {
    const drawn = Uint8Array.from(draw(random, SCALAR_BYTES))
    const number = BigInt(`0x${toHex(drawn)}`)
    if (number > 0n && number < ORDER) return drawn
  }
  throw new Error(`random gave no number below the order of P-256 in ${DRAWS_MAX} draws`)
}
