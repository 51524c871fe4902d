#!/usr/bin/env node
// In a checkout TypeScript runs as it stands. Under node_modules Node strips no types, so the package brings dist.
// The compile cache is on before the first module of ours is read: what it keeps is stripped and compiled, and Node's type
// stripper, half of what a small command costs, is not loaded at all. A Node that has no such cache is told by main.ts.
import module from 'node:module'

module.enableCompileCache?.()
const installed = import.meta.url.includes('/node_modules/')
await import(installed ? '../dist/cli/main.js' : './main.ts')
