// The dashboard. It draws what the control API answers and follows its streams; whatever it changes it
// changes by a call that any other client could make. Text from outside becomes text nodes alone.

const views = new Map() // name: { title, nav or parent, frame, below, load, draw }
const at = { box: 'default', view: 'start', id: '', query: new URLSearchParams() }
const page = { token: '', clock: null, read: 0, boxes: [], info: null, streams: null, drawn: '' }
const statuses = ['open', 'confirmed', 'succeeded', 'failed', 'expired']
const byId = (name) => document.querySelector(`[data-testid="${name}"]`)
const live = () => document.getElementById('live')

// h makes an element. Attributes that are null or false are left out; kids that are strings become text.
function h(tag, attributes = {}, ...kids) {
  const el = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue
    if (name.startsWith('on')) el.addEventListener(name.slice(2), value)
    else el.setAttribute(name === 'test' ? 'data-testid' : name, value === true ? '' : value)
  }
  el.append(...kids.flat(Infinity).filter((kid) => kid !== null && kid !== undefined && kid !== false))
  return el
}

// The control API

class Refused extends Error {
  constructor(status, problem) {
    const allowed = problem.allowed?.length ? ` Allowed: ${problem.allowed.join(', ')}.` : ''
    const errors = (problem.errors ?? []).map((e) => ` ${e.pointer}: ${e.message ?? e.rule}`).join(';')
    super(`${problem.detail || problem.title || `Status ${status}`}${errors}${allowed}`)
    this.status = status
  }
}

const path = (below) => `/s/${encodeURIComponent(at.box)}/_control${below}`
const query = (fields) => {
  const chosen = Object.entries(fields).filter(([, value]) => value !== '' && value !== null && value !== undefined)
  return chosen.length ? `?${new URLSearchParams(chosen)}` : ''
}
const authorized = () => (page.token ? { Authorization: `Bearer ${page.token}` } : {})

async function call(method, below, body, signal) {
  const headers = { ...authorized(), ...(body !== undefined && { 'Content-Type': 'application/json' }) }
  const res = await fetch(path(below), { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) })
  const text = await res.text()
  if (!res.ok) throw new Refused(res.status, parsed(text) ?? { detail: text })
  return parsed(text) ?? text
}
const get = (below) => call('GET', below)

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

// follow reads a stream until it is aborted, and goes on after the last id when it was cut off.
// EventSource cannot send a token, so it is not used.
async function follow(below, signal, heard) {
  for (let last = '', pause = 500; !signal.aborted; pause = Math.min(pause * 2, 5000)) {
    try {
      const res = await fetch(path(below), { signal, headers: { ...authorized(), ...(last && { 'Last-Event-ID': last }) } })
      if (!res.ok) throw new Refused(res.status, parsed(await res.text()) ?? {})
      pause = 500
      setLive('on')
      heard() // what came before the stream began
      let rest = ''
      for (const reader = res.body.pipeThrough(new TextDecoderStream()).getReader(); ; ) {
        const { value, done } = await reader.read()
        if (done) break
        const pieces = (rest + value).split('\n\n')
        rest = pieces.pop()
        const ids = pieces.map((piece) => /^id: (\d+)/m.exec(piece)?.[1]).filter(Boolean)
        if (ids.length) {
          last = ids.at(-1)
          heard()
        }
      }
    } catch (err) {
      if (signal.aborted) return
      setLive('off', err.status === 401 ? 'Token wanted' : 'Reconnecting')
    }
    await new Promise((go) => setTimeout(go, pause))
  }
}

// A browser opens few connections to one address: a page that nobody looks at gives its own back.
function connect() {
  page.streams?.abort()
  if (document.hidden) return setLive('off', 'Paused')
  page.streams = new AbortController()
  for (const below of ['/events/stream', '/requests/stream']) follow(below, page.streams.signal, soon)
}

function setLive(state, text = 'Live') {
  const el = byId('live')
  if (el.dataset.state === state && el.textContent === text) return
  el.dataset.state = state
  el.textContent = text
}

// Drawing: a view has a frame, which stays, and a live part, which is drawn anew.

let waiting = 0
// soon draws anew, once for all that comes in a moment.
function soon() {
  waiting ||= setTimeout(() => {
    waiting = 0
    refresh()
  }, 120)
}

