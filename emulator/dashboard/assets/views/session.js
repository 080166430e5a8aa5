// One session: how it stands, what is allowed now, and everything about it on one axis of time.

import { at, call, get, page, query } from '../api.js'
import { button } from '../actions.js'
import { byId, facts, h, hash, input, labelled, link, money, pill, select, when } from '../elements.js'
import { statuses } from './sessions.js'

const past = {
  pay: 'Paid', decline: 'Declined', confirm: 'Confirmed', settle: 'Settled', fail: 'Failed', cancel: 'Canceled', expire: 'Expired', force: 'Forced',
}

// argued are the actions that take one word more: its name, and the field that has it.
const argued = { pay: ['instrument', 'act-instrument'], decline: ['code', 'act-code'], fail: ['code', 'act-code'], force: ['status', 'act-status'] }

const typed = (test) => byId(test)?.value || undefined

function act(s, action) {
  const run = () => {
    const [name, field] = argued[action] ?? []
    return call('POST', `/sessions/${encodeURIComponent(s.id)}/${action}`,
      { ...(name && { [name]: typed(field) }), after: typed('act-after'), webhooks: typed('act-webhooks') })
  }
  const done = ({ session, events }) =>
    events.length ? `${past[action] ?? action}: the session is ${session.status}.` : `${past[action] ?? action} later, when the clock gets there.`
  return button(action, `act-${action}`, run, done, { class: action === 'pay' && 'primary' })
}

// actions are the buttons of what the session allows now, and what goes with them.
function actions(s) {
  const instruments = page.info.providers.find((p) => p.name === s.provider)?.instruments ?? []
  const pays = instruments.filter((i) => ['card', 'token', 'bank'].includes(i.kind)).map((i) => [i.value, `${i.value} ${i.does}`])
  const codes = [...new Set(instruments.map((i) => i.code).filter(Boolean))]
  const can = (...names) => names.some((name) => s.allowed.includes(name))
  return h('section', { class: 'box', 'aria-labelledby': 'actions-title' }, h('h2', { id: 'actions-title' }, 'Actions'),
    h('div', { class: 'filters' },
      can('pay') && labelled('Pays with', select('instrument', 'act-instrument', [['', 'whatever it takes'], ...pays])),
      can('decline', 'fail') && labelled('Decline code', select('code', 'act-code', [['', 'the general one'], ...codes])),
      can('force') && labelled('Force to', select('status', 'act-status', statuses, 'failed')),
      labelled('After', input('after', 'act-after', { placeholder: 'now, or 10m' })),
      labelled('Webhooks', select('webhooks', 'act-webhooks',
        [['', 'at once'], ['before_redirect', 'before the answer'], ['after_redirect', 'after the answer'], 'none']))),
    h('div', { class: 'buttons', test: 'actions' }, s.allowed.map((action) => act(s, action))))
}

// instant writes a time so that later ones sort behind, to the microsecond.
const instant = (text) => text.replace(/(?:\.(\d+))?Z$/, (_, fine = '') => `.${fine.padEnd(6, '0').slice(0, 6)}`)

const requestMoment = (r) => ({
  at: r.clock, place: r.after + 0.5, kind: 'request', test: `moment-request-${r.n}`,
  show: [link(hash('requests', r.n), `${r.method} ${r.path}`), ' ', pill(String(r.status)), r.problem && h('small', {}, r.problem)],
})
const eventMoment = (e) => ({
  at: e.at, place: e.seq, kind: e.native ? 'sent event' : 'event', test: `moment-event-${e.seq}`,
  show: [e.type, ' ', e.status && !e.native && pill(e.status)],
})
const attemptMoment = (d, a) => ({
  at: a.at, place: d.event.seq + 0.4, kind: 'webhook', test: `moment-delivery-${d.id}-${a.n}`,
  show: [link(hash('deliveries', d.id), `${d.event.type}, attempt ${a.n}`), ' ', pill(String(a.status ?? 'no answer')), a.error && h('small', {}, a.error)],
})
const dueMoment = (d) => ({
  at: d.next_at, place: d.event.seq + 0.4, kind: 'due', test: `moment-due-${d.id}`,
  show: [link(hash('deliveries', d.id), `${d.event.type}, attempt ${d.attempts.length + 1}`)],
})

// moments puts requests, events and attempts on one axis, the sandbox's time, and at one instant into the
// order in which they happened: place is among the numbers of the events.
function moments({ requests, events, deliveries }) {
  const all = [
    ...requests.map(requestMoment), ...events.map(eventMoment),
    ...deliveries.flatMap((d) => d.attempts.map((a) => attemptMoment(d, a))),
    ...deliveries.filter((d) => d.next_at).map(dueMoment),
  ]
  return all.map((m) => ({ ...m, time: instant(m.at) }))
    .sort((a, b) => (a.time === b.time ? a.place - b.place : a.time < b.time ? -1 : 1))
}

// outline is what the timeline shows of a request.
const outline = ({ n, clock, after, method, path, status, problem }) => ({ n, clock, after, method, path, status, problem })

export const session = {
  title: 'Session', parent: 'sessions',
  load: async () => {
    const about = query({ session: at.id })
    const [session, { requests }, { events }, { deliveries }] = await Promise.all([
      get(`/sessions/${encodeURIComponent(at.id)}`), get(`/requests${about}`), get(`/events${about}`), get(`/webhooks/deliveries${about}`),
    ])
    return { session, requests: requests.map(outline), events, deliveries }
  },
  draw: ({ session: s, ...rest }) => [
    h('p', { class: 'lead' }, pill(s.status, 'session-status'), ' ', h('strong', { test: 'session-amount' }, money(s.amount, s.currency)), ' ',
      h('span', { class: 'quiet' }, s.provider)),
    facts(['Id', h('code', {}, s.id), 'session-id'], [`${s.provider}’s status`, s.native_status], s.decline_code && ['Last decline', s.decline_code],
      ['Created', when(s.created_at)], s.expires_at && ['Expires', when(s.expires_at)],
      /^https?:/.test(s.url) && ['Page', h('a', { href: s.url, target: '_blank', rel: 'noopener', test: 'checkout-link' }, 'Open the checkout page')]),
    s.allowed.length > 0 && actions(s),
    h('h2', {}, 'Timeline'),
    h('ol', { class: 'timeline', test: 'timeline' }, moments(rest).map((m) =>
      h('li', { 'data-kind': m.kind, test: m.test }, when(m.at, true), h('span', { class: 'kind' }, m.kind), h('span', { class: 'what' }, m.show)))),
  ],
}
