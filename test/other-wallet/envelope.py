# The message sifang/1 for somebody else's wallet, from docs/your-system.md: six parts, fourteen head lines, fields;
# sealed and opened in both orders, with either suite. wallet.py says what the wallet does with them.
import json
import re
import secrets
import threading
import time
import urllib.request
from datetime import datetime, timedelta, timezone
from hmac import compare_digest

import gm

TYPE, PATH, BODY_MOST, SKEW_MS = 'application/vnd.sifang.1', '/sifang/1/', 256 * 1024, 300_000
TAG = b'sifang/1 tag\0'
PARTS_MOST = (1024, 512, 16, 1 << 20, 32, 128)  # head, wrapped key, iv, sealed block, tag, signature
HEAD = dict(line.split(' ', 1) for line in r'''v sifang/1
profile [a-z0-9-]{1,32}
suite [a-z0-9-]{1,16}
order (sign-then-encrypt|encrypt-then-sign)
type [a-z.]{1,32}
path /[!-~]{0,127}
from [0-9]{8}
to [0-9]{8}
id [0-9A-Za-z]{16,40}
ts [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}\+08:00
nonce [0-9a-f]{32}
signcert [1-9][0-9]{0,39}
enccert [1-9][0-9]{0,39}
ref (-|[0-9A-Za-z]{16,40}:[0-9a-f]{64})'''.split('\n'))
DAY = '[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])'
FORMS = {name: form for form, names in {
    '[0-9]{3}': 'currencyCode', '[0-9]{4}': 'merCatCode', '[0-9]{8}': 'acqCode', '[0-9]{19}': 'qrNo',
    '[0-9]{20}': 'voucherNum origVoucherNum', '[0-9]{16,19}': 'token', '[0-9]{1,5}': 'qrValidTime',
    '[1-9][0-9]{0,11}': 'txnAmt', '[A-Z_]{1,16}': 'txnState', '[0-9A-Z]{2}': 'respCode',
    '[A-Za-z0-9_-]{15}': 'merId', '[A-Za-z0-9_-]{1,16}': 'origReqType', '[A-Za-z0-9_-]{8,40}': 'noticeId',
    '[A-Za-z0-9_-]{8,32}': 'orderNo origOrderNo reversalNo', r'[^\0]{1,1024}': 'reqReserved',
    r'[^\0-\x1f\x7f-\x9f\u2028\u2029]{1,40}': 'merName', DAY: 'settleDate',
    DAY + '([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]': 'orderTime origOrderTime',
}.items() for name in names.split()}
ITEM = 'voucherNum acqCode merId orderNo orderTime txnAmt currencyCode settleDate'
MESSAGES = {
    'debit': ITEM + ' merName merCatCode qrNo token reqReserved?',
    'debit.query': 'acqCode origReqType orderNo? orderTime? voucherNum?',
    'debit.reverse': 'reversalNo acqCode merId orderNo orderTime voucherNum? txnAmt? currencyCode? settleDate',
    'credit': ITEM + ' origVoucherNum origOrderNo origOrderTime reqReserved?',
    'notify.payer': ITEM + ' noticeId origReqType txnState respCode qrNo?',
    'token.apply.reply': 'respCode token?',
    'code.apply.reply': 'respCode qrNo? qrValidTime?',
}
ECHO = 'voucherNum merId orderNo orderTime txnAmt currencyCode settleDate'.split()
LISTED = 'voucherNum orderNo orderTime txnAmt txnState'.split()
CODES = dict(row.split(' ') for row in [
    'OK 00', 'PENDING 05', 'NOT_FOUND 34', 'REJ-SIZE R0', 'REJ-TYPE R1', 'REJ-FORMAT 10', 'REJ-ROUTE R2',
    'REJ-CERT R3', 'REJ-REPLAY R4', 'REJ-CRYPTO R5', 'REJ-SIG 11', 'REJ-CONFLICT R6', 'REJ-RATE 37', 'DECL-ORIG 36', 'DECL-STATE 35',
    'DECL-WINDOW D0', 'DECL-CURR D1', 'DECL-CODE D2', 'DECL-ACCOUNT 63', 'DECL-TOKEN D3', 'DECL-AMOUNT D4',
    'DECL-FUNDS 64',
])


