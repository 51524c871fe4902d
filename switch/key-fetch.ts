// A member asks for the encryption certificate of the switch (ACP 95). It is told the newest that holds, and until when the
// one before it is taken as well; it may ask as often as it likes, since nothing is written down.
import { writePem } from '../crypto/crypto.ts'
import {
  answer,
  answerFields,
  beijingTime,
  ENCRYPTION_CERTIFICATE,
  type Fields,
  type Sealed,
  type Turned,
} from '../wire/wire.ts'
import type { SwitchWorld } from './world.ts'

export async function fetchKey(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'key.fetch', async ({ message }) => {
    if (message.fields.certType !== ENCRYPTION_CERTIFICATE)
      return {
        ...answerFields('REJ-FORMAT', { detail: `certType ${ENCRYPTION_CERTIFICATE} is the one there is` }),
        wrongField: 'certType',
      }
    return told(world)
  })
}

function told(world: SwitchWorld): Fields<'key.fetch.reply'> {
  const [newest, ...older] = world.directory.held(world.me, 'encrypt', world.clock.wall())
  // A network without an authority has rows, and nothing to hand out.
  if (newest?.x509 === undefined) return answerFields('NOT_FOUND')
  const last = older.map(({ notAfter }) => notAfter).sort((a, b) => b - a)[0]
  return {
    ...answerFields('OK'),
    keyCertificate: writePem('CERTIFICATE', newest.x509.der()),
    ...(last !== undefined && { overlapEnd: beijingTime(last) }),
  }
}
