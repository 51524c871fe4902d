// The walls of the house (DESIGN 2, ARCHITECTURE.md): who may import whom, and through which door.
// test/walls.test.ts proves that every rule reports a planted violation and that every module was seen.

/** Room → the rooms whose front door it may import. The order is the order of reading. */
export const ROOMS = {
  money: [],
  crypto: [],
  store: [],
  wire: ['money', 'crypto'],
  clearing: ['wire', 'money', 'crypto'],
  ledger: ['money'],
  switch: ['clearing', 'wire', 'store', 'money', 'crypto'],
  institution: ['clearing', 'wire', 'ledger', 'store', 'money', 'crypto'],
  mocks: ['clearing', 'wire', 'ledger', 'store', 'money', 'crypto'],
  scenarios: ['switch', 'institution', 'mocks', 'clearing', 'wire', 'store', 'money', 'crypto'],
  conformance: ['scenarios', 'clearing', 'wire', 'money', 'crypto'],
  reports: ['conformance', 'clearing', 'wire', 'money', 'crypto'],
  cli: 'every front door',
}

const rooms = Object.keys(ROOMS)
const anyRoom = `^(${rooms.join('|')})/`
const doors = rooms.map((room) => (room === 'cli' ? 'cli/main' : `${room}/${room}`))
/** What the package offers to other people's tests; each is a door of its own, since none must load the others. */
const offered = ['mocks/msw', 'cli/fixture', 'wire/arbitraries', 'crypto/sm2']
/** What takes long to load and is opened late, or not at all: APIs in JSON, and the test network without its pages. */
const late = [
  'institution/app',
  'mocks/acquirer-app',
  'switch/ops',
  'switch/acp-gateway',
  'scenarios/test-network',
]
const frontDoor = `^(${[...doors, ...offered, ...late].join('|')})\\.ts$`

/** Tests and the suites they share: they reach further, and still only through front doors. */
const TESTS =
  '(\\.test\\.ts|^store/contract\\.ts|^wire/testing\\.ts|^crypto/(sm2-slice|sm2-write|sm3-sm4-write)\\.ts)$'
/** What touches files, sockets, processes or a terminal. */
const OUTSIDE =
  '^(node:)?(child_process|cluster|dgram|dns|fs|http|http2|https|inspector|net|os|readline|repl|tls|tty)(/|$)|/@hono/node-server/'
/** Rooms whose work is files or sockets; the store's backends are the third such place. */
const OUTSIDE_ROOMS = '^(cli|scenarios|conformance|reports)/'

const direction = Object.entries(ROOMS)
  .filter(([, may]) => Array.isArray(may))
  .map(([room, may]) => ({
    name: `${room}-imports-only-its-own`,
    severity: 'error',
    comment: `${room} may import ${may.length === 0 ? 'no other room' : may.join(', ')}.`,
    from: { path: `^${room}/`, pathNot: TESTS },
    to: { path: anyRoom, pathNot: `^(${[room].concat(may).join('|')})/` },
  }))

const apart = (name, comment, from, to) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: { path: to },
})

const walls = [
  {
    name: 'front-doors-only',
    severity: 'error',
    comment: 'Across rooms only <room>/<room>.ts is imported (cli/main.ts for cli), or a door of its own.',
    from: { path: '^([^/]+)/' },
    // Measurements compare with OpenSSL, and that comparison is no part of what crypto offers.
    to: { path: anyRoom, pathNot: [frontDoor, '^$1/', '^crypto/openssl\\.ts$'] },
  },
  {
    name: 'front-doors-only-from-the-root',
    severity: 'error',
    comment: 'Configuration files obey the doors too.',
    from: { path: '^[^/]+$' },
    to: { path: anyRoom, pathNot: frontDoor },
  },
  apart(
    'switch-never-imports-institution',
    'They meet in wire by the second and in clearing by the day; tests included.',
    '^switch/',
    '^institution/',
  ),
  apart(
    'institution-never-imports-switch',
    'They meet in wire by the second and in clearing by the day; tests included.',
    '^institution/',
    '^switch/',
  ),
  apart(
    'mocks-import-no-real-thing',
    'A mock made of the real thing cannot disagree with it; tests included.',
    '^mocks/',
    '^(switch|institution)/',
  ),
  {
    name: 'openssl-only-judges-and-measures',
    severity: 'error',
    comment:
      'It is the second opinion of crypto’s tests and the yardstick of the measurements; nothing that runs rests on it.',
    from: { pathNot: '^(crypto|bench)/' },
    to: { path: '^crypto/openssl\\.ts$' },
  },
  apart(
    'oracles-see-only-evidence',
    "An oracle's inputs are wire bytes and control-API replies: the shadow ledger is its own.",
    '^conformance/oracle[^/]*\\.ts$',
    '^(ledger|clearing|switch|institution|mocks|scenarios)/',
  ),
]

const outside = [
  {
    name: 'files-and-sockets-at-the-edges',
    severity: 'error',
    comment: 'Time, chance, keys, files and the network come in as arguments.',
    from: { path: anyRoom, pathNot: [OUTSIDE_ROOMS, '^store/', TESTS] },
    to: { path: OUTSIDE },
  },
  {
    name: 'databases-only-in-the-store',
    severity: 'error',
    comment: 'One contract, three backends: nobody else speaks SQL.',
    from: { pathNot: '^store/' },
    to: { path: '^(node:)?sqlite$|/node_modules/pg/|^node_modules/pg/|/@types/pg/' },
  },
  {
    name: 'production-without-dev-dependencies',
    severity: 'error',
    comment: 'What an installed sifang runs must be among its dependencies.',
    // reports/viewer is built by Vite into one file; what it imports is inside that file.
    from: { path: anyRoom, pathNot: [TESTS, '^reports/viewer/'] },
    to: {
      dependencyTypes: ['npm-dev'],
      dependencyTypesNot: ['type-only', 'npm', 'npm-optional', 'npm-peer'],
    },
  },
  {
    name: 'production-without-undeclared-packages',
    severity: 'error',
    comment: 'A package that only a dependency brings along can vanish with its next release.',
    from: {},
    // A peer that is a devDependency as well is said to have no package; it has.
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
  },
  {
    name: 'production-never-imports-tests',
    severity: 'error',
    comment: 'Nothing that runs rests on what proves it.',
    from: { pathNot: [TESTS, '^test/'] },
    to: { path: [TESTS, '^test/'] },
  },
]

const shape = [
  {
    name: 'no-cycles',
    severity: 'error',
    comment: 'A cycle of values has no first file to read. Types may refer to each other.',
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  {
    name: 'everything-resolves',
    severity: 'error',
    comment: 'An import that resolves to nothing is an edge that no rule can see.',
    from: {},
    to: { couldNotResolve: true },
  },
]

export default {
  forbidden: [...direction, ...walls, ...outside, ...shape],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(runs|dist|reports/viewer/dist|test/\\.planted[^/]*)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'require', 'default', 'types'],
    },
  },
}