let busy = null
let again = false
// refresh loads the view and draws it when it has changed. Calls while it loads become one more.
async function refresh() {
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
  const view = views.get(at.view)
  const shown = location.hash
  try {
    const [data] = await Promise.all([view.load(), readClock()])
    if (shown !== location.hash) return
    const text = JSON.stringify(data)
    if (text === page.drawn) return
    page.drawn = text
    keep(live(), () => live().replaceChildren(...[view.draw(data)].flat(Infinity).filter(Boolean)))
    live().removeAttribute('aria-busy')
  } catch (err) {
    if (shown !== location.hash) return
    page.drawn = ''
    live().removeAttribute('aria-busy')
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

function wrong(err) {
  const text = err instanceof Refused ? err.message : 'The emulator does not answer. It may have been stopped; the page goes on by itself when it is back.'
  return h('p', { class: 'messages bad', test: 'error' }, text)
}

// fail says in the place of a view why it cannot be shown. What was typed for a token is kept.
function fail(place, err) {
  if (err.status !== 401) place.replaceChildren(wrong(err))
  else if (!document.getElementById('token')) place.replaceChildren(askToken())
}

function askToken() {
  const field = h('input', { type: 'password', id: 'token', autocomplete: 'off', required: true, test: 'token' })
  const send = (event) => {
    event.preventDefault()
    page.token = field.value.trim()
    start()
  }
  return h('form', { class: 'box', onsubmit: send, test: 'token-form' },
    h('h2', {}, 'The control API wants its token'),
    h('p', { class: 'quiet' }, 'This emulator was started with --control-token. Nothing can be shown or changed without it. What you type stays in this page until it is reloaded.'),
    page.token && h('p', { class: 'fault', role: 'alert', test: 'token-wrong' }, 'That is not the token.'), labelled('Token', field), h('div', { class: 'buttons' }, h('button', { class: 'primary', test: 'token-send' }, 'Open')))
}

// say tells what became of an action, also to screen readers.
function say(text, bad = false) {
  const el = byId('message')
  el.textContent = text
  el.classList.toggle('bad', bad)
}

// act runs what a button is for, and shows that it does.
async function act(button, run, done) {
  button?.setAttribute('aria-busy', 'true')
  try {
    const result = await run()
    say(typeof done === 'function' ? done(result) : done)
    await refresh()
    return result
  } catch (err) {
    say(wrong(err).textContent, true)
  } finally {
    button?.removeAttribute('aria-busy')
  }
}
const button = (text, test, run, done, attributes = {}) =>
  h('button', { type: 'button', test, ...attributes, onclick: (event) => act(event.currentTarget, run, done) }, text)

// form calls run with what is in its fields.
function form(attributes, run, done, ...kids) {
  const submit = (event) => {
    event.preventDefault()
    act(event.submitter, () => run(Object.fromEntries(new FormData(event.target))), done)
  }
  return h('form', { onsubmit: submit, ...attributes }, ...kids)
}

let fields = 0
function labelled(text, field, cls = 'field') {
  field.id ||= `field-${fields++}`
  return h('div', { class: cls }, h('label', { for: field.id }, text), field)
}
const select = (name, test, options, value = '') =>
  h('select', { name, test }, options.map((o) => { const [v, text] = [o].flat(); return h('option', { value: v, selected: v === value }, text ?? v) }))
const input = (name, test, attributes = {}) => h('input', { name, test, autocomplete: 'off', ...attributes })

const link = (to, text, test) => h('a', { href: to, test }, text)
const hash = (view, id = '', fields = {}) => `#/${encodeURIComponent(at.box)}/${view}${id !== '' ? `/${encodeURIComponent(id)}` : ''}${query(fields)}`
const pill = (word, test) => h('span', { class: 'pill', 'data-word': word, test }, word)
const empty = (test, ...text) => h('p', { class: 'empty', test }, ...text)
const code = (text) => h('pre', { tabindex: '0' }, h('code', {}, text))
const json = (value) => code(typeof value === 'string' ? value : JSON.stringify(value, null, 2))
const facts = (...pairs) => h('dl', { class: 'facts' }, pairs.filter(Boolean).map(([name, value, test]) => h('div', {}, h('dt', {}, name), h('dd', { test }, value))))
const more = (test, title, ...kids) => h('details', { test }, h('summary', { test: `${test}-summary` }, title), ...kids)

// copied puts text into the clipboard, or where there is none chooses it for the user to copy.
function copy(text, test, name = 'Copy') {
  return button(name, test, async () => navigator.clipboard.writeText(typeof text === 'string' ? text : await text()), 'Copied.', { class: 'small' })
}
const snippet = (title, text, test) => h('section', { class: 'snippet' }, h('div', { class: 'head' }, h('h3', {}, title), copy(text, `${test}-copy`)), h('div', { test }, code(text)))

function money(amount, currency) {
  try {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency })
    return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits)
  } catch {
    return `${amount} ${currency}`
  }
}
const two = (n) => String(n).padStart(2, '0')
const clockTime = (text, fine) => {
  const d = new Date(text)
  return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}${fine ? `.${String(d.getUTCMilliseconds()).padStart(3, '0')}` : ''}`
}
const day = (text) => new Date(text).toISOString().slice(0, 10)
const when = (text, fine) => h('time', { datetime: text, title: text }, h('span', { class: 'day' }, day(text)), ' ', clockTime(text, fine))
const short = (id) => (id.length > 18 ? `${id.slice(0, 8)}…${id.slice(-6)}` : id)

function table(test, heads, rows) {
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': heads.join(', ') }, h('table', { test },
    h('thead', {}, h('tr', {}, heads.map((text) => h('th', { scope: 'col' }, text)))),
    h('tbody', {}, rows.map((cells) => h('tr', { test: cells.test }, cells.map((cell, i) => h('td', { 'data-head': heads[i] }, cell)))))))
}

// filters is a form whose fields become the query of the address.
function filters(view, ...kids) {
  const change = (event) => {
    event.preventDefault()
    const form = event.currentTarget
    history.replaceState(null, '', hash(view, '', Object.fromEntries(new FormData(form))))
    at.query = new URLSearchParams(new FormData(form))
    refresh()
  }
  return h('form', { class: 'filters', onsubmit: change, onchange: change, test: 'filters' }, ...kids)
}
const chosen = (...names) => query(Object.fromEntries(names.map((name) => [name, at.query.get(name)])))
const providers = () => (page.info?.providers ?? []).map((p) => p.name)
const anyProvider = () => labelled('Provider', select('provider', 'filter-provider', [['', 'All'], ...providers()], at.query.get('provider') ?? ''))

// Start: what a newcomer needs

const variables = { polar: ['POLAR_SERVER_URL', 'POLAR_ACCESS_TOKEN'], tilled: ['TILLED_BASE_PATH', 'TILLED_SECRET_KEY'], bias: ['BIAS_API_URL', 'BIAS_SECRET_KEY'], leanrails: ['LEANRAILS_API_URL', 'LEANRAILS_SECRET_KEY'] }
const first = {
  polar: (p, f) => [`/v1/checkouts/`, [`Authorization: Bearer ${p.credential}`], { products: [f.products?.[0]?.id] }],
  tilled: (p, f) => [`/v1/checkout-sessions`, [`tilled-account: ${f.accounts?.[0]?.id}`, `tilled-api-key: ${p.credential}`], {
    line_items: [{ quantity: 2, price_data: { currency: 'usd', unit_amount: 1250, product_data: { name: 'Rye loaf' } } }], payment_intent_data: { payment_method_types: ['card'] } }],
  leanrails: (p, f) => [`/v1/checkout_sessions`, [`Authorization: Basic ${btoa(`${p.credential}:`)}`, `Idempotency-Key: first-${f.prices?.[0]?.id}`], {
    mode: 'payment', line_items: [{ price: f.prices?.[0]?.id, quantity: 2 }], success_url: 'https://shop.example/thanks' }],
  bias: (p, f) => [`/v1/checkout_sessions`, [`Authorization: Bearer ${p.credential}`], { line_items: [{ price: f.prices?.[0]?.id, quantity: 2 }] }],
}
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`

