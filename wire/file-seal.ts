// What files of a clearing day are sealed with: their maker's signing certificate, over the bytes as they stand, under a label
// of its own, so that no signature of a message serves for a file.
import { type Bytes, concat, utf8, verify } from '../crypto/crypto.ts'
import { faultOf, type PartyId } from './directory.ts'
import type { Sealer } from './envelope.ts'

const LABEL = utf8('sifang/1 file\0')

type Signed = { readonly certificate: string; readonly signature: Bytes }

export function fileSigning(
  world: Pick<Sealer, 'me' | 'clock' | 'keys' | 'directory'>,
): (bytes: Bytes) => Promise<Signed> {
  return async (bytes) => {
    const own = world.directory.current(world.me, 'sign', world.clock.wall())
    if (own === undefined) throw new Error(`party ${world.me} has no valid sign certificate for a file`)
    return { certificate: own.id, signature: await world.keys.sign(own.id, concat(LABEL, bytes)) }
  }
}

/** Whether `maker` signed it with a certificate that may be used now. */
export function fileVerifying(
  world: Pick<Sealer, 'clock' | 'directory' | 'profile'>,
  maker: PartyId,
): (bytes: Bytes, certificate: string, signature: Bytes) => Promise<boolean> {
  return async (bytes, id, signature) => {
    const certificate = world.directory.certificate(id)
    if (certificate?.use !== 'sign' || certificate.owner !== maker) return false
    if (faultOf(certificate, world.clock.wall()) !== undefined) return false
    return verify(certificate.key, concat(LABEL, bytes), signature, world.profile.sm2)
  }
}
