// Days off and made-up working days on which banks in China settle or do not, by year, as the State Council's office
// announces them each autumn for the year to come. A year that is not here has its weekends and nothing else.
type Year = { readonly off: readonly string[]; readonly on: readonly string[] }

const span = (first: string, last: string): readonly string[] => {
  const [month, from, to] = [first.slice(0, 2), Number(first.slice(2)), Number(last.slice(2))]
  return Array.from({ length: to - from + 1 }, (_, index) => month + String(from + index).padStart(2, '0'))
}

/** MMDD, by year: off = nobody settles, on = a weekend day on which everybody works. */
export const HOLIDAYS: Readonly<Record<string, Year>> = {
  // New Year, Spring Festival, Qingming, Labour Day, Dragon Boat, Mid-Autumn, National Day.
  '2026': {
    off: [
      ...span('0101', '0103'),
      ...span('0215', '0223'),
      ...span('0404', '0406'),
      ...span('0501', '0505'),
      ...span('0619', '0621'),
      ...span('0925', '0927'),
      ...span('1001', '1007'),
    ],
    on: ['0104', '0214', '0228', '0509', '0920', '1010'],
  },
}