function firstCurl(p, catalog) {
  const [below, headers, body] = first[p.name](p, catalog[p.name] ?? {})
  return [`curl ${quoted(p.base_url + below)}`, ...[...headers, 'Content-Type: application/json'].map((text) => `  -H ${quoted(text)}`), `  -d ${quoted(JSON.stringify(body))}`].join(' \\\n')
}

views.set('start', {
  title: 'Start here', nav: 'Start',
  load: async () => ({ info: page.info, catalog: await get('/fixtures'), sessions: (await get('/sessions?limit=1')).total }),
  draw: ({ info, catalog, sessions }) => [
    h('p', {}, 'Point your application at a base URL below and leave everything else as it is. What it does appears here at once. ',
      sessions ? link(hash('sessions'), `${sessions} ${sessions === 1 ? 'session' : 'sessions'} so far`, 'start-sessions') : 'There is no session yet: the curl command of a provider makes the first.'),
    info.providers.map((p) => {
      const [url, key] = variables[p.name] ?? [`${p.name.toUpperCase()}_API_URL`, `${p.name.toUpperCase()}_API_KEY`]
      const lines = [`${url}=${p.base_url}`, `${key}=${p.credential}`, p.webhook_secret && `${p.name.toUpperCase()}_WEBHOOK_SECRET=${p.webhook_secret}`].filter(Boolean).join('\n')
      return h('section', { class: 'box', test: `start-${p.name}`, 'aria-label': p.name }, h('h2', {}, p.name),
        facts(['Base URL', h('code', {}, p.base_url), `base-${p.name}`], ['Credential', h('code', {}, p.credential)], p.webhook_secret && ['Webhook secret', h('code', {}, p.webhook_secret)]),
        snippet('Environment', lines, `env-${p.name}`), first[p.name] && snippet('First session', firstCurl(p, catalog), `curl-${p.name}`))
    }),
  ],
})

// Sessions

views.set('sessions', {
  title: 'Sessions', nav: 'Sessions',
  frame: () => filters('sessions', anyProvider(), labelled('Status', select('status', 'filter-status', [['', 'All'], ...statuses], at.query.get('status') ?? '')),
    labelled('Show', select('limit', 'filter-limit', ['50', '200', '1000'], at.query.get('limit') ?? '50'))),
  load: () => get(`/sessions${query({ provider: at.query.get('provider'), status: at.query.get('status'), limit: at.query.get('limit') || 50 })}`),
  draw: ({ sessions, total }) => sessions.length === 0
    ? empty('no-sessions', 'No session here. ', link(hash('start'), 'Start here', 'to-start'), ' has a command that makes one.')
    : [h('p', { class: 'quiet', test: 'total' }, sessions.length < total ? `The latest ${sessions.length} of ${total}` : `${total} in all`),
      table('sessions', ['Session', 'Status', 'Amount', 'Provider', 'Created'], sessions.map((s) => Object.assign([
        link(hash('sessions', s.id), short(s.id), `session-${s.id}`), [pill(s.status, `status-${s.id}`), s.native_status !== s.status && h('small', {}, s.native_status)],
        money(s.amount, s.currency), s.provider, when(s.created_at)], { test: `row-${s.id}` })))],
})

const did = (action) => ({ pay: 'Paid', decline: 'Declined', confirm: 'Confirmed', settle: 'Settled', fail: 'Failed', cancel: 'Canceled', expire: 'Expired', force: 'Forced' })[action] ?? action

