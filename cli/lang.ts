// Which language to talk in: the flag, else what the terminal's locale says.
export function chosenLang(flag: string | undefined): 'zh' | 'en' {
  if (flag === 'zh' || flag === 'en') return flag
  const locale = process.env['LC_ALL'] ?? process.env['LC_MESSAGES'] ?? process.env['LANG'] ?? ''
  return locale.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}
