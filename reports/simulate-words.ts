// What a simulation of clearing days says, in both languages.
import type { Words } from './words.ts'

export const SIMULATE_WORDS = {
  'cli.simulate.day': {
    zh: '{day} 工作日 {items} 笔，机构净额（分）{net}，差错 {breaks}，不变量成立 {held}',
    en: '{day} business {items} items, institution’s net (fen) {net}, breaks {breaks}, invariants held {held}',
  },
  'cli.simulate.dayOff': {
    zh: '{day} 休息日 {items} 笔，机构净额（分）{net}，差错 {breaks}，不变量成立 {held}',
    en: '{day} off      {items} items, institution’s net (fen) {net}, breaks {breaks}, invariants held {held}',
  },
  'cli.simulate.total': {
    zh: '{days} 个清算日（{business} 个工作日），{messages} 条报文，违反 {violated} 项；记录摘要 {transcript}',
    en: '{days} clearing days ({business} business), {messages} messages, {violated} violated; transcript {transcript}',
  },
} as const satisfies Words