// actions are the buttons of what a session allows now.
function actions(s) {
  const instruments = page.info.providers.find((p) => p.name === s.provider)?.instruments ?? []
  const codes = [...new Set(instruments.map((i) => i.code).filter(Boolean))]
  const value = (name) => live().querySelector(`[data-testid="${name}"]`)?.value || undefined
  const special = { pay: ['instrument', 'act-instrument'], decline: ['code', 'act-code'], fail: ['code', 'act-code'], force: ['status', 'act-status'] }
  const run = (action) => async () => {
    const [name, field] = special[action] ?? []
    return call('POST', `/sessions/${encodeURIComponent(s.id)}/${action}`, { ...(name && { [name]: value(field) }), after: value('act-after'), webhooks: value('act-webhooks') })
  }
  const can = (...names) => names.some((name) => s.allowed.includes(name))
  const done = (action) => ({ session, events }) => (events.length ? `${did(action)}: the session is ${session.status}.` : `${did(action)} later, when the clock gets there.`)
  return h('section', { class: 'box', 'aria-labelledby': 'actions-title' }, h('h2', { id: 'actions-title' }, 'Actions'),
    h('div', { class: 'filters' },
      can('pay') && labelled('Pays with', select('instrument', 'act-instrument', [['', 'whatever it takes'], ...instruments.filter((i) => ['card', 'token', 'bank'].includes(i.kind)).map((i) => [i.value, `${i.value} ${i.does}`])])),
      can('decline', 'fail') && labelled('Decline code', select('code', 'act-code', [['', 'the general one'], ...codes])),
      can('force') && labelled('Force to', select('status', 'act-status', statuses, 'failed')),
      labelled('After', input('after', 'act-after', { placeholder: 'now, or 10m' })),
      labelled('Webhooks', select('webhooks', 'act-webhooks', [['', 'at once'], ['before_redirect', 'before the answer'], ['after_redirect', 'after the answer'], 'none']))),
    h('div', { class: 'buttons', test: 'actions' }, s.allowed.map((action) => button(action, `act-${action}`, run(action), done(action), { class: action === 'pay' && 'primary' }))))
}

// moments puts requests, events and attempts on one axis, the sandbox's time, and at one instant into the
// order in which they happened.
function moments({ requests, events, deliveries }) {
  const all = [
    ...requests.map((r) => ({ at: r.clock, place: r.after + 0.5, kind: 'request', test: `moment-request-${r.n}`, show: [link(hash('requests', r.n), `${r.method} ${r.path}`), ' ', pill(String(r.status)), r.problem && h('small', {}, r.problem)] })),
    ...events.map((e) => ({ at: e.at, place: e.seq, kind: e.native ? 'sent event' : 'event', test: `moment-event-${e.seq}`, show: [e.type, ' ', e.status && !e.native && pill(e.status)] })),
    ...deliveries.flatMap((d) => d.attempts.map((a) => ({ at: a.at, place: d.event.seq + 0.4, kind: 'webhook', test: `moment-delivery-${d.id}-${a.n}`,
      show: [link(hash('deliveries', d.id), `${d.event.type}, attempt ${a.n}`), ' ', pill(String(a.status ?? 'no answer')), a.error && h('small', {}, a.error)] }))),
    ...deliveries.filter((d) => d.next_at).map((d) => ({ at: d.next_at, place: d.event.seq + 0.4, kind: 'due', test: `moment-due-${d.id}`, show: [link(hash('deliveries', d.id), `${d.event.type}, attempt ${d.attempts.length + 1}`)] })),
  ]
  return all.map((m) => ({ ...m, time: instant(m.at) })).sort((a, b) => (a.time === b.time ? a.place - b.place : a.time < b.time ? -1 : 1))
}
// instant writes a time so that later ones sort behind, to the microsecond.
const instant = (text) => text.replace(/(?:\.(\d+))?Z$/, (_, fine = '') => `.${fine.padEnd(6, '0').slice(0, 6)}`)

views.set('session', {
  title: 'Session', parent: 'sessions',
  load: async () => {
    const about = query({ session: at.id })
    const [session, { requests }, { events }, { deliveries }] = await Promise.all([get(`/sessions/${encodeURIComponent(at.id)}`), get(`/requests${about}`), get(`/events${about}`), get(`/webhooks/deliveries${about}`)])
    return { session, requests: requests.map((r) => ({ n: r.n, clock: r.clock, after: r.after, method: r.method, path: r.path, status: r.status, problem: r.problem })), events, deliveries }
  },
  draw: ({ session: s, ...rest }) => [
    h('p', { class: 'lead' }, pill(s.status, 'session-status'), ' ', h('strong', { test: 'session-amount' }, money(s.amount, s.currency)), ' ', h('span', { class: 'quiet' }, s.provider)),
    facts(['Id', h('code', {}, s.id), 'session-id'], [`${s.provider}’s status`, s.native_status], s.decline_code && ['Last decline', s.decline_code], ['Created', when(s.created_at)],
      s.expires_at && ['Expires', when(s.expires_at)], /^https?:/.test(s.url) && ['Page', h('a', { href: s.url, target: '_blank', rel: 'noopener', test: 'checkout-link' }, 'Open the checkout page')]),
    s.allowed.length > 0 && actions(s),
    h('h2', {}, 'Timeline'),
    h('ol', { class: 'timeline', test: 'timeline' }, moments(rest).map((m) => h('li', { 'data-kind': m.kind, test: m.test }, when(m.at, true), h('span', { class: 'kind' }, m.kind), h('span', { class: 'what' }, m.show)))),
  ],
})

