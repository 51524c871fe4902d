// What a page may say: a small vocabulary with a schema, no loops, no conditions, amounts as literals.
// Every scalar is text (YAML's failsafe reading), so that 1e3 and 0012 stay what was written.
import { z } from 'zod'
import { CLASSES, MESSAGES, REQUEST_TYPES } from '../wire/wire.ts'
import { MISBEHAVIOURS } from './misbehave.ts'
import { Amount, Forge, Name } from './page-words.ts'
import { FEATURES } from './subject.ts'

const classNames = CLASSES.map((row) => row.class) as [string, ...string[]]
const Text = z.strictObject({ zh: z.string().min(1), en: z.string().min(1) })
const Count = z.string().regex(/^(0|[1-9][0-9]*\+?)$/, 'how often, such as 3; 3+ for at least three times')
const Acquirer = z.enum(['A', 'B'])
const Duration = z.string().regex(/^[0-9]+(ms|s|m|h|d)$/, 'a duration such as 61s, 30m, 31d')
const TimeOfDay = z
  .string()
  .regex(
    /^(([01][0-9]|2[0-3]):[0-5][0-9]|cut-off([+-][0-9]{1,3}m)?)$/,
    'a time of day such as 22:59, or the profile’s cut-off such as cut-off, cut-off-1m, cut-off+30m',
  )
const DayOfMonth = z.string().regex(/^(0[1-9]|1[0-9]|2[0-8])$/, 'a day that every month has, 01 to 28')

const One = z.enum(classNames)
/** One class, several that are allowed, or one per order of signing and encryption. */
const Class = z.union([
  One,
  z.array(One).min(1),
  z.strictObject({ ste: z.union([One, z.array(One)]), ets: z.union([One, z.array(One)]) }),
])

/** Overrides of wire fields by their canonical names, where a page needs another value than the honest one. */
const Fields = z.partialRecord(
  z.enum([...new Set(Object.values(MESSAGES).flatMap((table) => table.map((field) => field.name)))] as [
    string,
    ...string[],
  ]),
  z.string(),
)

const requestTypes = REQUEST_TYPES as [string, ...string[]]
/** A JSON value whose scalars are text, as a page can write it. */
const Json: z.ZodType<JsonText> = z.lazy(() =>
  z.union([z.string(), z.array(Json), z.record(z.string(), Json)]),
)
export type JsonText = string | readonly JsonText[] | { readonly [name: string]: JsonText }

export const Heard = z.strictObject({
  class: Class.optional(),
  /** Whether the answer must be marked as the repeat of a known request. */
  repeated: z.enum(['yes', 'no']).optional(),
  /** `same`: equal to the request's field. Otherwise a literal. `absent`: must not be there. */
  fields: z.record(z.string(), z.string()).optional(),
  /** Every field of the answer but its text and its mark of a repeat equals that of the answer to this message. */
  sameAs: Name.optional(),
  /** The refunds a query lists, in any order: name of the refund, its amount, its state. */
  refunds: z.array(z.tuple([Name, Amount, z.string()])).optional(),
  /** Nothing in the answer, plain or sealed, tells a code, a token, a user or how the subject is built. */
  clean: z.literal('yes').optional(),
  /** Any answer but this one, or none. */
  never: One.optional(),
})

const said = { expect: Heard.optional() }
const sends = {
  as: Name.optional(),
  acquirer: Acquirer.optional(),
  fields: Fields.optional(),
  without: z.array(z.string()).optional(),
  forge: Forge.optional(),
}

