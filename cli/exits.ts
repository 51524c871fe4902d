// Every exit code and what it says, once: for --help and for `sifang explain`.

export type Exit = { readonly code: number; readonly zh: string; readonly en: string }

export const EXIT_CODES: readonly Exit[] = [
  { code: 0, en: 'every required row was shown and passed', zh: '必需项全部展示并通过' },
  { code: 1, en: 'nonconforming', zh: '不符合' },
  { code: 2, en: 'usage or configuration', zh: '用法或配置错误' },
  { code: 3, en: 'subject or environment unreachable', zh: '被测方或环境不可达' },
  { code: 4, en: 'incomplete, or nothing ran', zh: '不完整，或什么也没有运行' },
  { code: 5, en: 'a defect of the harness', zh: '考试程序自身缺陷' },
  { code: 130, en: 'interrupted', zh: '被中断' },
]

export const exitText = (): string =>
  ['\nExit codes 退出码', ...EXIT_CODES.map(({ code, en, zh }) => `  ${code}  ${en}   ${zh}`)].join('\n')