// Requests

const tags = (r) => [r.violations.length > 0 && pill(`${r.violations.length} invalid`), r.unread.length > 0 && pill(`${r.unread.length} unread`), r.decided_by !== 'state' && pill(`by ${r.decided_by}`)]

views.set('requests', {
  title: 'Requests', nav: 'Requests',
  frame: () => filters('requests', anyProvider(),
    labelled('Status', input('status', 'filter-answered', { placeholder: '4xx', pattern: '[1-5](\\d\\d|xx)', value: at.query.get('status') ?? '' })),
    labelled('Refused only', input('problem', 'filter-problem', { type: 'checkbox', value: 'true', checked: at.query.get('problem') === 'true' }), 'check'),
    labelled('With unread fields', input('unread', 'filter-unread', { type: 'checkbox', value: 'true', checked: at.query.get('unread') === 'true' }), 'check'),
    button('Clear the journal', 'clear-requests', () => call('DELETE', '/requests'), 'The journal is empty.')),
  load: async () => (await get(`/requests${query({ provider: at.query.get('provider'), status: at.query.get('status'), problem: at.query.get('problem'), unread: at.query.get('unread'), limit: 200 })}`)).requests
    .map(({ n, at, surface, operation, method, path, status, decided_by, violations, unread, problem }) => ({ n, at, surface, operation, method, path, status, decided_by, violations, unread, problem })).reverse(),
  draw: (requests) => requests.length === 0 ? empty('no-requests', 'No request here. Those to the providers are recorded, with why they were refused.')
    : table('requests', ['Request', 'Status', 'Notes', 'Time'], requests.map((r) => Object.assign([
      [link(hash('requests', r.n), `${r.method} /${r.surface}${r.path}`, `request-${r.n}`), h('small', {}, r.operation ?? 'no such route')], pill(String(r.status)), [tags(r), r.problem && h('small', {}, r.problem)], when(r.at)], { test: `row-request-${r.n}` }))),
})

const message = (title, m, test) => h('section', { class: 'box' }, h('h2', {}, title),
  m.body === null ? h('p', { class: 'quiet' }, 'No body.') : h('div', { test: `${test}-body` }, json(m.body.text ?? m.body)), m.cut && h('p', { class: 'quiet' }, `Only the first 64 KiB of ${m.size} bytes are kept.`),
  more(`${test}-headers`, 'Headers', code(Object.entries(m.headers).map(([name, value]) => `${name}: ${value}`).join('\n'))))

views.set('request', {
  title: 'Request', parent: 'requests',
  load: () => get(`/requests/${encodeURIComponent(at.id)}`),
  draw: (r) => [
    h('p', { class: 'lead' }, pill(String(r.status), 'request-status'), ' ', h('strong', {}, `${r.method} /${r.surface}${r.path}${r.query ? `?${r.query}` : ''}`)),
    h('div', { class: 'buttons' }, copy(() => get(`/requests/${r.n}?as=curl`), 'copy-curl', 'Copy as curl')),
    facts(['Operation', r.operation ?? 'none'], r.session && ['Session', link(hash('sessions', r.session), r.session, 'request-session')], ['Decided by', r.decided_by], ['Took', r.duration], ['Time', when(r.at, true)], ['On the sandbox’s clock', when(r.clock, true)]),
    r.problem && h('p', { class: 'messages bad', test: 'problem' }, r.problem, r.nearest && ` Nearest: ${r.nearest}.`),
    r.violations.length > 0 && [h('h2', {}, 'Invalid'), table('violations', ['Where', 'Rule', 'Why', 'Sent'], r.violations.map((v) => [h('code', {}, `${v.in} ${v.pointer}`), v.rule, [v.message ?? '', v.allowed?.length > 0 && h('small', {}, `Allowed: ${v.allowed.join(', ')}`)], v.value === undefined ? '' : h('code', {}, JSON.stringify(v.value))]))],
    r.unread.length > 0 && [h('h2', {}, 'Unread fields'), h('p', { class: 'quiet' }, 'Nothing here took notice of them. The provider may not know them either.'), h('ul', { class: 'list', test: 'unread' }, r.unread.map((text) => h('li', {}, h('code', {}, text))))],
    message('Sent', r.request, 'sent'), message('Answered', r.response, 'answered'),
  ],
})

// Deliveries

const attempt = (d, a) => h('li', { class: 'box' }, h('p', {}, `Attempt ${a.n} `, pill(String(a.status ?? 'no answer')), ' ', when(a.at, true), ' ', h('span', { class: 'quiet' }, `took ${a.duration}`)), a.error && h('p', { class: 'fault' }, a.error),
  more(`attempt-${d.id}-${a.n}`, 'Headers and answer', code(Object.entries(a.request.headers).map(([name, value]) => `${name}: ${value}`).join('\n')), a.response?.body ? code(a.response.body) : h('p', { class: 'quiet' }, 'The answer had no body.')))
