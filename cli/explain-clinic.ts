// The clinic's mistakes, explained by their ids; and `clinic` itself.
import { CLINIC_MISTAKES } from '../conformance/conformance.ts'
import { type Explained, type Kind, same } from './explained.ts'

const ABOUT = {
  zh: 'sifang clinic 读入一条报文，说明它是什么、签名覆盖哪些字节、能解开什么，以及哪一种错误使它不成立。认证报告中被拒的报文附有同样的诊断。',
  en: 'sifang clinic takes a message and says what it is, what its signature covers, what decrypts, and which mistake makes it fail. The report of a certification has the same diagnosis beside a message that was refused.',
}

export const mistake: Kind = {
  name: 'mistake',
  ids: async () => ['clinic', ...new Set(CLINIC_MISTAKES.map(({ id }) => id))],
  tell: async (id, lang): Promise<Explained | undefined> => {
    if (same(id, 'clinic'))
      return {
        id: 'clinic',
        kind: 'mistake',
        lines: [ABOUT[lang], [...new Set(CLINIC_MISTAKES.map((one) => one.id))].join(' · ')],
        source: 'docs/clinic.md · conformance/clinic.ts',
      }
    const found = CLINIC_MISTAKES.find((one) => same(one.id, id))
    if (found === undefined) return undefined
    const plain = (text: string): string => text.replaceAll('{right}', '…')
    return {
      id: found.id,
      kind: 'mistake',
      lines: [found[lang], plain(found.fix[lang])],
      source: 'conformance/clinic-*.ts · docs/clinic.md',
    }
  },
}
