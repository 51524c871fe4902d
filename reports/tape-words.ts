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
  'cli.desk.browser': {
    zh: '网页不能操作 sifang up；请用命令行',
    en: 'a web page may not work the desk of sifang up; use the command line',
  },
  'cli.desk.full': {
    zh: '已有 {most} 个在听；先结束一些',
    en: '{most} listen already: end some of them first',
  },
  'cli.desk.malformed': { zh: '{field}：{rule}', en: '{field}: {rule}' },
  'cli.desk.absent': {
    zh: '{url} 上没有网络应答：先用 npx sifang up 启动，或用 --url 指明清算组织的地址',
    en: 'no network answers at {url}: start one with npx sifang up, or name the address of its switch with --url',
  },
  'cli.desk.other': {
    zh: '{url} 上有程序应答（HTTP {status}），但不是 sifang up 的清算组织；用 --url 指明 sifang up 打印的第一个地址',
    en: 'something answers at {url} (HTTP {status}), but it is not the switch of a sifang up; name the first address that sifang up printed with --url',
  },
  'cli.listen.start': {
    zh: '正在听 {url}（配置档 {profile}）；Ctrl-C 停止。编号可用于 npx sifang resend。',
    en: 'Listening to {url} (profile {profile}); Ctrl-C stops. The numbers are for npx sifang resend.',
  },
  'cli.listen.missed': {
    zh: '有 {missed} 条报文已不在缓存中',
    en: '{missed} messages are kept no more and are left out',
  },
  'cli.listen.over': { zh: '网络已停止。', en: 'The network has stopped.' },
  'cli.listen.since': {
    zh: '--since {since}：应为报文编号，0 为缓存中的全部',
    en: '--since {since}: the number of a message, 0 for all that are kept',
  },
  'cli.listen.most': {
    zh: '--most {most}：应为大于零的整数',
    en: '--most {most}: a whole number above zero',
  },
  'cli.trigger.unknown': {
    zh: '不会“{name}”；可以是：{all}',
    en: 'there is no “{name}” to make happen; there are: {all}',
  },
  'cli.trigger.none': {
    zh: '这个网络启动以来还没有交易：先做一笔 npx sifang trigger sale',
    en: 'nothing has been sold since this network was started: make a sale with npx sifang trigger sale',
  },
  'cli.trigger.order': {
    zh: '这个网络启动以来没有订单 {order}；最近的是：{last}',
    en: 'no sale {order} was made since this network was started; the last were: {last}',
  },
  'cli.trigger.stranger': {
    zh: '订单 {order} 不是我方收单机构的',
    en: 'order {order} was not sold by an acquirer of this network',
  },
  'cli.trigger.refused': { zh: '没有办成：{because}', en: 'it could not be done: {because}' },
  'cli.trigger.refunded': {
    zh: '订单 {order} 已无余额可退',
    en: 'nothing is left of order {order} that could be refunded',
  },
  'cli.trigger.unnotified': {
    zh: '缓存中没有关于订单 {order} 的 {type}',
    en: 'no {type} about order {order} is among the messages that are kept',
  },
  'cli.trigger.sale': {
    zh: '收单机构 {acquirer} 的订单 {order}：{state}，{amount} 元',
    en: 'Order {order} at acquirer {acquirer}: {state}, {amount} yuan',
  },
  'cli.trigger.refund': {
    zh: '订单 {of} 的退款 {order}：{state}，{amount} 元',
    en: 'Refund {order} of {of}: {state}, {amount} yuan',
  },
  'cli.trigger.reversal': {
    zh: '订单 {order}：{state}',
    en: 'Order {order}: {state}',
  },
  'cli.trigger.notice': {
    zh: '关于订单 {order} 的 {type} 又发了一次：{class}（第 {n} 号报文）',
    en: '{type} about order {order} was sent once more: {class} (message {n})',
  },
  'cli.trigger.day': {
    zh: '清算日 {day}：{items} 笔；{unconfirmed}',
    en: 'Clearing day {day}: {items} items; {unconfirmed}',
  },
  'cli.trigger.day.settled': {
    zh: '应收应付均已由银行确认',
    en: 'every position was confirmed by the bank',
  },
  'cli.trigger.day.open': {
    zh: '银行尚未确认：{parties}',
    en: 'not confirmed by the bank: {parties}',
  },
  'cli.trigger.position': {
    zh: '  {party}  净额 {net} 元',
    en: '  {party}  net {net} yuan',
  },
  'cli.trigger.crash': {
    zh: '清算组织已被杀死并重新启动，只剩下存储；当时有 {begun} 件事尚未做完。',
    en: 'The switch was killed and started anew with its store and nothing else; {begun} things were under way.',
  },
  'cli.resend.nothing': {
    zh: '这个网络还没有传送过报文；先做一笔 npx sifang trigger sale',
    en: 'this network has carried nothing yet: make a sale with npx sifang trigger sale',
  },
  'cli.resend.unknown': {
    zh: '缓存中没有报文 {message}；现有第 {first} 号至第 {last} 号（npx sifang listen --since 0 可列出）',
    en: 'message {message} is not among those that are kept, {first} to {last} (npx sifang listen --since 0 lists them)',
  },
  'cli.resend.reply': {
    zh: '第 {n} 号是应答，不能单独重发；它的请求是第 {request} 号',
    en: 'message {n} is a reply, which cannot be sent by itself; its request is {request}',
  },
  'cli.resend.unread': {
    zh: '第 {n} 号报文的内容无人能读，只能原样重发（去掉 --fresh）',
    en: 'nobody could read message {n}, so only its bytes can be sent again (leave --fresh out)',
  },
  'cli.resend.foreign': {
    zh: '第 {n} 号报文由 {from} 发出，这里没有它的密钥，只能原样重发（去掉 --fresh）',
    en: 'message {n} was sent by {from}, whose key is not here, so only its bytes can be sent again (leave --fresh out)',
  },
  'cli.resend.many': {
    zh: '已有 {most} 次重发在等待',
    en: '{most} messages wait to be sent already',
  },
  'cli.resend.late': {
    zh: '--late {late}：应为时长，如 40s、5m，最多 1h',
    en: '--late {late}: a time such as 40s or 5m, at most 1h',
  },
  'cli.resend.sent': {
    zh: '第 {message} 号 {type} {how}：应答 {class}（请求第 {request} 号，应答第 {reply} 号）',
    en: 'message {message} {type}, {how}: {class} (request {request}, reply {reply})',
  },
  'cli.resend.bytes': { zh: '原样重发', en: 'the same bytes' },
  'cli.resend.fresh': { zh: '内容不变、重新封装', en: 'the same content sealed anew' },
  'cli.resend.waits': {
    zh: '第 {message} 号 {type} 将于 {at} 送达；npx sifang listen 可见结果',
    en: 'message {message} {type} will arrive at {at}; npx sifang listen shows what comes of it',
  },
  'cli.up.hand': {
    zh: '看报文、动手试：',
    en: 'Watch it and try things by hand:',
  },
  'cli.up.tape': {
    zh: '正在录制到 {file}（未脱敏的测试数据）。',
    en: 'Recording to {file} (unmasked test data).',
  },
} as const satisfies Words