const redeliver = (d) => button('Redeliver', `redeliver-${d.id}`, () => call('POST', `/webhooks/deliveries/${encodeURIComponent(d.id)}/redeliver`), (now) => `Sent once more: ${now.attempts.at(-1)?.status ?? now.attempts.at(-1)?.error ?? now.state}.`, { class: 'small', 'aria-label': `Redeliver ${d.event.type}` })

views.set('deliveries', {
  title: 'Webhook deliveries', nav: 'Deliveries',
  frame: () => [filters('deliveries', anyProvider(), labelled('State', select('state', 'filter-state', [['', 'All'], 'pending', 'delivered', 'failed', 'dropped'], at.query.get('state') ?? ''))),
    more('new-endpoint', 'Add an endpoint', form({ class: 'filters box', test: 'endpoint-form' }, ({ provider, url }) => call('POST', '/webhooks/endpoints', { provider, url }), 'The endpoint is added.',
      labelled('Provider', select('provider', 'endpoint-provider', providers())), labelled('URL', input('url', 'endpoint-url', { type: 'url', required: true, placeholder: 'http://localhost:3000/webhooks' }), 'field wide'), h('button', { class: 'primary', test: 'endpoint-add' }, 'Add')))],
  load: async () => {
    const [{ endpoints }, { deliveries }] = await Promise.all([get('/webhooks/endpoints'), get(`/webhooks/deliveries${chosen('provider', 'state')}`)])
    return { endpoints, deliveries: deliveries.reverse().slice(0, 200).map(({ body, ...d }) => d) }
  },
  draw: ({ endpoints, deliveries }) => [
    h('h2', {}, 'Endpoints'),
    endpoints.length === 0 ? empty('no-endpoints', 'No endpoint: nothing is sent. Add one above, or start with --webhook PROVIDER=URL.')
      : table('endpoints', ['URL', 'Provider', 'Events', ''], endpoints.map((e) => [[h('code', {}, e.url), !e.enabled && pill('disabled')], e.provider, e.events.join(', ') || 'all',
        button('Remove', `drop-${e.id}`, () => call('DELETE', `/webhooks/endpoints/${encodeURIComponent(e.id)}`), 'The endpoint is removed.', { class: 'small', 'aria-label': `Remove ${e.url}` })])),
    h('div', { class: 'head' }, h('h2', {}, 'Deliveries'), deliveries.some((d) => d.state === 'failed') && button('Redeliver all that failed', 'redeliver-failed', () => call('POST', '/webhooks/deliveries/redeliver'), (r) => `${r.deliveries.length} sent once more.`, { class: 'small' })),
    deliveries.length === 0 ? empty('no-deliveries', 'No delivery here.')
      : table('deliveries', ['Event', 'State', 'Attempts', 'Next', ''], deliveries.map((d) => Object.assign([
        [link(hash('deliveries', d.id), d.event.type, `delivery-${d.id}`), h('small', {}, short(d.event.session))], [pill(d.state, `state-${d.id}`), d.reason && h('small', {}, d.reason)],
        [String(d.attempts.length), d.attempts.length > 0 && h('small', {}, `last: ${d.attempts.at(-1).status ?? d.attempts.at(-1).error}`)], d.next_at ? when(d.next_at) : '', redeliver(d)], { test: `row-delivery-${d.id}` }))),
  ],
})

views.set('delivery', {
  title: 'Webhook delivery', parent: 'deliveries',
  load: async () => (await get('/webhooks/deliveries?limit=10000')).deliveries.find((d) => d.id === at.id) ?? null,
  draw: (d) => d === null ? empty('no-delivery', 'There is no such delivery any more.') : [
    h('p', { class: 'lead' }, pill(d.state, 'delivery-state'), ' ', h('strong', {}, d.event.type)), h('div', { class: 'buttons' }, redeliver(d)),
    facts(['Id', h('code', {}, d.event.id)], d.event.session && ['Session', link(hash('sessions', d.event.session), d.event.session, 'delivery-session')], ['Endpoint', h('code', {}, d.endpoint)], d.reason && ['Why', d.reason], d.next_at && ['Next attempt', when(d.next_at)]),
    h('h2', {}, 'Attempts'), d.attempts.length === 0 ? empty('no-attempts', 'None yet.') : h('ol', { class: 'list', test: 'attempts' }, d.attempts.map((a) => attempt(d, a))),
    d.body !== null && [h('h2', {}, 'Body'), h('div', { test: 'delivery-body' }, json(parsed(d.body) ?? d.body))],
  ],
})

// Clock

const due = (f) => f.skipped ? `${f.action}, skipped: ${f.skipped}` : [f.action, ...f.events.map((e) => e.type), f.delivery && `webhook ${f.delivery.event.type}`].filter(Boolean).join(', ')
let fired = null
const moved = (c) => {
  fired = c.fired
  page.drawn = ''
  return `It is ${day(c.now)} ${clockTime(c.now)} now. ${c.fired.length === 1 ? 'One thing' : `${c.fired.length || 'No'} things`} fell due.`
}

