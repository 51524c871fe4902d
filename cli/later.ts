// A server that is loaded only when somebody calls it. Who calls while it loads waits for it and is answered as ever.
export type Serving = { fetch(request: Request): Response | Promise<Response> }
export type Later = Serving & {
  /** Loads it now, where nobody has called it yet. */
  load(): Promise<void>
}

export function later(open: () => Promise<Serving>): Later {
  let opening: Promise<Serving> | undefined
  const opened = (): Promise<Serving> => (opening ??= open())
  return {
    fetch: async (request) => (await opened()).fetch(request),
    load: async () => void (await opened()),
  }
}
