#!/usr/bin/env python3
# A wallet as somebody else would write it, from docs/your-system.md: what the switch asks, what the user's app asks,
# what an examiner asks. All it knows is in memory, so it offers no restart. wallet.py PORT PEERS-FILE KEYS-FILE PROFILE
import sys
from door import serve
from envelope import LISTED, Party, answer, key, months_after, need
from gm import sm3

USERS, TOKENS, CODES, PAYMENTS, REFUNDS, NUMBERS, MISSES, LEDGER = {}, {}, {}, {}, {}, {}, {}, []

def post(what, r, amount, source, target):
    for account, sign in ((source, -1), (target, 1)):
        if account.startswith('USR:'):
            USERS[account[4:]]['available'] += sign * amount
    item = {'transaction': r['voucherNum'], 'clearingDay': r['settleDate']} if r else {}
    lines = [{'side': s, 'account': a, 'amount': str(amount)} for s, a in (('debit', source), ('credit', target))]
    LEDGER.append({'position': str(len(LEDGER) + 1), 'id': str(len(LEDGER) + 1), 'what': what, **item, 'lines': lines})

# What the switch asks: each takes the fields of a request and gives those of its reply.
def debit(r):
    need(key(r) not in PAYMENTS, 'DECL-STATE', 'orderNo')  # the fence of a reversal that came first
    need(r['voucherNum'] not in NUMBERS, 'REJ-CONFLICT', 'voucherNum')
    need(r['qrNo'].startswith('62'), 'REJ-ROUTE', 'qrNo')
    misses = MISSES.setdefault((r['acqCode'], PARTY.now() // 60_000), [])
    need(len(misses) < 30, 'REJ-RATE', 'acqCode')  # who guesses is not heard for a while
    amount, code, user = int(r['txnAmt']), CODES.get(r['qrNo']), TOKENS.get(r['token'])
    live = code and code['user'] is user and state_of(code) == 'C_LIVE'
    kind = ('DECL-CURR' if r['currencyCode'] != '156' else 'DECL-CODE' if not live
            else 'DECL-ACCOUNT' if user['status'] != 'active' else 'DECL-TOKEN' if user['tokenState'] != 'T_ACTIVE'
            else 'DECL-AMOUNT' if amount > 9_999_999_999 else 'DECL-FUNDS' if amount > user['available'] else 'OK')
    misses += [r] if kind == 'DECL-CODE' else []
    state = 'SUCCESS' if kind == 'OK' else 'FAILED'
    item = {**r, 'kind': kind, 'txnState': state, 'user': user, 'left': amount, 'refunds': []}
    NUMBERS[r['voucherNum']] = PAYMENTS[key(r)] = item
    if live: code['state'] = 'C_USED'  # by a payment that is declined as well
    if kind == 'OK':
        post('purchase', r, amount, 'USR:' + user['id'], 'CLR')
    return answer(kind, r)

def reverse(r):
    need(key(r) not in REFUNDS, 'DECL-STATE', 'orderNo')  # refunds are asked about, never reversed
    paid, named = PAYMENTS.get(key(r)), NUMBERS.get(r.get('voucherNum'))
    if paid is None and named is None:  # the fence: the payment, should it still come, must find this
        paid = PAYMENTS[key(r)] = {**r, 'kind': 'DECL-STATE', 'txnState': 'FENCED'}
    differs = lambda name: paid is None or r.get(name, paid.get(name)) != paid.get(name)
    if differs('voucherNum') or differs('merId') or named not in (None, paid):
        return answer('DECL-ORIG', r)
    kind = ('OK' if (over := paid['txnState'] in ('FENCED', 'FAILED', 'REVERSED')) else 'DECL-STATE' if paid['txnState'] != 'SUCCESS' else 'DECL-WINDOW' if differs('settleDate')
            else 'DECL-CURR' if differs('currencyCode') else 'DECL-AMOUNT' if differs('txnAmt') else 'OK')
    if kind == 'OK' and not over:
        post('reversal', paid, paid['left'], 'CLR', 'USR:' + paid['user']['id']); paid['txnState'] = 'REVERSED'
    return answer(kind, r, txnState=paid['txnState'])

def credit(r):
    need(r['voucherNum'] not in NUMBERS, 'REJ-CONFLICT', 'voucherNum')
    amount, paid = int(r['txnAmt']), PAYMENTS.get((r['acqCode'], r['origOrderTime'], r['origOrderNo']), {})
    same = (paid.get('voucherNum'), paid.get('merId')) == (r['origVoucherNum'], r['merId']) and 'left' in paid
    kind = ('DECL-ORIG' if not same else 'DECL-STATE' if paid['txnState'] in ('FAILED', 'REVERSED')
            else 'DECL-WINDOW' if r['settleDate'] > months_after(paid['settleDate'], 11)
            else 'DECL-CURR' if r['currencyCode'] != paid['currencyCode'] else 'DECL-AMOUNT' if amount > paid['left']
            else 'PENDING' if paid['user']['status'] == 'closed' else 'OK')
    state = {'OK': 'R_SUCCESS', 'PENDING': 'R_ABNORMAL'}.get(kind, 'R_FAILED')
    item = NUMBERS[r['voucherNum']] = REFUNDS[key(r)] = {**r, 'kind': kind, 'txnState': state}
    if state != 'R_FAILED':  # what a closed account cannot take waits in suspense
        post('refund', r, amount, 'CLR', 'USR:' + paid['user']['id'] if kind == 'OK' else 'SUS:L')
        paid['left'], paid['refunds'] = paid['left'] - amount, paid['refunds'] + [item]
        paid['txnState'] = 'PART_REFUNDED' if paid['left'] else 'REFUNDED'
    return answer(kind, r)

def query(r):
    by_order, book = 'orderNo' in r and 'orderTime' in r, REFUNDS if r['origReqType'] == 'credit' else PAYMENTS
    need(by_order or 'voucherNum' in r, 'REJ-FORMAT', 'orderNo')
    item = book.get(key(r)) if by_order else NUMBERS.get(r['voucherNum'])
    mine = item and item is book.get(key(item)) and item['acqCode'] == r['acqCode']
    if not mine or r.get('voucherNum', item.get('voucherNum')) != item.get('voucherNum'):
        return answer('NOT_FOUND')  # another acquirer's item looks like none
    rows = [{name: one[name] for name in LISTED} for one in item.get('refunds', [])]
    total = {'refundedAmt': str(int(item['txnAmt']) - item['left']), 'refundList': rows} if 'left' in item else {}
    return answer('OK', item, txnState=item['txnState'], origRespCode=answer(item['kind'])['respCode'], **total)

# Each with the key under which a second request is a repeat of the first.
STORIES = {'debit': (key, debit), 'credit': (key, credit), 'debit.query': (None, query),
           'debit.reverse': (lambda r: (r['acqCode'], r['reversalNo']), reverse),
           'notify.payer': (lambda r: r['noticeId'], lambda r: answer('OK', noticeId=r['noticeId']))}

# What the user's app and an examiner ask: each takes the JSON body and what the path names.
def sign_up(_, name):
    user = USERS[name]
    need(user['status'] == 'active', 'the account is not active', 'status')
    token = PARTY.ask('token.apply', accountIdHash=sm3(name.encode()).hex()).get('token')
    fresh = token and TOKENS.setdefault(token, user) is user and user.get('tokenState') != 'T_UNBOUND'
    need(fresh, 'the switch gave no token for this account', 'token')
    user.update(token=token, tokenState='T_ACTIVE')
    return 200, {'token': token}

def show_code(_, name):
    user = USERS[name]
    need(user['status'] == 'active' and user.get('tokenState') == 'T_ACTIVE', 'this account gets no code', 'status')
    reply = PARTY.ask('code.apply', token=user['token'])
    need('qrNo' in reply and reply['qrNo'] not in CODES, 'the switch gave no fresh code', 'code')
    for old in list(CODES.values()):
        if old['user'] is user and state_of(old) == 'C_LIVE':
            old['state'] = 'C_REVOKED'
    expires = PARTY.now() + int(reply.get('qrValidTime', 60)) * 1000
    CODES[reply['qrNo']] = {'user': user, 'state': 'C_LIVE', 'expires': expires}
    return 200, {'code': reply['qrNo'], 'expiresAt': expires}

def state_of(code):
    return 'C_EXPIRED' if code['state'] == 'C_LIVE' and PARTY.now() > code['expires'] + 300_000 else code['state']

def create(body):
    need(body['id'] not in USERS, 'that user exists', 'id')
    USERS[body['id']] = {'id': body['id'], 'status': 'active', 'available': 0}
    return 201, set_balance({'amount': body.get('balance', '0')}, body['id'])[1]

def show_user(_, name):
    return 200, {**USERS[name], 'available': str(USERS[name]['available'])}

def set_balance(body, name):
    gap, own = int(body['amount']) - USERS[name]['available'], 'USR:' + name
    if gap:
        post('funding', None, abs(gap), *(('RSV', own) if gap > 0 else (own, 'RSV')))
    return show_user(body, name)

def set_status(body, name):
    USERS[name]['status'] = body['status']
    follows = {'active': 'T_ACTIVE', 'frozen': 'T_SUSPENDED', 'closed': 'T_UNBOUND'}[body['status']]
    if USERS[name].get('tokenState', 'T_UNBOUND') != 'T_UNBOUND':
        USERS[name]['tokenState'] = follows
    return show_user(body, name)

def set_token(body, token):
    need(TOKENS[token]['tokenState'] != 'T_UNBOUND' or body['state'] == 'T_UNBOUND', 'unbound is for ever', 'state')
    TOKENS[token]['tokenState'] = body['state']
    return 200, body

def idle(body):
    PARTY.clock = body.get('now', PARTY.clock)
    return 200, {'now': PARTY.now(), 'inFlight': 0}

API = (('POST', '/wallet/users/([^/]+)/sign-up', sign_up), ('POST', '/wallet/users/([^/]+)/codes', show_code),
       ('POST', '/control/users', create), ('GET', '/control/users/([^/]+)', show_user),
       ('PUT', '/control/users/([^/]+)/balance', set_balance), ('PUT', '/control/users/([^/]+)/status', set_status),
       ('PUT', '/control/tokens/([^/]+)/state', set_token),
       ('GET', '/control/codes/([^/]+)', lambda _, code: (200, {'state': state_of(CODES[code])})),
       ('GET', '/control/ledger[?]after=([0-9]*)', lambda _, after: (200, LEDGER[int(after or 0) :])),
       ('GET', '/control/idle', idle), ('POST', '/control/clock', idle))

PARTY = Party(*sys.argv[2:])
serve(sys.argv[1], PARTY, STORIES, API)
