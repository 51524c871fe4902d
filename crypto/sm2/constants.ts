// Made by crypto/sm2-constants.ts; `npm run build:sm2` writes it again. Addresses of the curve's numbers, R = 2^261.

// p
export const PRIME = memory.data<i32>([536870911, 536870911, 63, 536870400, 536870911, 536870911, 536870911, 534773759, 16777215])
// n
export const ORDER = memory.data<i32>([433406243, 501194825, 293685972, 129947203, 536868640, 536870911, 536870911, 534773759, 16777215])
// 0
export const ZERO = memory.data<i32>([0, 0, 0, 0, 0, 0, 0, 0, 0])
// 1, which a product turns into a division by R
export const UNIT = memory.data<i32>([1, 0, 0, 0, 0, 0, 0, 0, 0])
// R mod p: one, in Montgomery’s form
export const ONE = memory.data<i32>([32, 0, 536868864, 16383, 0, 0, 0, 67108864, 0])
// R² mod p: a product with it brings a number into that form
export const SQUARE_P = memory.data<i32>([3072, 16384, 536805376, 1572863, 4194304, 33554432, 0, 1, 16])
// R² mod n
export const SQUARE_N = memory.data<i32>([362509650, 365136981, 190637719, 291821388, 353457078, 410386369, 371260548, 5611165, 14127179])
// b · R mod p
export const CURVE_B = memory.data<i32>([404465732, 305161003, 163404678, 233226861, 410575774, 352709201, 69811392, 57181067, 8518705])
// xG · R and yG · R mod p, one after the other
export const BASE = memory.data<i32>([50353106, 311005428, 369262217, 8100649, 126254323, 429572684, 48976118, 499582188, 2281291, 94485420, 357456188, 347067145, 425605964, 301040619, 275178148, 516335229, 327638230, 7974074])
// -1 / n mod 2^29
export const ORDER_FACTOR: i64 = 305465717