views.set('clock', {
  title: 'Clock', nav: 'Clock', below: true,
  frame: () => [
    h('section', { class: 'box', 'aria-label': 'Advance' }, form({ class: 'filters', test: 'advance-form' }, ({ by }) => call('POST', '/clock/advance', { by }), moved,
      labelled('Advance by', input('by', 'advance-by', { required: true, value: '1h' })), h('button', { class: 'primary', test: 'advance' }, 'Advance')),
    h('div', { class: 'buttons' }, ['10m', '1h', '24h', '168h'].map((by) => button(`+${by}`, `advance-${by}`, () => call('POST', '/clock/advance', { by }), moved, { class: 'small' })))),
    h('section', { class: 'box', 'aria-label': 'Set' }, form({ class: 'filters', test: 'set-form' }, ({ to }) => call('POST', '/clock/set', { to }), moved,
      labelled('Set to', input('to', 'set-to', { required: true, placeholder: '2027-01-01T00:00:00Z' })), h('button', { test: 'set' }, 'Set')))],
  load: async () => { const { frozen } = await get('/clock'); return { frozen, fired } },
  draw: (c) => [
    h('p', { class: 'lead' }, pill(c.frozen ? 'frozen' : 'running', 'clock-state')),
    h('div', { class: 'buttons' }, c.frozen ? button('Resume', 'resume', () => call('POST', '/clock/resume'), 'The clock runs.') : button('Freeze', 'freeze', () => call('POST', '/clock/freeze'), 'The clock stands still.')),
    fired && [h('h2', {}, 'What fell due'), fired.length === 0 ? empty('nothing-fired', 'Nothing.') : h('ol', { class: 'timeline', test: 'fired' },
      fired.slice(0, 200).map((f) => h('li', { 'data-kind': f.delivery ? 'webhook' : 'event' }, when(f.at), h('span', { class: 'kind' }, f.delivery ? 'webhook' : 'session'), h('span', { class: 'what' }, due(f), f.session && [' ', link(hash('sessions', f.session), short(f.session))]))))],
  ],
})

// Faults

const effects = { status: (v) => ({ status: Number(v.status || 500), ...(v.code && { code: v.code }) }), rate_limit: () => ({ rate_limit: true }), hang: () => ({ hang: true }), reset: () => ({ reset: true }), empty: () => ({ empty: true }),
  truncate: () => ({ truncate: 20 }), garbage: () => ({ garbage: true }), drip: () => ({ drip: true }), delay: () => ({}) }
const arm = (v) => call('POST', '/faults', {
  match: Object.fromEntries(['provider', 'operation', 'path'].filter((name) => v[name]).map((name) => [name, v[name]])),
  effect: { ...effects[v.kind](v), ...(v.delay && { delay: v.delay }) }, phase: v.phase, ...(v.times && { times: Number(v.times) }),
})
const words = (o) => Object.entries(o).map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`).join(', ')

views.set('faults', {
  title: 'Faults', nav: 'Faults',
  frame: () => form({ class: 'filters box', test: 'fault-form' }, arm, (f) => `${f.id} is armed.`,
    labelled('Provider', select('provider', 'fault-provider', [['', 'Any'], ...providers()])), labelled('Operation', input('operation', 'fault-operation', { placeholder: 'any, or createCheckout' })), labelled('Path', input('path', 'fault-path', { placeholder: 'any, or /v1/**' })),
    labelled('Effect', select('kind', 'fault-kind', [['status', 'error status'], ['rate_limit', 'rate limit (429)'], ['delay', 'delay alone'], 'hang', ['reset', 'connection reset'], ['empty', 'no byte'], ['truncate', 'truncated body'], ['garbage', 'not HTTP'], ['drip', 'slow body']])),
    labelled('Status', input('status', 'fault-status', { type: 'number', min: 400, max: 599, value: 500 })), labelled('Code', input('code', 'fault-code', { placeholder: 'the status’s own' })), labelled('Delay', input('delay', 'fault-delay', { placeholder: 'none, or 2s' })),
    labelled('Times', input('times', 'fault-times', { type: 'number', min: 1, placeholder: 'always' })), labelled('Phase', select('phase', 'fault-phase', [['before', 'before: not served'], ['after', 'after: served, answer lost']])), h('button', { class: 'primary', test: 'fault-add' }, 'Arm')),
  load: () => get('/faults'),
  draw: ({ faults }) => faults.length === 0 ? empty('no-faults', 'No fault is armed: every request is answered as the provider would.') : [
    table('faults', ['Fault', 'Requests', 'Effect', 'Hits', 'Left', ''], faults.map((f) => Object.assign([f.id, words(f.match) || 'all', [words(f.effect), f.phase === 'after' && h('small', {}, 'after')], h('span', { test: `hits-${f.id}` }, String(f.hits)), f.left === null ? 'always' : String(f.left),
      button('Remove', `drop-${f.id}`, () => call('DELETE', `/faults/${encodeURIComponent(f.id)}`), `${f.id} is removed.`, { class: 'small', 'aria-label': `Remove ${f.id}` })], { test: `row-${f.id}` }))),
    h('div', { class: 'buttons' }, button('Remove all', 'clear-faults', () => call('DELETE', '/faults'), 'No fault is armed.'))],
})

// Catalog

const named = (o) => [o.name, o.email, o.code, o.description].find((text) => typeof text === 'string' && text) ?? ''
views.set('catalog', {
  title: 'Catalog', nav: 'Catalog',
  load: () => get('/fixtures'),
  draw: (all) => Object.entries(all).map(([provider, kinds]) => [h('h2', {}, provider), Object.entries(kinds).map(([kind, list]) => more(`catalog-${provider}-${kind}`, `${kind} (${list.length})`,
    h('ul', { class: 'list' }, list.map((o) => h('li', {}, more(`object-${provider}-${o.id}`, [h('code', {}, o.id), ' ', named(o)], json(o)))))))]),
})

// Sandboxes

views.set('sandboxes', {
  title: 'Sandboxes', nav: 'Sandboxes',
  frame: () => form({ class: 'filters box', test: 'sandbox-form' }, (v) => call('POST', '/sandboxes', { name: v.name, ...(v.seed && { seed: Number(v.seed) }), ...(v.start && { start: v.start }) }), (s) => `${s.name} is made.`,
    labelled('Name', input('name', 'sandbox-name', { required: true, pattern: '[A-Za-z0-9][A-Za-z0-9._\\-]{0,63}' })), labelled('Seed', input('seed', 'sandbox-seed', { type: 'number', min: 0, placeholder: 'the process’s' })),
    labelled('Start', input('start', 'sandbox-start', { placeholder: 'now, or 2026-01-01T00:00:00Z' })), h('button', { class: 'primary', test: 'sandbox-add' }, 'Make')),
  load: async () => (await get('/sandboxes')).sandboxes.map(({ now, last_used_at, ...s }) => s),
  draw: (all) => table('sandboxes', ['Sandbox', 'Sessions', 'Requests', 'Events', 'Clock', ''], all.map((s) => [
    h('a', { href: `#/${encodeURIComponent(s.name)}/sessions`, test: `sandbox-${s.name}`, 'aria-current': s.name === at.box && 'true' }, s.name), String(s.sessions), String(s.requests), String(s.events), s.frozen ? 'frozen' : 'running',
    s.name === at.box ? button('Reset', 'reset', () => call('POST', '/reset'), `${s.name} is as it was at first use.`, { class: 'small' })
      : button('Drop', `drop-${s.name}`, () => call('DELETE', `/sandboxes/${encodeURIComponent(s.name)}`), `${s.name} is forgotten.`, { class: 'small', 'aria-label': `Drop ${s.name}` })])),
})

