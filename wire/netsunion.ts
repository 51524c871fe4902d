// The NetsUnion-like network's names and forms.
import type { NetworkTable } from './networks.ts'

export const netsunion: NetworkTable = {
  told: (_type, members) => members,
  heard: (_type, members) => ({ tree: members }),
  nameOf: (_type, path) => path,
}
