// A frame from its dialect: the same sealing and opening for each.
import { SIGNATURE } from './form.ts'
import { openForm } from './form-open.ts'
import {
  BODY_TYPE,
  type Dialect,
  draft,
  headOfForm,
  readForm,
  refOfForm,
  sealedForm,
  signPairs,
} from './frame-form.ts'
import type { Framing } from './framing.ts'

export const formFraming = (dialect: Dialect): Framing => ({
  name: dialect.name,
  contentType: BODY_TYPE,
  headers: [],
  carries: ['v', 'suite', 'type', 'from', 'signcert', 'enccert'],
  pathOf: dialect.pathOf,
  isPath: dialect.isPath,
  typeOf: (sealed) => {
    const read = readForm(sealed)
    return 'fault' in read ? undefined : dialect.typeOf(read.form, sealed.path)
  },
  headOf: (sealed) => headOfForm(dialect, sealed),
  refOf: (sealed) => refOfForm(dialect, sealed),
  seal: async (world, outgoing) => {
    const made = await draft(world, dialect, outgoing)
    const signature = await signPairs(world, dialect, made.pairs, made.head.signcert)
    const sealed = sealedForm(made.type, made.path, [...made.pairs, [SIGNATURE, signature]])
    const message = { sealed, head: made.head, ref: made.ref, type: outgoing.type }
    return { message, key: new Uint8Array(), domain: made.domain }
  },
  open: (world, sealed, awaited, steps) => openForm(dialect, world, sealed, awaited, steps),
})