// The bar and the way between views

async function readClock() {
  const [clock, { sandboxes }] = await Promise.all([get('/clock'), get('/sandboxes')])
  page.clock = clock
  page.read = performance.now()
  tick()
  const names = [...new Set([at.box, ...sandboxes.map((s) => s.name)])].sort()
  if (names.join() === page.boxes.join()) return
  page.boxes = names
  byId('sandbox').replaceChildren(...names.map((name) => h('option', { value: name, selected: name === at.box }, name)))
}

function tick() {
  if (!page.clock) return
  const now = new Date(Date.parse(page.clock.now) + (page.clock.frozen ? 0 : performance.now() - page.read)).toISOString()
  byId('now').textContent = `${day(now)} ${clockTime(now)} UTC${page.clock.frozen ? ', frozen' : ''}`
}

const singular = { sessions: 'session', requests: 'request', deliveries: 'delivery' }
function route() {
  const [way, search = ''] = location.hash.replace(/^#\/?/, '').split('?')
  const [box, view, id] = way.split('/').map((part) => { try { return decodeURIComponent(part) } catch { return '' } })
  at.box = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(box ?? '') ? box : 'default'
  at.view = id && singular[view] ? singular[view] : views.get(view)?.nav ? view : 'start'
  at.id = id ?? ''
  at.query = new URLSearchParams(search)
}

async function show(moved) {
  const before = at.box
  route()
  const view = views.get(at.view)
  const current = view.parent ?? at.view
  byId('nav').replaceChildren(...[...views].filter(([, v]) => v.nav).map(([name, v]) => h('a', { href: hash(name), test: `nav-${name}`, 'aria-current': name === current && 'page' }, v.nav)))
  byId('title').textContent = view.title
  document.title = `${view.title} · ${at.box} · localcheckout`
  if (moved) {
    say('')
    document.getElementById('main').focus()
  }
  if (moved && before !== at.box) connect()
  page.drawn = ''
  if (page.boxes.length) byId('sandbox').value = at.box
  const place = h('div', { id: 'live', 'aria-busy': 'true' }, h('p', { class: 'empty', test: 'loading' }, 'Loading'))
  document.getElementById('view').replaceChildren(place)
  try {
    if (!page.info || before !== at.box) page.info = await get('/info')
  } catch (err) {
    page.info = null
    place.removeAttribute('aria-busy')
    fail(place, err)
    return
  }
  if (place !== live()) return
  const frame = [view.frame?.()].flat().filter(Boolean)
  view.below ? place.after(...frame) : place.before(...frame)
  await refresh()
}

function start() {
  connect()
  return show(false)
}

byId('sandbox').addEventListener('change', (event) => (location.hash = `#/${encodeURIComponent(event.target.value)}/${views.get(at.view).parent ?? at.view}`))
byId('skip').addEventListener('click', (event) => {
  event.preventDefault()
  document.getElementById('main').focus()
})
addEventListener('hashchange', () => show(true))
document.addEventListener('visibilitychange', () => { connect(); if (!document.hidden) soon() })
setInterval(tick, 1000)
// What nothing in the streams tells of: another client's clock and faults, attempts under way.
setInterval(() => { if (!document.hidden) page.info ? refresh() : !document.getElementById('token') && start() }, 3000)
start()
