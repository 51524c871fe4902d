#!/usr/bin/env node
// In a checkout TypeScript runs as it stands. Under node_modules Node strips no types, so the package brings dist.
const installed = import.meta.url.includes('/node_modules/')
await import(installed ? '../dist/cli/main.js' : './main.ts')
