// Runs the command over two files, and tells on stderr how long it took and the most memory it ever had. A process of its
// own, so that nothing else of the bench is counted.
const [ours = '', theirs = '', out = ''] = process.argv.splice(2)
process.argv.push('reconcile', ours, theirs, '--json', '--out', out)
const began = performance.now()
await import('../cli/main.ts')
const seconds = (performance.now() - began) / 1000
const { user, system } = process.cpuUsage()
process.stderr.write(
  JSON.stringify({
    seconds,
    cpuSeconds: (user + system) / 1e6,
    megabytes: process.resourceUsage().maxRSS / 1000,
  }),
)
// Differences were planted: that there are some is what was expected of it.
process.exitCode = process.exitCode === 1 ? 0 : 1
