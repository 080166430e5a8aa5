// What a view shows is loaded and drawn anew whenever something happens in its sandbox.

import { at, follow, get, page, Refused } from './api.js'
import { byId, clockTime, day, h, labelled } from './elements.js'

const live = () => document.getElementById('live')
const state = { view: null, drawn: '', streams: null, restart: null }

// begin makes a view the one that is drawn. restart is what a new token is followed by.
export function begin(view, restart) {
  Object.assign(state, { view, restart, drawn: '' })
}

// forget has the next refresh draw, even when the control API's answers are the same.
export const forget = () => (state.drawn = '')

// connect follows the sandbox. A browser opens few connections to one address: a page that nobody looks
// at gives its own back.
export function connect() {
  state.streams?.abort()
  if (document.hidden) return show('off', 'Paused')
  state.streams = new AbortController()
  const { signal } = state.streams
  for (const below of ['/events/stream', '/requests/stream']) {
    follow(below, signal, soon, (word, text) => signal.aborted || show(word, text))
  }
}

function show(word, text) {
  const el = byId('live')
  if (el.dataset.state === word && el.textContent === text) return
  el.dataset.state = word
  el.textContent = text
}

let waiting = 0
// soon draws anew, once for all that comes in a moment.
export function soon() {
  waiting ||= setTimeout(() => {
    waiting = 0
    refresh()
  }, 120)
}

let busy = null
let again = false
// refresh loads the view and draws it when it has changed. Calls while it loads become one more.
export async function refresh() {
  if (busy) {
    again = true
    return busy
  }
  busy = (async () => {
    do {
      again = false
      await redraw()
    } while (again)
  })()
  await busy.finally(() => (busy = null))
}

async function redraw() {
  const { view } = state
  const shown = location.hash
  try {
    const [data] = await Promise.all([view.load(), readClock()])
    if (shown !== location.hash) return
    const text = JSON.stringify(data)
    if (text === state.drawn) return
    state.drawn = text
    keep(live(), () => live().replaceChildren(...[view.draw(data)].flat(Infinity).filter(Boolean)))
    live().removeAttribute('aria-busy')
  } catch (err) {
    if (shown !== location.hash) return
    forget()
    fail(live(), err)
  }
}

// keep has a redrawn part look as its user left it: focus, what was typed, what was opened.
function keep(el, draw) {
  const focus = el.contains(document.activeElement) ? document.activeElement.dataset.testid : ''
  const fields = [...el.querySelectorAll('input, select, textarea')].map((f) => [f.dataset.testid, f.value])
  const open = [...el.querySelectorAll('details[open]')].map((d) => d.dataset.testid)
  draw()
  const find = (name) => name && el.querySelector(`[data-testid="${CSS.escape(name)}"]`)
  for (const [name, value] of fields) {
    const field = find(name)
    if (field && (field.tagName !== 'SELECT' || [...field.options].some((o) => o.value === value))) field.value = value
  }
  for (const name of open) find(name)?.setAttribute('open', '')
  if (focus) (find(focus) ?? document.getElementById('main')).focus({ preventScroll: true })
}

export function wrong(err) {
  const gone = 'The emulator does not answer. It may have been stopped; the page goes on by itself when it is back.'
  return h('p', { class: 'messages bad', role: 'alert', test: 'error' }, err instanceof Refused ? err.message : gone)
}

// fail says in the place of a view why it cannot be shown. What was typed for a token is kept.
export function fail(place, err) {
  place.removeAttribute('aria-busy')
  if (err.status !== 401) place.replaceChildren(wrong(err))
  else if (!document.getElementById('token')) place.replaceChildren(askToken())
}

function askToken() {
  const field = h('input', { type: 'password', id: 'token', autocomplete: 'off', required: true, test: 'token' })
  const send = (event) => {
    event.preventDefault()
    page.token = field.value.trim()
    state.restart()
  }
  return h('form', { class: 'box', onsubmit: send, test: 'token-form' },
    h('h2', {}, 'The control API wants its token'),
    h('p', { class: 'quiet' }, 'This emulator was started with --control-token. Nothing can be shown or changed without it. ',
      'What you type stays in this page until it is reloaded.'),
    page.token && h('p', { class: 'fault', role: 'alert', test: 'token-wrong' }, 'That is not the token.'),
    labelled('Token', field),
    h('div', { class: 'buttons' }, h('button', { class: 'primary', test: 'token-send' }, 'Open')))
}

// The bar: the sandbox's time, and the sandboxes there are.

async function readClock() {
  const [clock, { sandboxes }] = await Promise.all([get('/clock'), get('/sandboxes')])
  page.clock = clock
  page.clockReadAt = performance.now()
  tick()
  const names = [...new Set([at.box, ...sandboxes.map((s) => s.name)])].sort()
  if (names.join() === page.sandboxes.join()) return
  page.sandboxes = names
  byId('sandbox').replaceChildren(...names.map((name) => h('option', { value: name, selected: name === at.box }, name)))
}

export function tick() {
  if (!page.clock) return
  const passed = page.clock.frozen ? 0 : performance.now() - page.clockReadAt
  const now = new Date(Date.parse(page.clock.now) + passed).toISOString()
  byId('now').textContent = `${day(now)} ${clockTime(now)} UTC${page.clock.frozen ? ', frozen' : ''}`
}
