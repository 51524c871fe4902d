// What `sifang clinic` says around its findings; the mistakes themselves are told where they are listed.
import type { Words } from './words.ts'

export const CLINIC_WORDS = {
  'cli.kind.mistake': { zh: '签名与封装的错误', en: 'mistake in signing or sealing' },
  'clinic.taken.bytes': { zh: '按原始字节读入，{n} 字节', en: 'taken as it is, {n} bytes' },
  'clinic.taken.hex': { zh: '按十六进制文本读入，{n} 字节', en: 'taken for hex text of {n} bytes' },
  'clinic.taken.base64': { zh: '按 base64 文本读入，{n} 字节', en: 'taken for base64 text of {n} bytes' },
  'clinic.profile': { zh: '按配置档 {profile} 检查', en: 'examined by profile {profile}' },
  'clinic.step.unwrap': { zh: '解开密钥', en: 'unwrap the key' },
  'clinic.step.tag': { zh: '校验值', en: 'tag' },
  'clinic.step.decrypt': { zh: '解密', en: 'decrypt' },
  'clinic.step.signature': { zh: '签名', en: 'signature' },
  'clinic.result.right': { zh: '成立', en: 'holds' },
  'clinic.result.explained': { zh: '不成立，原因已找到', en: 'does not hold, and this is why' },
  'clinic.result.unexplained': {
    zh: '不成立，已知错误都不能解释',
    en: 'does not hold, and no known mistake explains it',
  },
  'clinic.result.missing': { zh: '没有签名', en: 'there is no signature' },
  'clinic.result.no key': { zh: '无法判定：缺少密钥', en: 'cannot be told: a key is missing' },
  'clinic.result.not reached': { zh: '未到这一步', en: 'not reached' },
  'clinic.or': { zh: '或者（字节上无从区分）', en: 'or (the bytes do not tell which)' },
  'clinic.fix': { zh: '改法', en: 'fix' },
  'clinic.fault': { zh: '格式不合', en: 'form' },
  'clinic.at': { zh: '第 {n} 字节', en: 'byte {n}' },
  'clinic.tried': { zh: '试过 {n} 种读法', en: '{n} readings were tried' },
  'clinic.outcome.right': { zh: '✓ 这条报文是对的。', en: '✓ This message is right.' },
  'clinic.outcome.explained': {
    zh: '✗ 这条报文不成立，但知道错在哪里：照“改法”改即可。',
    en: '✗ This message does not hold, and it is known why: see “fix”.',
  },
  'clinic.outcome.unexplained': { zh: '✗ {because}。', en: '✗ Not explained: {because}.' },
  'clinic.outcome.no key': {
    zh: '? 缺少密钥，无法判定：用 --key 给出所需的密钥或证书。',
    en: '? A key is missing, so nothing can be told: give the key or certificate it takes by --key.',
  },
  'clinic.outcome.unread': { zh: '✗ 它不能作为一条报文读下去。', en: '✗ It cannot be read as a message.' },
  'clinic.keys.test': {
    zh: '所用密钥：测试网络（种子 {seeds}）；自己的密钥用 --key 给出',
    en: 'keys: those of the test network (seeds {seeds}); give your own by --key',
  },
  'clinic.keys.own': { zh: '所用密钥：{files}', en: 'keys: {files}' },
} as const satisfies Words
