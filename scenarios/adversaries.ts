// The adversaries, as data: what each does to one message (or to all) between two parties, over any story. A story under
// an adversary is judged by the invariants alone: what a page expects of an honest network need not hold then.
import type { Text } from '../wire/wire.ts'
import type { Misbehaviour } from './misbehave.ts'

export type Adversary = {
  readonly id: string
  readonly title: Text
  readonly what: Misbehaviour
  /** one: each message in turn, by itself. every: all messages from one on. */
  readonly on: 'one' | 'every'
}

export const ADVERSARIES: readonly Adversary[] = [
  {
    id: 'twice',
    what: 'twice',
    on: 'one',
    title: { zh: '同样的字节再到一次', en: 'the same bytes arrive once more' },
  },
  {
    id: 'again',
    what: 'again',
    on: 'one',
    title: {
      zh: '同一请求换新报文再发三次',
      en: 'the same request is sent three times more, in fresh messages',
    },
  },
  {
    id: 'at-once',
    what: 'at once',
    on: 'one',
    title: { zh: '同一请求两份同时到达', en: 'two of the same request arrive at once' },
  },
  {
    id: 'late',
    what: 'late',
    on: 'one',
    title: { zh: '请求晚于一切超时才到', en: 'the request arrives past every timeout' },
  },
  {
    id: 'before-ack',
    what: 'before the acknowledgement',
    on: 'one',
    title: {
      zh: '应答压到最后一刻，别的报文先到',
      en: 'the reply is held to the last moment, others come first',
    },
  },
  {
    id: 'after-reversal',
    what: 'after the reversal',
    on: 'one',
    title: { zh: '请求在其冲正之后才到', en: 'the request arrives after its reversal' },
  },
  {
    id: 'contradictory',
    what: 'contradictory',
    on: 'one',
    title: { zh: '随后又有相反的结果', en: 'the contrary outcome follows' },
  },
  {
    id: 'swapped',
    what: 'swapped',
    on: 'one',
    title: { zh: '收到的是另一笔的应答', en: 'the reply of another order comes instead' },
  },
  {
    id: 'spoilt-reply',
    what: 'spoilt reply',
    on: 'one',
    title: { zh: '应答在途中被改动一位', en: 'the reply comes with one bit changed' },
  },
  {
    id: 'unsigned-reply',
    what: 'unsigned reply',
    on: 'one',
    title: { zh: '来的是没有签名的“成功”', en: 'a success that nobody signed comes instead of the reply' },
  },
  {
    id: 'stale-signature',
    what: 'stale signature',
    on: 'one',
    title: {
      zh: '签名不属于此报文，原报文丢失',
      en: 'a signature that is not of the message, the message itself lost',
    },
  },
  {
    id: 'wrong-amount',
    what: 'wrong amount',
    on: 'one',
    title: { zh: '同一业务键，金额多一分', en: 'the same business key, one fen more' },
  },
  {
    id: 'wrong-party',
    what: 'wrong party',
    on: 'one',
    title: { zh: '另一收单机构抢先发同一内容', en: 'another acquirer sends the same content first' },
  },
  {
    id: 'never',
    what: 'lose request',
    on: 'every',
    title: { zh: '从此所有请求都丢失', en: 'from here on every request is lost' },
  },
  {
    id: 'lost-request',
    what: 'lose request',
    on: 'one',
    title: { zh: '请求丢失', en: 'the request is lost' },
  },
  { id: 'lost-reply', what: 'lose reply', on: 'one', title: { zh: '应答丢失', en: 'the reply is lost' } },
  {
    id: 'cut',
    what: 'cut',
    on: 'one',
    title: { zh: '应答之前连接中断', en: 'the connection is cut before the reply' },
  },
  {
    id: 'crash-before',
    what: 'crash before',
    on: 'one',
    title: { zh: '接收方收到之前崩溃重启', en: 'the receiver crashes and restarts before the request' },
  },
  {
    id: 'crash-after',
    what: 'crash after',
    on: 'one',
    title: { zh: '接收方处理之后崩溃，应答丢失', en: 'the receiver crashes after its work, the reply lost' },
  },
]