class Refused(Exception):
    """An answer class and the field at fault; `back` is to whom and about what a sealed reply can say so."""

    def __init__(self, kind, field):
        super().__init__(kind)
        self.kind, self.field, self.back = kind, field, None


def need(fine, kind, field):
    if not fine:
        raise Refused(kind, field)


def answer(kind, request=(), **more):
    """The fields of a reply: its class as the network's code, what it repeats of the request, what it adds."""
    echo = {name: request[name] for name in ECHO if name in request}
    return {'respCode': CODES[kind], 'respMsg': kind, **echo, **more}


def key(r):
    """The business key of a payment or a refund."""
    return r['acqCode'], r['orderTime'], r['orderNo']


def lp(*parts):
    return b''.join(len(part).to_bytes(4, 'big') + part for part in parts)


def parts_of(data, most, kind):
    parts, at = [], 0
    for limit in most:
        end = at + 4 + int.from_bytes(data[at : at + 4], 'big')
        need(end <= len(data) and end - at - 4 <= limit, kind, 'message')
        parts, at = parts + [data[at + 4 : end]], end
    need(at == len(data), kind, 'message')
    return parts


def head_of(data):
    lines = data.decode('latin1').split('\n')
    need(len(lines) == len(HEAD) + 1 and lines[-1] == '', 'REJ-FORMAT', 'head')
    for line, (name, form) in zip(lines, HEAD.items()):
        need(re.fullmatch(f'{name}={form}', line), 'REJ-FORMAT', name)
    return dict(line.split('=', 1) for line in lines[:-1])


def members(pairs):
    if len(dict(pairs)) < len(pairs):
        raise ValueError('a member appears twice')
    return dict(pairs)


def fields_of(domain, kind):
    try:
        tree = json.loads(domain.decode(), object_pairs_hook=members)
        ''.join(tree.values()).encode()  # text only, and no half of a surrogate pair
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise Refused('REJ-FORMAT', 'message') from None
    found = {}
    for name in MESSAGES[kind].split():
        name, optional = name.rstrip('?'), name.endswith('?')
        need(optional or name in tree, 'REJ-FORMAT', name)
        need(name not in tree or re.fullmatch(FORMS[name], tree[name]), 'REJ-FORMAT', name)
        found.update({name: tree[name]} if name in tree else {})
    return found


