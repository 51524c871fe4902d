// Direct merchants as data, kept through the JSON API that `sifang up` serves beside /ops: their keys come from them, ours
// go to them. Loopback only, like everything of `sifang up`.
import type { Hono } from 'hono'
import { z } from 'zod'
import { type AcpMerchant, acpMerchants, ACP_METHODS, certificateOf } from './acp-merchants.ts'
import type { GatewayWorld } from './acp-world.ts'

const MerchantRow = z
  .strictObject({
    name: z.string().min(1).max(40),
    category: z.string().regex(/^[0-9]{4}$/, 'a merchant category of four digits'),
    status: z.enum(['active', 'suspended']).default('active'),
    methods: z.array(z.enum(ACP_METHODS)).min(1, 'name at least one method: 01, 11, 12'),
    certificates: z.array(z.string()).max(5).default([]),
    secureKey: z.string().min(16, 'at least 16 characters').max(256).optional(),
    loopback: z.boolean().default(false),
    filesAtOnce: z.boolean().default(false),
  })
  .refine(({ methods, certificates }) => !methods.includes('01') || certificates.length > 0, {
    path: ['certificates'],
    message: 'method 01 needs at least one certificate in PEM',
  })
  .refine(({ methods, secureKey }) => !methods.some((one) => one !== '01') || secureKey !== undefined, {
    path: ['secureKey'],
    message: 'methods 11 and 12 need a secureKey',
  })

type Fault = { readonly field: string; readonly zh: string; readonly en: string }

function rowOf(id: string, told: unknown): AcpMerchant | Fault {
  if (!/^[A-Za-z0-9]{15}$/.test(id))
    return { field: 'merId', zh: 'merId：应为 15 位字母数字', en: 'merId: must be 15 letters and digits' }
  const read = MerchantRow.safeParse(told)
  if (!read.success) {
    const [issue] = read.error.issues
    const field = issue?.path.join('.') ?? ''
    return {
      field,
      zh: `${field}：${issue?.message ?? ''}`,
      en: `${field}: ${issue?.message ?? 'is malformed'}`,
    }
  }
  const { certificates: pems, secureKey, ...row } = read.data
  const certificates: AcpMerchant['certificates'][number][] = []
  for (const [index, pem] of pems.entries()) {
    const certificate = certificateOf(pem)
    const field = `certificates.${index}`
    if ('zh' in certificate)
      return { field, zh: `${field}：${certificate.zh}`, en: `${field}: ${certificate.en}` }
    certificates.push(certificate)
  }
  return { id, ...row, certificates, ...(secureKey !== undefined && { secureKey }) }
}

export function merchantRoutes(app: Hono, { store, identity }: GatewayWorld): void {
  app.put('/gateway/merchants/:id', async (c) => {
    const told: unknown = await c.req.json().catch(() => undefined)
    const row = rowOf(c.req.param('id'), told)
    if ('field' in row) return c.json(row, 400)
    const before = await store.change([acpMerchants.key(row.id)], (rows) => ({
      put: [acpMerchants.put(row.id, row)],
      append: [
        { item: row.id, kind: 'registry', body: { of: 'acp-merchant', name: row.name, status: row.status } },
      ],
      result: acpMerchants.in(rows, row.id),
    }))
    return c.json(
      { id: row.id, certificates: row.certificates.map(({ id }) => id) },
      before === undefined ? 201 : 200,
    )
  })
  app.get('/gateway/merchants/:id', async (c) => {
    const id = c.req.param('id')
    const row = acpMerchants.in(await store.read([acpMerchants.key(id)]), id)
    if (row === undefined)
      return c.json({ field: 'merId', zh: `没有登记 ${id}`, en: `nothing is registered under ${id}` }, 404)
    const { certificates, secureKey, ...plain } = row
    return c.json({
      ...plain,
      certificates: certificates.map(({ id: serial }) => serial),
      secureKey: secureKey !== undefined,
    })
  })
  app.get('/gateway/certificates', (c) => {
    const { certId, certificate, encryptCertId, encryptCertificate, middle, root } = identity()
    return c.json({ certId, certificate, encryptCertId, encryptCertificate, middle, root })
  })
}
