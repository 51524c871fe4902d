// The state machine's view of frozen money (INV-27): where nothing of a user can be under way, the wallet tells as frozen
// what its branches hold, and nothing else.
import {
  type Exchange,
  type Finding,
  minor,
  ruling,
  type Story,
  text,
  tokenOwners,
  unknown,
} from './exchanges.ts'
import { approved, grouped, open } from './oracle-items.ts'
import { callsOf, exchangesOf, mayBeOpen } from './oracle-paid.ts'

export function frozenTold(story: Story): readonly Finding[] {
  const calls = callsOf(story)
  const owners = tokenOwners(calls)
  return calls.flatMap(({ path, method, status, reply, after }) => {
    const user = /^\/control\/users\/([^/]+)$/.exec(path)?.[1]
    const { frozen } = (reply ?? {}) as { frozen?: unknown }
    if (user === undefined || method !== 'GET' || status !== 200 || !/^-?[0-9]+$/.test(String(frozen)))
      return []
    const told = BigInt(String(frozen))
    const branches = grouped(
      exchangesOf(story).filter(({ type, request }) => type.startsWith('branch.') && request <= after),
      branchOf,
    )
    const own = [...branches.values()].filter((all) =>
      all.some(
        ({ asked, type }) => type === 'branch.try' && (owners.get(text(asked, 'token')) ?? user) === user,
      ),
    )
    const should = own.reduce((sum, all) => sum + held(all), 0n)
    if (told === 0n && should === 0n) return []
    const asked = exchangesOf(story).some(({ type, inward }) => type === 'composite.query' && !inward)
    const unsure = own.some((all) => all.some(open)) || (own.length > 0 && asked)
    const item = `frozen of ${user} at a look after ${after}`
    if (unsure || mayBeOpen(story, user, after))
      return [
        unknown('INV-27', item, { zh: '有款项在途', en: 'something of the user is under way' }, [after]),
      ]
    return [
      ruling(
        'INV-27',
        item,
        told === should
          ? undefined
          : { zh: `未了结的尝试共 ${should}，冻结 ${told}`, en: `${should} is tried, and ${told} is frozen` },
        { zh: '冻结等于未了结的尝试', en: 'what is frozen is what is tried' },
        [after],
      ),
    ]
  })
}

const branchOf = ({ asked }: Exchange): string => `${text(asked, 'composite')}.${text(asked, 'branch')}`

/** What a branch holds: tried, and neither confirmed nor cancelled. */
function held(all: readonly Exchange[]): bigint {
  const ok = (type: string): Exchange | undefined => all.find((one) => one.type === type && approved(one))
  const tried = ok('branch.try')
  if (tried === undefined || ok('branch.confirm') !== undefined || ok('branch.cancel') !== undefined)
    return 0n
  return minor(tried.asked, 'amount') ?? 0n
}