def instant(text):
    at = datetime.fromisoformat(text.replace('Z', '+00:00'))
    return (at - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(milliseconds=1)


def stamp(at):
    beijing = datetime(1970, 1, 1, 8, tzinfo=timezone(timedelta(hours=8))) + timedelta(milliseconds=at)
    return beijing.isoformat(timespec='milliseconds')


def months_after(day, count):
    months = int(day[:4]) * 12 + int(day[4:6]) - 1 + count
    return f'{months // 12}{months % 12 + 1:02}{day[6:]}'


class Party:
    def __init__(self, peers_file, keys_file, profile):
        with open(peers_file, encoding='utf-8') as peers, open(keys_file, encoding='utf-8') as own:
            parties, keys = json.load(peers), json.load(own)
        self.me, self.keys, self.profile, self.clock = keys['id'], keys, profile, None
        self.lock, self.nonces, self.said = threading.Lock(), set(), {}
        self.switch = next(party for party in parties if party['role'] == 'switch')
        self.roles = {party['id']: party['role'] for party in parties}
        self.certificates = {c['id']: {**c, 'owner': party['id']} for party in parties for c in party['certificates']}
        self.suite = 'sm3-shared' if profile.startswith('sim') else 'sm'
        self.gm = gm.SUITES[self.suite]
        self.inside = not profile.endswith('-ets')  # where the signature is: within the sealed block, or around it
        self.order = 'sign-then-encrypt' if self.inside else 'encrypt-then-sign'
        self.label = b'sifang/1 ste\0' if self.inside else b'sifang/1 ets\0'

    def now(self):
        return int(time.time() * 1000) if self.clock is None else self.clock

    def usable(self, certificate):
        revoked = 'revokedAt' in certificate and instant(certificate['revokedAt']) <= self.now()
        return not revoked and instant(certificate['notBefore']) <= self.now() <= instant(certificate['notAfter'])

    def seal(self, kind, to, fields, ref='-'):
        """The bytes of a message, and what its reply must name."""
        theirs = [c for c in self.certificates.values() if (c['owner'], c['use']) == (to, 'encrypt') and self.usable(c)]
        receiver = max(theirs, key=lambda certificate: instant(certificate['notBefore']))
        message, nonce = secrets.token_hex(12), secrets.token_hex(16)
        path = PATH + kind.replace('.reply', '')
        values = ('sifang/1', self.profile, self.suite, self.order, kind, path, self.me, to, message,
                  stamp(self.now()), nonce, self.keys['sign']['id'], receiver['id'], ref)
        head = ''.join(f'{name}={value}\n' for name, value in zip(HEAD, values)).encode()
        domain = json.dumps(fields, ensure_ascii=False).encode()
        key, iv = secrets.token_bytes(32), secrets.token_bytes(16)
        wrapped, (cipher_key, mac_key) = self.gm.wrap(receiver, key), self.keys_of(key, head)
        signed = self.gm.sign(self.keys['sign'], self.label + lp(head, domain)) if self.inside else b''
        cipher = gm.cbc_encrypt(cipher_key, iv, lp(domain, signed) if self.inside else lp(domain))
        tag = gm.hmac(mac_key, TAG + lp(head, wrapped, iv, cipher))
        around = self.label + lp(head, wrapped, iv, cipher, tag)
        signature = b'' if self.inside else self.gm.sign(self.keys['sign'], around)
        return lp(head, wrapped, iv, cipher, tag, signature), f'{message}:{gm.sm3(head + wrapped + cipher).hex()}'

    def keys_of(self, key, head):
        both = gm.kdf(key + gm.sm3(head), 48)
        return both[:16], both[16:]

    def open(self, path, content_type, body, reply_to=None):
        """Head, reference and fields of a request, or of the reply to (kind, reference); or the first thing wrong."""
        need(len(body) <= BODY_MOST, 'REJ-SIZE', 'message')
        need(content_type == TYPE, 'REJ-TYPE', 'content-type')
        parts = parts_of(body, PARTS_MOST, 'REJ-FORMAT')
        head = head_of(parts[0])
        ref = f"{head['id']}:{gm.sm3(parts[0] + parts[1] + parts[3]).hex()}"
        try:
            signer = self.checked(path, head, parts, reply_to)
            return head, ref, fields_of(self.domain_of(head, parts, signer), head['type'])
        except Refused as no:
            known = head['from'] in self.roles and head['from'] != self.me
            no.back = (head, ref) if known and head['ref'] == '-' and head['type'] in MESSAGES else None
            raise

    def checked(self, path, head, parts, reply_to):
        """Everything that can be said against a head, in order; the certificate of its signer."""
        kind, ref = reply_to or (path[len(PATH) :], '-')
        signer, mine = self.certificates.get(head['signcert']), self.certificates.get(head['enccert'])
        known = signer is not None and signer['owner'] == head['from'] and signer['use'] == 'sign'
        ours = mine is not None and mine['owner'] == self.me and mine['use'] == 'encrypt'
        for fine, refusal, field in (
            (head['type'] in MESSAGES, 'REJ-TYPE', 'type'),
            (head['order'] != self.order or not self.inside or not parts[5], 'REJ-FORMAT', 'sign'),
            (head['order'] != self.order or self.inside or parts[5], 'REJ-SIG', 'sign'),
            (head['profile'] == self.profile, 'REJ-FORMAT', 'profile'),
            (head['suite'] == self.suite, 'REJ-SIG', 'suite'),
            (head['order'] == self.order, 'REJ-SIG', 'order'),
            (head['to'] == self.me, 'REJ-ROUTE', 'to'),
            (reply_to or head['path'] == path, 'REJ-SIG', 'path'),
            (head['type'] == kind, 'REJ-TYPE', 'type'),
            (head['ref'] == ref, 'REJ-ROUTE' if reply_to else 'REJ-FORMAT', 'ref'),
            (known and self.usable(signer), 'REJ-CERT', 'signcert'),
            (ours and self.usable(mine), 'REJ-CERT', 'enccert'),
            (self.roles.get(head['from']) == 'switch', 'REJ-ROUTE', 'from'),  # all this wallet hears comes from there
        ):
            need(fine, refusal, field)
        return signer

    def domain_of(self, head, parts, signer):
        head_bytes, wrapped, iv, cipher, tag, signature = parts
        if not self.inside:
            need(self.gm.verify(signer, self.label + lp(*parts[:5]), signature), 'REJ-SIG', 'sign')
        try:
            age = abs(self.now() - instant(head['ts']))
        except ValueError:
            raise Refused('REJ-FORMAT', 'ts') from None
        need(age <= SKEW_MS, 'REJ-REPLAY', 'ts')
        key = self.gm.unwrap(self.keys['encrypt'], wrapped) or secrets.token_bytes(32)
        cipher_key, mac_key = self.keys_of(key, head_bytes)
        tagged = compare_digest(gm.hmac(mac_key, TAG + lp(*parts[:4])), tag)
        need(tagged and len(iv) == 16, 'REJ-CRYPTO', 'sealed block')
        plain = gm.cbc_decrypt(cipher_key, iv, cipher)
        need(plain is not None, 'REJ-CRYPTO', 'sealed block')
        inner = parts_of(plain, (1 << 20, 128) if self.inside else (1 << 20,), 'REJ-CRYPTO')
        fine = not self.inside or self.gm.verify(signer, self.label + lp(head_bytes, inner[0]), inner[1])
        need(fine, 'REJ-SIG', 'sign')
        return inner[0]

    def ask(self, kind, **fields):
        """What the switch answers to a request of ours."""
        body, ref = self.seal(kind, self.switch['id'], fields)
        request = urllib.request.Request(self.switch['url'] + PATH + kind, body, {'content-type': TYPE})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5) as reply:
            return self.open(PATH + kind, reply.headers['content-type'], reply.read(), (kind + '.reply', ref))[2]

    def answered(self, path, content_type, body, stories):
        """Opens a request, lets its story answer it and seals the reply: status, content type and bytes."""
        try:
            head, ref, fields = self.open(path, content_type, body)
        except Refused as no:
            if no.back is None:
                text = json.dumps({'class': no.kind, 'field': no.field, 'zh': no.kind, 'en': no.kind})
                return {'REJ-SIZE': 413, 'REJ-TYPE': 415}.get(no.kind, 400), 'application/json', text.encode()
            (head, ref), reply = no.back, answer(no.kind, errField=no.field)
        else:
            with self.lock:  # one at a time: no second copy can slip between the look and the deed
                reply = self.admitted(head, fields, *stories[head['type']])
        return 200, TYPE, self.seal(head['type'] + '.reply', head['from'], reply, ref)[0]

    def admitted(self, head, fields, key_of, story):
        """Each nonce once; under one key the first answer again to the same content, a refusal of any other."""
        try:
            need((head['from'], head['nonce']) not in self.nonces, 'REJ-REPLAY', 'nonce')
            self.nonces.add((head['from'], head['nonce']))
            if key_of is None:  # it changes nothing, so it may be asked again
                return story(fields)
            name = head['type'], key_of(fields)
            if name not in self.said:
                self.said[name] = fields, story(fields)
                return self.said[name][1]
            need(self.said[name][0] == fields, 'REJ-CONFLICT', 'message')
            return {**self.said[name][1], 'dupFlag': '1'}
        except Refused as no:
            return answer(no.kind, fields, errField=no.field)
