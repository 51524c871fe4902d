# The national cryptography that the wallet needs, in plain Python integers: SM2, SM3, SM4 and the suite sm3-shared.
# It shares no line and no library with the house, so that two readings of the standards meet. Nothing here takes
# constant time: for test keys only.
import secrets
import struct
from functools import lru_cache
from hmac import compare_digest
from types import SimpleNamespace

MASK = 0xFFFFFFFF


def turned(word, by):
    return (word << by | word >> 32 - by) & MASK if by else word


# SM3 (GB/T 32905)
START = struct.unpack('>8I', bytes.fromhex('7380166f4914b2b9172442d7da8a0600a96f30bc163138aae38dee4db0fb0e4e'))
STEPS = [turned(0x79CC4519 if j < 16 else 0x7A879D8A, j % 32) for j in range(64)]


def sm3(message):
    state = START
    message += b'\x80' + bytes(-(len(message) + 9) % 64) + struct.pack('>Q', len(message) * 8)
    for at in range(0, len(message), 64):
        state = compressed(state, list(struct.unpack_from('>16I', message, at)))
    return struct.pack('>8I', *state)


def compressed(state, w):
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ ((w[j - 3] << 15 | w[j - 3] >> 17) & MASK)
        x ^= (x << 15 | x >> 17) & MASK ^ (x << 23 | x >> 9) & MASK
        w.append(x ^ ((w[j - 13] << 7 | w[j - 13] >> 25) & MASK) ^ w[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        a12 = (a << 12 | a >> 20) & MASK
        s = a12 + e + STEPS[j] & MASK
        s = (s << 7 | s >> 25) & MASK
        ff, gg = (a ^ b ^ c, e ^ f ^ g) if j < 16 else (a & b | a & c | b & c, e & f | ~e & g)
        t1, t2 = ff + d + (s ^ a12) + (w[j] ^ w[j + 4]) & MASK, gg + h + s + w[j] & MASK
        a, b, c, d = t1, a, (b << 9 | b >> 23) & MASK, c
        e, f, g, h = t2 ^ (t2 << 9 | t2 >> 23) & MASK ^ (t2 << 17 | t2 >> 15) & MASK, e, (f << 19 | f >> 13) & MASK, g
    return [x ^ y for x, y in zip((a, b, c, d, e, f, g, h), state)]


def hmac(key, message):
    key = key.ljust(64, b'\0') if len(key) <= 64 else sm3(key).ljust(64, b'\0')
    return sm3(bytes(k ^ 0x5C for k in key) + sm3(bytes(k ^ 0x36 for k in key) + message))


def kdf(secret, length):
    return b''.join(sm3(secret + struct.pack('>I', n)) for n in range(1, length // 32 + 2))[:length]


# SM4 (GB/T 32907)
BOX = bytes.fromhex(
    'd690e9fecce13db716b614c228fb2c052b679a762abe04c3aa441326498606999c4250f491ef987a33540b43edcfac62'
    'e4b31ca9c908e89580df94fa758f3fa64707a7fcf37317ba83593c19e6854fa8686b81b27164da8bf8eb0f4b70569d35'
    '1e240e5e6358d1a225227c3b01217887d40046579fd327524c3602e7a0c4c89eeabf8ad240c738b5a3f7f2cef96115a1'
    'e0ae5da49b341a55ad933230f58cb1e31df6e22e8266ca60c02923ab0d534e6fd5db3745defd8e2f03ff6a726d6c5b51'
    '8d1baf92bbddbc7f11d95c411f105ad80ac13188a5cd7bbd2d74d012b8e5b4b08969974a0c96777e65b9f109c56ec684'
    '18f07dec3adc4d2079ee5f3ed7cb3948'
)


def boxed(x):
    return BOX[x >> 24] << 24 | BOX[x >> 16 & 255] << 16 | BOX[x >> 8 & 255] << 8 | BOX[x & 255]


@lru_cache(8)
def round_keys(key):
    k = [a ^ b for a, b in zip(struct.unpack('>4I', key), (0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC))]
    for i in range(32):
        constant = int.from_bytes(bytes((28 * i + 7 * j) % 256 for j in range(4)), 'big')
        x = boxed(k[i + 1] ^ k[i + 2] ^ k[i + 3] ^ constant)
        k.append(k[i] ^ x ^ turned(x, 13) ^ turned(x, 23))
    return k[4:]


def block(keys, data):
    a, b, c, d = struct.unpack('>4I', data)
    for key in keys:
        x = boxed(b ^ c ^ d ^ key)
        a, b, c, d = b, c, d, a ^ x ^ turned(x, 2) ^ turned(x, 10) ^ turned(x, 18) ^ turned(x, 24)
    return struct.pack('>4I', d, c, b, a)


def xor(one, other):
    return bytes(a ^ b for a, b in zip(one, other))


def cbc_encrypt(key, iv, plain):
    pad = 16 - len(plain) % 16
    plain, out = plain + bytes([pad]) * pad, [iv]
    for at in range(0, len(plain), 16):
        out.append(block(round_keys(key), xor(plain[at : at + 16], out[-1])))
    return b''.join(out[1:])


def cbc_decrypt(key, iv, cipher):
    if not cipher or len(cipher) % 16:
        return None
    before, keys = iv + cipher, round_keys(key)[::-1]
    plain = b''.join(xor(block(keys, cipher[i : i + 16]), before[i : i + 16]) for i in range(0, len(cipher), 16))
    pad = plain[-1]
    return plain[:-pad] if 1 <= pad <= 16 and plain.endswith(bytes([pad]) * pad) else None


# SM2 (GB/T 32918) on its recommended curve; points are pairs, None is the one at infinity.
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)


def wide(*numbers):
    return b''.join(n.to_bytes(32, 'big') for n in numbers)


def point(data):
    if len(data) != 65 or data[0] != 4:
        return None
    x, y = int.from_bytes(data[1:33], 'big'), int.from_bytes(data[33:], 'big')
    return (x, y) if x < P and y < P and (y * y - x**3 - A * x - B) % P == 0 else None


def add(one, other):
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, P) if one == other else (y2 - y1) * pow(x2 - x1, -1, P)
    x3 = (slope * slope - x1 - x2) % P
    return x3, (slope * (x1 - x3) - y1) % P


def times(k, base):
    total = None
    for bit in bin(k)[2:]:
        total = add(total, total)
        total = add(total, base) if bit == '1' else total
    return total


@lru_cache(32)
def windows(base):
    """For each of 64 nibbles its fifteen multiples: what a known point is multiplied with by 64 additions."""
    rows = []
    for _ in range(64):
        row = [None]
        for _ in range(15):
            row.append(add(row[-1], base))
        rows.append(row)
        base = add(row[-1], base)
    return rows


def known_times(k, base):
    total = None
    for row in windows(base):
        total, k = add(total, row[k & 15]), k >> 4
    return total


@lru_cache(32)
def identity(public):
    return sm3(b'\x00\x80' + b'1234567812345678' + wide(A, B, *G) + public[1:])


def digest(public, message):
    return int.from_bytes(sm3(identity(public) + message), 'big')


def integer(n):
    body = n.to_bytes(n.bit_length() // 8 + 1, 'big')
    return bytes([2, len(body)]) + body


def sign(secret, public, message):
    e = digest(public, message)
    while True:
        k = secrets.randbelow(N - 1) + 1
        r = (e + known_times(k, G)[0]) % N
        s = (k - r * secret) * pow(1 + secret, -1, N) % N
        if r and s and r + k != N:
            body = integer(r) + integer(s)
            return bytes([48, len(body)]) + body


def verify(public, message, signature):
    size = signature[3] if len(signature) > 8 else 0
    r, s = int.from_bytes(signature[4 : 4 + size], 'big'), int.from_bytes(signature[6 + size :], 'big')
    body = integer(r) + integer(s) if r < N and s < N else b''
    # Written again, the numbers must give the same bytes: one form, and nothing beside it.
    key = point(public)
    if key is None or signature != bytes([48, len(body)]) + body or not r or not s or (r + s) % N == 0:
        return False
    found = add(known_times(s, G), known_times((r + s) % N, key))
    return found is not None and (digest(public, message) + found[0]) % N == r


def wrap(public, secret):
    while True:
        k = secrets.randbelow(N - 1) + 1
        shared = wide(*known_times(k, point(public)))
        mask = kdf(shared, len(secret))
        if any(mask):
            checksum = sm3(shared[:32] + secret + shared[32:])
            return b'\x04' + wide(*known_times(k, G)) + checksum + xor(secret, mask)


def unwrap(secret, wrapped):
    start = point(wrapped[:65])
    if start is None or len(wrapped) < 98:
        return None
    shared = wide(*times(secret, start))
    plain = xor(wrapped[97:], kdf(shared, len(wrapped) - 97))
    return plain if sm3(shared[:32] + plain + shared[32:]) == wrapped[65:97] else None


# The suite sm3-shared: both sides hold one secret of 32 bytes.
def sign_shared(secret, message):
    return hmac(kdf(secret + b'sign', 32), message)


def counted(key, iv, data):
    first, keys = int.from_bytes(iv, 'big'), round_keys(key)
    counters = ((first + n) % (1 << 128) for n in range(len(data) // 16 + 1))
    return xor(data, b''.join(block(keys, counter.to_bytes(16, 'big')) for counter in counters))


def wrap_shared(secret, inner):
    keys, iv = kdf(secret + b'wrap', 48), secrets.token_bytes(16)
    body = iv + counted(keys[:16], iv, inner)
    return body + hmac(keys[16:], body)


def unwrap_shared(secret, wrapped):
    keys, body = kdf(secret + b'wrap', 48), wrapped[:-32]
    if len(body) <= 16 or not compare_digest(hmac(keys[16:], body), wrapped[-32:]):
        return None
    return counted(keys[:16], body[:16], body[16:])


# The same four words for both suites, on keys as the files give them: in hexadecimal.
def plain(key, name):
    return bytes.fromhex(key[name])


SUITES = {
    'sm': SimpleNamespace(
        sign=lambda key, message: sign(int(key['privateKey'], 16), plain(key, 'publicKey'), message),
        verify=lambda key, message, signature: verify(plain(key, 'publicKey'), message, signature),
        wrap=lambda key, secret: wrap(plain(key, 'publicKey'), secret),
        unwrap=lambda key, wrapped: unwrap(int(key['privateKey'], 16), wrapped),
    ),
    'sm3-shared': SimpleNamespace(
        sign=lambda key, message: sign_shared(plain(key, 'secret'), message),
        verify=lambda key, message, signature: compare_digest(sign_shared(plain(key, 'secret'), message), signature),
        wrap=lambda key, secret: wrap_shared(plain(key, 'secret'), secret),
        unwrap=lambda key, wrapped: unwrap_shared(plain(key, 'secret'), wrapped),
    ),
}
