// Payments that the wallet began, by the wallet's own id: to whose row it belongs.
import { kind } from '../store/store.ts'

export const ownPayments = kind<{ readonly id: string }>('own-payment')
