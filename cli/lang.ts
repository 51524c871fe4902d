// Which language to talk in: the flag, else what the terminal's locale says.
import { UsageError } from './usage.ts'

export function chosenLang(flag: string | undefined): 'zh' | 'en' {
  if (flag === 'zh' || flag === 'en') return flag
  if (flag !== undefined) throw new UsageError(`--lang ${flag}: zh or en`)
  const locale = process.env['LC_ALL'] ?? process.env['LC_MESSAGES'] ?? process.env['LANG'] ?? ''
  return locale.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}