const Edge = [
  z.strictObject({ debit: z.strictObject({ ...sends, code: Name.optional(), amount: Amount }), ...said }),
  z.strictObject({ credit: z.strictObject({ ...sends, of: Name.optional(), amount: Amount }), ...said }),
  z.strictObject({
    reverse: z.strictObject({
      ...sends,
      of: Name.optional(),
      before: Name.optional(),
      id: Name.optional(),
      amount: Amount.optional(),
    }),
    ...said,
  }),
  z.strictObject({
    query: z.strictObject({
      ...sends,
      of: Name,
      by: z.enum(['order', 'transaction', 'both']).default('order'),
    }),
    ...said,
  }),
  z.strictObject({ notice: z.strictObject({ ...sends, of: Name, state: z.string() }), ...said }),
  /** Takes a payment back whole on its own clearing day. */
  z.strictObject({
    void: z.strictObject({ ...sends, of: Name.optional(), amount: Amount.optional() }),
    ...said,
  }),
  /** Any other message of the switch: ids, shop, currency and clearing day are filled in where its table has them. */
  z.strictObject({ say: z.strictObject({ ...sends, type: z.enum(requestTypes) }), ...said }),
  z.strictObject({
    repeat: z.strictObject({
      of: Name,
      as: Name.optional(),
      fields: Fields.optional(),
      forge: Forge.optional(),
    }),
    ...said,
  }),
  z.strictObject({ replay: z.strictObject({ of: Name, as: Name.optional() }), ...said }),
] as const

/** A call to the subject's wallet or control API. `done: no` expects a refusal that changed nothing;
 *  `either` will have any end. */
