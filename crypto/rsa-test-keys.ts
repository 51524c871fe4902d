// RSA TEST KEYS. They are public, belong to nobody, and protect nothing: the test network's RSA certificates are about them,
// because making a key takes longer than starting does. Each is the two primes that generateKeyPair draws from SM3 over its name;
// rsa.test.ts makes one of them again.
import { fromBase64, toHex } from './bytes.ts'
import type { RsaPrivateKey } from './rsa.ts'
import { rsaFromPrimes } from './rsa-generate.ts'

// biome-ignore format: one key, one line
const PRIMES: Readonly<Record<string, readonly [string, string]>> = {
  root: ['5/Ns2li7zN7xaxM0QCp2yo/FOTZrt8Cfk3/ftedzXwD4uZBSE4NxsYWDrBw2AoUmqATyc1B6+S0SlZUFdChKxr4iGwiiOWTA2A+YPOn/ZzmMcymDrsxaJMoRLIt4xaQOULcaKu8kj83mtmp8L9wYNz60+NoLAHzc6kW5RJkk9Qk=', '69qNJ2etn8vPfz/YCmGPk8/Bt7kE3iECsO+98/DOFMqYG1eBbe1IT834zL3Kr5SGmvq7pdi/UX0D1+aNIK9s3wVKdchxJTKOjsUb4wuRPxeCAUWStgz9wBDl4i543ctQOjinbJBzjezch6YBK0xnOlYLDHf67bbJNcm+hPgwKOE='],
  issuing: ['0AGia/rBy9BKMFdc1EoakE+8UCf5pLlf7oy2+KVdAVsVfLofzYm/FfkxccjtWuFvdHGOX/zeoZQD/zW3Ob0Mv5z0vR89zAtA16LcgMmY3vMeM6DstNlVImxTxkguLQrJFmI0lFkmMznU7YhfVOECspsLxoE6mWtEiDoyjUTHh6s=', 'ygjH+DFsRrqlL2p6Oy7bXQshu13Wddjsa88/QFAeXLfOw4xX1FO9VSc4Fkqkkvloe/byyX18ZPSqI68upF5Iy1GxJ1vRywU7Mp1Dz4uqV7PZH98iaDM6Cs2wXq9LUADSNQjLbKhL/Ygsyx2tQI+Kd1IQZ+BmKmPF2+yGa3eGDC8='],
  stranger: ['5zHjTd3qx6c2WC+Sj9CbNyUt3kKEIizN+bS/+HjuVU5FgagrYneVlBZr3kqKwWfNaTiFLZyy3GVSqQxa32MuqeWtVv5ArwuoNB4/nT1ireBSEhhkrGkY64+32CVTgaX+MRFgRll1jUe5+7dULS0VcevsQk+gHW7mHcu+pDvcs10=', '5aDmLywrvLSI16Aw7XgCrdN81bCr+MLCBPqaX7eI3D0UaN2eAEbgYExPtuiiiVsARhg/2OAtpSAFcCPp6qc8CV3tH+4rhrCNWxvM+mIEXpUexpKo1FrbR0eJ1yFYYkVcYBXB1OZVaosbW7XTZXcs0YzS8odEbcTqR0/Q2cTJyFc='],
  '1': ['yrVmBaLIyz9TrZBT2SmLuqn5zD9sGgZDZ5nLOJGsnlQocJ5cdqSbiFxNDkJ7pW23eQAChnTge/hzxdD17v6+okVxyfQTWDpCag/kN5CW8PAqQ/Rd6lU1kQdHqNZBDtHhk0qC0iSj4u/NeQ1NQ3qexvZFnm8wbyMaasZHnOcltlc=', '63KPj9Hwx8Xezf4ygfPiDJzOCnhossyPySkpybZCxbgP3JQvyV66VsTg9Hf3MJPBJdoUYJ9vRB6FO8Qrz6p0i3NI8JDXsZitikdCshqJYnMq4cP1ulXtqW+ibN+TUwrSCXFOll+iV3I7GI0xs7OfX1UQ5nU/Ntq7PnhOO+6pUHU='],
  '2': ['1aabs8ACW3OsImZJPVOBwIGJgjODnlPMxekmUVzUGLNI0QkHhFvfhkGUWj7bhPJQlhqgybk2jDp+ET0yAwWneITunW3QFkJKAAqi5cjHyncti0eOAG6Tv9l17AVDxrrT3BSzpgXeF6OWNMod6Yn8JMHm9FuDzPklAPpYJ+8TfH8=', '0L8auAodtIeJ3JR+QuBQSZV8UmF6MFMqhoB5xtHremrsRMgYHtIq8kOyDDcnCa08cKqMdt2ivIFjt36WIdvIH7wLs/goLuxLeSmjBtUNv+j8f7+RV1ktPyj2CoCHqVz15xPPGPbMNO1QVOl3kZBKh5GvI4X2R4kdcDk08eQ9QrM='],
  '3': ['25yV5zqvtxSdSMR8AzKaS1H56iR0P7xEtjIfdTbFMFvfJFiFAFCJPb//i+u1cfE8WBNft9aYleEFKXdrLbm2pm3HHoDoSaOslDLGh8kWl8lnrMKi9XmVP5jesbv+l1BTiTd0nKAYmU879Wun9wZqRKOCPLprtwU8ZgC152KKd9M=', '9xoLgpasdxtwpeNBybf8u1h8GkEoMwyeJI3lQTNNfLTCtMoBsFcqfOMinfFCBVZR2fcLuqNcld+7kNddbxkS62Rh1ownwYCmI2gJUa2+Lciu5/9kTbviyBQ19EzHL8bs70mxGBWDXvLQYQD0aBtj6aNGVRecUWzr7uO/nzOnFPc='],
  '4': ['0uVzG9mAJOh0d5VscHSN+/mcnbJEoiReLqV0YtO2j2kOhzxFcC/p+vUIEAOu0Q8iRpHnWQ0cw0BH5Dm/oLmo3OnjL1s/c08kYT1sN0Aj6o+jXT/PV9L2Pim+aOZEM7GJv69Wd/NF8+5OBk/UkNwIXwtKHd0c01I505EedJYBVps=', 'zWZw8t6B1LqWIZMwKBDtldWwgXvgWmSl3oUoyIeCKIiu2tIUFe1SzB4F9iDSdmMyWIAsRVup1GKzlFjzti5loPDYOdDRPrCkU0790qUGrnLQsOIreOc2W4qamDQKuLZZQuDDaNesazKBE/qqPWhBMPBhbyWtomTIAnogf+M4yJE='],
  '5': ['xRtFLp8/HmWtc9N/seF+UID6sbadtmaz1btIS1gDEGeCkkSicAH2tY38iCvhVVFFKRvUFBoBhA3J05UWSSMFAI93okK3OP3YeAB4hS1LLhhuza2hg933jykqMJiYmZh2umUiH7+UEszZD2NAWbMdLYBbl0PX0Zirjl+v8zqOZw8=', 'zFaKw+nqLlJwYezGX6nxjB682H3PkJtMdfdQ5CiXTuZ8bIY0U276Z4kisE2WmodAMrsiv1yOhqs7UAAFGD0yDzEjqwfoqy+zEZp3uAL8T/jutfSOIw/ZV+l2LaCmUYkYiHHUB5htPVR2AVkg0eG7a1coa19W2cDJG/BYk0whogk='],
  '6': ['9xFDlzLVq8q17rPdrDT2dGnjxReqOVWRWwBVH0UOU2oxXEbLiC1u8lzZmWW8O+5wQ3iH2XEEwdp2MS4IeQQEm9QeT4ZV5k967B9mYM+pkPQmCgoGhHXBVVAblGteOvC5/oBWN9kKGAHikCraaO9zlC217dj1f1bpvl3rks5tcFs=', '+T8VtTfrOj5PKfNnQZh9UmGNP3UN6US2p7/koD4b9DGoxCrYSB86183z1kQR35GWyCB92F0MWSdaT/UfdEZm4Lbpz5mQyjcVvaMMwhezdDf2bz2fhMDFI5FdYU+hUeiTv3+RaqN/sBHHpeCU43gzIUVMrCz5rzVSuw7qUam842M='],
  '7': ['9pg2Uv9ZZoi0EDO/4+wPvQ9E6WGHSABFXTi1Uzp4sXU4Ngfe6Srtj9zOTnh88t+hefyXaUDFBtAOwF46rUXZWJzs53RcKqKtq+prh7UZzI0diWfGWgU8YAEkjTk1AWwmWPR+x7VpF7iiQiHP4K5BepqzsyT97pMpOh5NA2iCKfc=', '3YyanAD7JhOVirOro4uEifg38GfixFnZBLQseu4qXcLwVLILhGg1soLz9iAKzvAmA/AqnXDWeK+RkzZrq8Wq7e1GKOhMiFfsz5XqapZH7MBVqi5S612HBPs1S6dl9DhdFgvUIycs4zfASKavnjlE6QcLgFrYq33Jf05veAUcgEk='],
  '8': ['0Zq3FWB3MHg0H5YKmb5nExbjf0EcXHbvIAHRTd5/F/kusd+xdEVIwpDTQjoB5QVmKIfPVuAuHfa9B80MSSrB2RidwEaMcy0jPfeZWQ5e0JsolElz4j0UgOvJLpjI4Q/JTjxNfLJ31X9DATR+NQIBhaVBcPmpWzrFrVtqVHL3f6U=', '365e+XrYrFlr/pqNW/eNA6MKqO77i+pO3Eil8R01jHNkZT1bKhZy2p2wxNsJ2i6LQEUl23fI4P0D7clYgC5AI0hVWzca07xM2aRvwWlTUY/Ta0GuvFTVCfqPlc7vmksOCfL/S1OpRDmk99hHYSXYzngKPHcdrKpbniYpqmgFXI0='],
  '9': ['0JNqEE+001YveQIxVZHW59Y3uqQSVm/gxsZEzBShm22HnMEi9nQd9nT4aAHP73sevOStvj5IAIifm5ETTmI+/kVWKB9B0lB6LAs3Xrh7XVs4xVaWoTHjFplC7L/ioOIsiO3biamMdjPwuEDigorqSMA0prLTpPQCIsg1iQMBrWc=', '0rXXuJHNdLw3EZ0Mt7hYFcWnOE3i61hRD5r93jLsldD7HhVu0gUDhMYz96HMijG6CiGIGK9byP5GsSCG5FdffRsCupeDUVzDMCk6U9Qt1fJMbLpvttFC8rz9FyNAkHJgrqFaREej9kxhp6+tB/kCASHiqr88hRXShvEN9M3ssDs='],
  '10': ['xOKQU8W3Og6Q9X+BKcfw5DMtH7SqFKH1cBtLcYlFEPDh+dxdtDGFQ7Yu8ztdBHLkYS0UWvXDtZBtNgu9gKxJY76KAUvzXUeJ+80/SKRtCCWZzgjARhpqRgUHU0wMRysyPwD0I+nxtxqDjWvHdTwL4JrVP+0qndpq0fjRZCnyZd0=', 'x+3785mI06epxLJ7+vFf9Zfz1ET4r49umsP/UZdy4/zhL296RiWxwEamKB7wC81N8NirZpTObM6Kqh3HebOS5su+y3UnoqohSxGYbiBjetA1ld2D0Rjp1um7/OXcCHypL4kVSRUSeiGezpI5GfqUMFGRZR0+rLlvLq9LnT1UQZ0='],
  '11': ['/qfHy0SqFRZ2VrWN1heGh+jqdk+ATDNXSrQU6SMpCktmJzT6veMWxpj3ed2J0ca9G7W0ZEsFR/8oOnbaFoN+LlsvKkWoDe82sddTsm1HsKTrOj2XCit0q+yUodOt+bnnU+M0kZpGoKuQthw/gLnbx0wuKeK+DcT6X/UwbcqekCM=', 'xNMfZtW7DO8KajsA3GA16Zj7cWTUsMi1wfGNp9UP25XSXReudIokA9XJzG0wASGuQZbWUTfSuj3NcAh98CQLjHitMYjdDdqCbXggpBfIhOZydR9rz9nwv6uHXKmBa7cN5gYujQ5Vap0gi3mrqCJ0Js4nRMIOrDa0++3V5WBRUaU='],
  '12': ['90b12mDZ7jFW9jdzJ0nVt6GJa5s++Kii326iWIwqTnopmuIQSPxm4bPTdOQr+J8Ar/YfZ1Tklc2XBygQs95/JEaA7QoLDeyghpmTbii58Cv3N2c/swhQElhgjJfSnFt372WKNOW6Z76624/q0lUE/6O0WTtvy26LSy1fxRpo6hU=', '9HdZGwmICSQZ1+DnrC7/y9Ring/1hOwOYHtu23kBrAgLSoEm1fFw0JdtzrVcfZuahMA9cLWT0jrMyUZGCjTGjRJR2RYrcny6+/375sT5dB+Sc948HA68v2qN1aXzLqXwE5hgovkUqR8qaNWK2b7HY5LC581MZjXbYVArwUHH/yE='],
  '13': ['3sAa3ABM/1rF5ess3KZkDyZLFYTB3AGfDbgoBwdU3YJP5NgBDpNPqZwxkthOFBhuI+PKx95eYGmxvk5EunrbhL0RMn+KHx0JMGbTij6Ii8Ulnm6ZB1tJHIwGU9d1YvvpPpYjteaJbLCdUmSH74siLkWkhx3U1Z6sLRWPhz4PeYU=', '8BKRZPMlTxgWQORndklc+eMY2OrVvtfcguNzKXCHnnGtu5/l7xAExY9q5KVCktv+DrBeUM2gHJ72V2IMfYFuCQzaM+HJUYuKWQJvStxhjaCRQib5avgLVtk5oa01L+SGyhES+UrY37jxRtxcFFI3tYoxhBvoZEFtGuUAF8YSZuc='],
  '14': ['8Gd0NJyGJL9ugBYSQjvVbJlBa9ElEeozInxt1TNO2MDrSB15r+U/RRhnKPP+Xsfk9xXah7WRiSnumfGfEV7qBWzg9u7kk//68E0ylpzcwPi680aQA/bSrjl1izPcv7rPC9+iBZ7PBjGfBLEjLKfNU+81nyD2nv7UhZkiSSCpjis=', '5GpiPTSpDL/8oB+awNgfIbudA3xYPSGuGT8E7526TCeUz9SEaY/Y+AGhjn+g55VUqoTcsvqmbgLjceuHozFrC8xe3ewAdxpXLvy4uTtuGjJpu9FpNdUYfTzT1w6lmfjydA0vv0tMs2SfqgTakJff05C3Gy7rw9KnXISOJjJfhyM='],
  '15': ['5DP9qpotb/9hKqG2v2C2uq644/h4A5/bVKMnC6WwRJ4R5AXpjDBniBjIp7wOUX/ga256zqU8JEYJOOdCOscWDL3HuacPM9LMzNopzjkfGD+IWNjQZhG/Gh9a+AEb+yEv8barOQDQOuco0HazgGl88Y7nc/9a+scRdkNTgOYs1WM=', 'yrwLYv0wkFAamoOwMc51QLoYGgJtpNyTWeUNAQv4r15E5CKk5mkFsyAHD7m0JHVa7OjOozXwLJNotY0OYjax9MO/cR0Z8zBg6WcWxlG6SPtCNyRdO/9df6raxKTMmRFr8RSDgpKxaHGpUwdrnQQ1j2UW3O8NhNetYLW2G+FNDeM='],
  '16': ['xBGQmsnFwmFAAjq8XmJyDEBRgIwJv9OdrnGxO7DvX+m7X6Rh5VIn/ihGWjE1zXloHBK+h/6g4C3hqdI+MX8klg15xhuuFUVwMNCrJIbFYU1FSy9qFyGmc0HCkAeFg+fZ9k6zpT5B4isuBe3Cz2+tK2LKDAn5lAfApFzXFxWDews=', '/nhhXqK+8PbeL6dWV0foAxtlZ2zBq29cvW/jRU8+/Sjf075SuZ3ujbaCxM8UTnxAPmxDxD+Iw9qDwEN+SJrsrt99af0mAzh6iAs9xKMaEEm5pOZPw3VPC6kkoINTcqK7BWptE4McHIfqAsvXDbLsTw5Sl6W7vfiqbl6W7RqLgGc='],
}

const made = new Map<string, RsaPrivateKey>()

export const RSA_TEST_KEYS = 16

// root, issuing, stranger, or a number from 1 to RSA_TEST_KEYS.
export function rsaTestKey(name: string): RsaPrivateKey {
  const before = made.get(name)
  if (before !== undefined) return before
  const primes = PRIMES[name]
  if (primes === undefined) throw new RangeError(`there is no RSA test key named ${name}`)
  const [p, q] = primes.map((text) => BigInt(`0x${toHex(fromBase64(text) ?? new Uint8Array(1))}`))
  const key = rsaFromPrimes(p ?? 0n, q ?? 0n)
  made.set(name, key)
  return key
}
