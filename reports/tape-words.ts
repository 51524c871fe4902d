// What the commands around tapes and traffic say, in both languages: replay, listen, trigger, resend.
import type { Words } from './words.ts'

export const TAPE_WORDS = {
  'cli.tapes.at': {
    zh: '录制：{path}（未脱敏的测试数据；重放：npx sifang replay FILE）',
    en: 'Tapes: {path} (unmasked test data; play one again: npx sifang replay FILE)',
  },
  'cli.replay.start': {
    zh: '重放 {file}：{recorded}，配置档 {profile}，发往被测方的请求 {requests} 条，调用 {calls} 次 …',
    en: 'Replaying {file}: {recorded}, profile {profile}, {requests} requests to the subject, {calls} calls …',
  },
  'cli.replay.mutations': { zh: '变异：{mutations}', en: 'mutated: {mutations}' },
  'cli.replay.message': {
    zh: '第 {n} 号 {what}：{member} 应为 {expected}，实际 {observed}',
    en: 'message {n} {what}: {member} expected {expected}, observed {observed}',
  },
  'cli.replay.line': {
    zh: '第 {line} 行 {what}：{member} 应为 {expected}，实际 {observed}',
    en: 'line {line} {what}: {member} expected {expected}, observed {observed}',
  },
  'cli.replay.ask': {
    zh: '被测方的请求 {what}：录制中没有这么多次',
    en: 'the subject asked {what} more often than on the tape',
  },
  'cli.replay.effect': {
    zh: '{mutation}：{what} 的应答为 {answer}',
    en: '{mutation}: {what} was answered {answer}',
  },
  'cli.replay.violated': { zh: '违反 {invariant}：{because}', en: '{invariant} is violated: {because}' },
  'cli.replay.disputed': {
    zh: '两个判官对 {invariant} 意见不一，这是四方自身的缺陷：{because}',
    en: 'the oracles differ about {invariant}, which is a defect of ours: {because}',
  },
  'cli.replay.compared': {
    zh: '比较了 {compared} 个应答，{differ} 处不同。',
    en: '{compared} answers compared, {differ} differences.',
  },
  'cli.replay.invariants': {
    zh: '不变式：{holds} 条成立，{violated} 条被违反，{open} 条无法判定。',
    en: 'Invariants: {holds} hold, {violated} violated, {open} undecidable.',
  },
  'cli.replay.mutated': {
    zh: '有变异时，应答不同只作提示，是否通过只看不变式。',
    en: 'With mutations a differing answer is only told; the invariants decide.',
  },
  'cli.replay.strange': {
    zh: '{messages} 号报文中的付款码或账户标识不是在这份录制里给出的：录制应从用户签约之前开始，否则应答会不同。',
    en: 'messages {messages} name a code or token that was not given on this tape: begin a recording before users sign up, or answers will differ.',
  },
  'cli.replay.lacking': {
    zh: '重放这份录制需要被测方没有提供的功能：{features}；什么也没有重放',
    en: 'this tape needs what the subject does not offer: {features}; nothing was replayed',
  },
  'cli.replay.empty': {
    zh: '{file}：既没有发往被测方的请求，也没有调用；什么也没有重放',
    en: '{file}: holds no request to the subject and no call, so nothing was replayed',
  },
  'cli.replay.fault': { zh: '{file}:{line}：{said}', en: '{file}:{line}: {said}' },
  'cli.replay.asked': {
    zh: '发往被测方的请求，以及变异时用的编号：',
    en: 'Requests to the subject, by the numbers that mutations name:',
  },
} as const satisfies Words
