// The two pages that a payer sees: where a test wallet is chosen, and the one that sends the browser back to the shop. What
// the browser carries back proves nothing; the merchant is told at its backUrl, or asks.
import { formatMajor, money } from '../money/money.ts'
import type { Pair, Text } from '../wire/wire.ts'
import type { AcpMerchant } from './acp-merchants.ts'
import type { AcpItem } from './acp-records.ts'

const SIGNS: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const safe = (text: string): string => text.replace(/[&<>"']/g, (sign) => SIGNS[sign] ?? sign)

const page = (title: string, inner: string): string =>
  `<!doctype html><html lang="zh"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
  `<title>${safe(title)}</title><style>body{font:16px sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem}` +
  `dt{color:#555}dd{margin:0 0 .8rem}button,input{font:inherit;padding:.5rem}</style></head><body>${inner}</body></html>`

export function payPage(merchant: AcpMerchant, item: AcpItem, fault?: string): string {
  const amount = formatMajor(money(item.amount, 'CNY'))
  const warned = fault === undefined ? '' : `<p role="alert">支付未成功 Not paid: ${safe(fault)}</p>`
  return page(
    '收银台 Pay',
    `<h1>收银台 Pay</h1><p>测试环境，没有真实资金。 A test network: no money moves.</p>${warned}<dl>` +
      `<dt>商户 Merchant</dt><dd>${safe(merchant.name)}</dd><dt>订单号 Order</dt><dd>${safe(item.orderId)}</dd>` +
      (item.orderDesc === undefined ? '' : `<dt>商品 For</dt><dd>${safe(item.orderDesc)}</dd>`) +
      `<dt>金额 Amount</dt><dd>¥${safe(amount)}</dd></dl>` +
      `<form method="post" action="/gateway/pay/${safe(item.tn ?? '')}">` +
      `<label>测试钱包用户 Test wallet user<br><input name="user" value="alice" required pattern="[A-Za-z0-9_\\-]{1,32}"></label>` +
      `<p><button>确认支付 Pay</button></p></form>`,
  )
}

/** Sends itself, as the network's own page does; by hand where scripts are off. */
export function backPage(url: string, pairs: readonly Pair[]): string {
  const inputs = pairs.map(
    ([name, value]) => `<input type="hidden" name="${safe(name)}" value="${safe(value)}">`,
  )
  return page(
    '返回商户 Back to the shop',
    `<form id="back" method="post" action="${safe(url)}">${inputs.join('')}<button>返回商户 Back to the shop</button></form>` +
      `<script>document.getElementById('back').submit()</script>`,
  )
}

export const sayPage = ({ zh, en }: Text): string => page(zh, `<p>${safe(zh)}</p><p>${safe(en)}</p>`)