const Call = z.strictObject({
  call: z.strictObject({
    do: z
      .string()
      .regex(
        /^(GET|POST|PUT) \/(wallet|till|ops|control)\/\S*$/,
        'such as POST /wallet/users/$user.alice/payments',
      ),
    body: z.record(z.string(), Json).optional(),
    as: Name.optional(),
  }),
  expect: z
    .strictObject({
      done: z.enum(['yes', 'no', 'either']).default('yes'),
      fields: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
})

/** Copies of one call at once; `$n` in it is the copy's number, so that each can have an id of its own. */
const Crowd = z.strictObject({
  crowd: z.strictObject({
    of: Amount,
    do: z.string().regex(/^POST \/wallet\/\S*$/, 'such as POST /wallet/users/$user.alice/grabs'),
    body: z.record(z.string(), Json).optional(),
  }),
  expect: z
    .strictObject({
      done: Amount,
      refused: Amount,
      /** Members that every refusal must have. */
      fields: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
})

const Around = [
  /** Who signs up on the network at once, but for `signs: no`: that is left to the page. */
  z.strictObject({
    user: z.strictObject({
      name: Name,
      balance: Amount,
      person: z.string().optional(),
      tier: z.enum(['I', 'II', 'III']).optional(),
      pin: z.string().optional(),
      /** The real-name record: the three go together. */
      holder: z.string().optional(),
      idNumber: z.string().optional(),
      phone: z.string().optional(),
      card: z.string().optional(),
      signs: z.literal('no').optional(),
    }),
  }),
  /** `funding`: what the user chose to pay with, source by source, as the wallet API takes it. */
  z.strictObject({
    code: z.strictObject({ of: Name, as: Name, funding: z.array(Json).optional() }),
    refused: z.literal('yes').optional(),
  }),
  z.strictObject({ balance: z.strictObject({ of: Name, amount: Amount }) }),
  z.strictObject({ status: z.strictObject({ of: Name, is: z.enum(['active', 'frozen', 'closed']) }) }),
  z.strictObject({
    token: z.strictObject({ of: Name, is: z.enum(['T_ACTIVE', 'T_SUSPENDED', 'T_UNBOUND']) }),
  }),
  z.strictObject({ wait: Duration }),
  /** The next time (or the `times`-th) that a clock in Beijing shows `time`, on that day of a month or on such a day. */
  z.strictObject({
    until: z.strictObject({
      time: TimeOfDay,
      day: DayOfMonth.optional(),
      on: z.enum(['business-day', 'weekend', 'holiday', 'month-end']).optional(),
      times: Amount.default('1'),
    }),
  }),
  /** The user signs up once more; the network's token must be the one there was. */
  z.strictObject({ 'sign-up': z.strictObject({ of: Name }) }),
  z.strictObject({ restart: z.literal('subject') }),
  Call,
  Crowd,
  /** What the stand-in at the subject's edge answers to its next messages of a type, in place of the honest answer. */
  z.strictObject({
    answer: z.strictObject({
      type: z.enum(requestTypes),
      class: One.optional(),
      fields: z.record(z.string(), z.string()).optional(),
      silence: z.literal('yes').optional(),
      effect: z.literal('yes').optional(),
      times: Amount.default('1'),
    }),
  }),
  /** An order that the stand-in at the edge knows under its merchant code or tn: `$o1.qrCode`, `$o1.tn`. */
  z.strictObject({
    order: z.strictObject({
      as: Name,
      acquirer: Acquirer.default('A'),
      kind: z.enum(['STATIC', 'DYNAMIC', 'ONLINE']),
      amount: Amount.optional(),
      life: Duration.default('15m'),
      fields: z.record(z.string(), z.string()).optional(),
    }),
  }),
  /** What the stand-in was asked so far: how often, with which fields in the last one, how many different values. */
  z.strictObject({
    heard: z.strictObject({
      type: z.enum(requestTypes),
      times: Count,
      /** Only those with these values. */
      where: z.record(z.string(), z.string()).optional(),
      fields: z.record(z.string(), z.string()).optional(),
      different: z.record(z.string(), Amount).optional(),
    }),
  }),
] as const

const Network = [
  z.strictObject({
    fault: z.strictObject({
      what: z.enum(MISBEHAVIOURS),
      type: z.string(),
      times: Amount.default('1'),
      by: Duration.optional(),
    }),
  }),
  z.strictObject({
    sell: z.strictObject({
      as: Name,
      acquirer: Acquirer.default('A'),
      code: Name.optional(),
      /** A code that no step showed, such as one that a phone made by itself. */
      shown: z.string().optional(),
      /** Another shop of the acquirer's than the one of the stage. */
      merchant: z
        .string()
        .regex(/^[0-9]{15}$/, 'a merchant id of fifteen digits')
        .optional(),
      amount: Amount,
    }),
  }),
  z.strictObject({ refund: z.strictObject({ as: Name, of: Name, amount: Amount }) }),
  z.strictObject({ reversal: z.strictObject({ of: Name }) }),
  z.strictObject({ crash: z.enum(['switch', 'acquirer']) }),
  /** An operator's call at the switch about a sign-up; `as` names it through all its steps. */
  z.strictObject({
    agree: z.strictObject({
      as: Name,
      do: z.enum(['apply', 'confirm', 'cancel', 'status']),
      holder: z.string().optional(),
      idNumber: z.string().optional(),
      phone: z.string().optional(),
      smsCode: z.string().optional(),
      expect: Class.optional(),
    }),
  }),
  /** Clears a day: today, or once more the day of an earlier close. */
  z.strictObject({
    close: z.strictObject({ day: z.union([z.literal('today'), Name]), as: Name.optional() }),
  }),
] as const

const Ended = z.enum([...classNames, 'done', 'refused'])
const Single = z.union([...Edge, ...Around, ...Network])
const Together = z.strictObject({
  together: z.array(z.union([...Edge, Call])).min(2),
  expect: z
    .strictObject({
      /** Of a call: done or refused. */
      classes: z.array(z.union([Ended, z.array(Ended).min(1)])).min(2),
      mark: z.literal('sorted').default('sorted'),
    })
    .optional(),
})
export const Step = z.union([...Edge, ...Around, ...Network, Together])
export type SingleStep = z.infer<typeof Single>
export type Step = z.infer<typeof Step>
export type EdgeStep = z.infer<(typeof Edge)[number]>
export type Heard = z.infer<typeof Heard>
export type ForgeSpec = z.infer<typeof Forge>
export type ClassSpec = z.infer<typeof Class>

const Line = z.tuple([z.enum(['debit', 'credit']), z.string(), Amount])
const Lines = z.array(Line).min(2)
export const Expectation = z.union([
  z.strictObject({ balance: z.record(Name, Amount) }),
  z.strictObject({ state: z.record(Name, z.string()) }),
  z.strictObject({ code: z.record(Name, z.string()) }),
  z.strictObject({ token: z.record(Name, z.union([z.string(), z.array(z.string()).min(1)])) }),
  /** Every posting since the givens, in order, with its clearing day where one is named; `none` when there may be none. */
  z.strictObject({
    postings: z.union([
      z.literal('none'),
      z.array(z.union([Lines, z.strictObject({ day: z.string(), lines: Lines })])),
    ]),
  }),
  /** What all postings since the givens come to, account by account; `none` when nothing moved in the end. */
  z.strictObject({ moved: z.union([z.literal('none'), z.array(Line).min(1)]) }),
  /** Codes in lists that an API told: so many, none twice, in no order that a stranger could go on from (COD-015). */
  z.strictObject({
    unlike: z.strictObject({ in: z.array(z.string()).min(1), count: Amount, prefix: z.string() }),
  }),
  /** Fields of what an API of the subject answers to a GET, asked at the end. */
  z.strictObject({ get: z.string(), fields: z.record(z.string(), z.string()) }),
  /** Amounts in a list that an API tells: how many there are, their sum, and that none is below the least. */
  z.strictObject({
    amounts: z.strictObject({
      get: z.string(),
      list: z.string(),
      of: z.string(),
      count: Amount,
      sum: Amount,
      least: Amount,
    }),
  }),
  z.strictObject({
    heard: z.strictObject({
      type: z.enum(requestTypes),
      times: Count,
      /** Only those with these values. */
      where: z.record(z.string(), z.string()).optional(),
      fields: z.record(z.string(), z.string()).optional(),
      different: z.record(z.string(), Amount).optional(),
    }),
  }),
  /** Nothing but what must hold in any network: at least one invariant was judged, and none is violated. */
  z.strictObject({ invariants: z.literal('hold') }),
  z.strictObject({ sale: z.record(Name, z.string()) }),
  z.strictObject({ fulfilled: z.record(Name, Amount) }),
  /** Whether something about it waits for a person at the acquirer. */
  z.strictObject({ cases: z.record(Name, z.enum(['open', 'none'])) }),
  /** Of the last close, or of the one that is named. */
  z.strictObject({ net: z.record(z.string(), z.string()), of: Name.optional() }),
  z.strictObject({
    reconcile: z.enum(['institution', 'acquirer-a', 'acquirer-b']),
    differences: Amount,
    of: Name.optional(),
  }),
])
export type Expectation = z.infer<typeof Expectation>

export const Page = z.strictObject({
  id: z.string().regex(/^[A-Z]{3}-[0-9]{3}$/, 'a catalogue id such as CPM-001'),
  /** Set where one row has several pages. */
  variant: Name.optional(),
  title: Text,
  given: Text,
  clause: z.string().min(1),
  severity: z.enum(['blocker', 'major', 'minor']),
  role: z.enum(['account-institution', 'acquirer', 'both', 'network']),
  /** edge: the scripted switch drives the subject. network: acquirer and our switch stand around it. */
  /** till: the same for an acquirer, whose switch stands at its edge and whose till the page works. */
  cast: z.enum(['edge', 'network', 'till']),
  needs: z.array(z.enum(FEATURES)),
  /** Where the page applies; left out, in every profile. */
  profile: z
    .strictObject({
      frames: z
        .array(z.enum(['sifang/1', 'qrc', 'acp', 'epcc']))
        .min(1)
        .optional(),
      networks: z
        .array(z.enum(['unionpay', 'netsunion']))
        .min(1)
        .optional(),
      orders: z
        .array(z.enum(['sign-then-encrypt', 'encrypt-then-sign']))
        .min(1)
        .optional(),
      suites: z
        .array(z.enum(['sm', 'rsa', 'sm3-shared']))
        .min(1)
        .optional(),
      /** What a flag of the profile must be, such as `codeAfterDecline: live`. */
      flags: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
  time: z.enum(['none', 'virtual']),
  /** A family: the page is played once per case, `${name}` replaced by the case's value. */
  cases: z.array(z.strictObject({ name: Name, values: z.record(Name, z.string()) })).optional(),
  setup: z.array(z.union([...Around, ...Network])).default([]),
  steps: z.array(Step).min(1),
  expect: z.array(Expectation).default([]),
})
export type Page = z.infer<typeof Page>
