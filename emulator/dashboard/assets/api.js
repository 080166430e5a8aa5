// Where the page is, and how it asks the control API. Whatever the dashboard shows or changes goes
// through here, by calls that any other client could make.

// at is what the address names: #/<sandbox>/<view>/<id>?<filters>.
export const at = { box: 'default', view: 'start', id: '', query: new URLSearchParams() }

// page is what outlives a view. The token stays in memory, until the page is reloaded.
export const page = { token: '', info: null, clock: null, clockReadAt: 0, sandboxes: [] }

// Refused is an answer that says no, with what would have been right.
export class Refused extends Error {
  constructor(status, problem) {
    super(explained(problem) || `Status ${status}`)
    this.status = status
  }
}

const namedAtMost = 12 // of what is allowed

// explained writes a problem as one text, nothing in it twice.
function explained({ detail, title, errors = [], allowed = [] }) {
  let text = detail || title || ''
  for (const { pointer, message, rule } of errors) {
    if (!text.includes(message ?? rule)) text += ` ${pointer}: ${message ?? rule};`
  }
  const names = [...new Set(allowed)]
  if (names.length === 0) return text
  const more = names.length > namedAtMost ? ` and ${names.length - namedAtMost} more` : ''
  return `${text.replace(/[.;]?$/, '.')} Allowed: ${names.slice(0, namedAtMost).join(', ')}${more}.`
}

const path = (below) => `/s/${encodeURIComponent(at.box)}/_control${below}`
const authorized = () => (page.token ? { Authorization: `Bearer ${page.token}` } : {})

// query writes fields as the end of an address; empty ones are left out.
export function query(fields) {
  const chosen = Object.entries(fields).filter(([, value]) => value !== '' && value !== null && value !== undefined)
  return chosen.length ? `?${new URLSearchParams(chosen)}` : ''
}

export function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

// call answers JSON as a value and anything else as text. It throws Refused.
export async function call(method, below, body) {
  const headers = { ...authorized(), ...(body !== undefined && { 'Content-Type': 'application/json' }) }
  const res = await fetch(path(below), { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
  const text = await res.text()
  if (!res.ok) throw new Refused(res.status, parsed(text) ?? { detail: text })
  return parsed(text) ?? text
}

export const get = (below) => call('GET', below)

// follow reads a stream until it is aborted, and goes on after the last id when it was cut off. heard is
// called when something came; state with 'on' while the stream stands, else with 'off' and a word.
// EventSource cannot send a token, so it is not used.
export async function follow(below, signal, heard, state) {
  for (let last = '', pause = 500; !signal.aborted; pause = Math.min(pause * 2, 5000)) {
    try {
      const headers = { ...authorized(), ...(last && { 'Last-Event-ID': last }) }
      const res = await fetch(path(below), { signal, headers })
      if (!res.ok) throw new Refused(res.status, parsed(await res.text()) ?? {})
      pause = 500
      state('on', 'Live')
      heard() // what came before the stream began
      let rest = ''
      for (const reader = res.body.pipeThrough(new TextDecoderStream()).getReader(); ; ) {
        const { value, done } = await reader.read()
        if (done) break
        const pieces = (rest + value).split('\n\n')
        rest = pieces.pop()
        const ids = pieces.map((piece) => /^id: (\d+)/m.exec(piece)?.[1]).filter(Boolean)
        if (ids.length === 0) continue
        last = ids.at(-1)
        heard()
      }
      if (!signal.aborted) state('off', 'Reconnecting')
    } catch (err) {
      if (signal.aborted) return
      state('off', err.status === 401 ? 'Token wanted' : 'Reconnecting')
    }
    await new Promise((go) => setTimeout(go, pause))
  }
}
