// Webhook endpoints, what is sent to them, and one delivery with its attempts.

import { at, call, get, parsed } from '../api.js'
import { anyProvider, asked, chosen, filters, form, providers, small } from '../actions.js'
import { code, empty, facts, h, hash, headerLines, input, json, labelled, link, more, pill, row, select, short, table, when } from '../elements.js'

function redeliver(d) {
  const came = (now) => {
    const last = now.attempts.at(-1)
    return `Sent once more: ${last?.status ?? last?.error ?? now.state}.`
  }
  return small('Redeliver', `redeliver-${d.id}`, () => call('POST', `/webhooks/deliveries/${encodeURIComponent(d.id)}/redeliver`), came, d.event.type)
}

const addEndpoint = () => more('new-endpoint', 'Add an endpoint',
  form({ class: 'filters box', test: 'endpoint-form' }, ({ provider, url }) => call('POST', '/webhooks/endpoints', { provider, url }), 'The endpoint is added.',
    labelled('Provider', select('provider', 'endpoint-provider', providers())),
    labelled('URL', input('url', 'endpoint-url', { type: 'url', required: true, placeholder: 'http://localhost:3000/webhooks' }), { class: 'field wide' }),
    h('button', { class: 'primary', test: 'endpoint-add' }, 'Add')))

const endpointRow = (e) => [
  [h('code', {}, e.url), !e.enabled && pill('disabled')], e.provider, e.events.join(', ') || 'all',
  small('Remove', `drop-${e.id}`, () => call('DELETE', `/webhooks/endpoints/${encodeURIComponent(e.id)}`), 'The endpoint is removed.', e.url),
]

const deliveryRow = (d) => row([
  [link(hash('deliveries', d.id), d.event.type, `delivery-${d.id}`), h('small', {}, short(d.event.session))],
  [pill(d.state, `state-${d.id}`), d.reason && h('small', {}, d.reason)],
  [String(d.attempts.length), d.attempts.length > 0 && h('small', {}, `last: ${d.attempts.at(-1).status ?? d.attempts.at(-1).error}`)],
  d.next_at ? when(d.next_at) : '', redeliver(d),
], `row-delivery-${d.id}`)

const redeliverFailed = () => small('Redeliver all that failed', 'redeliver-failed', () => call('POST', '/webhooks/deliveries/redeliver'),
  (r) => `${r.deliveries.length} sent once more.`)

export const deliveries = {
  title: 'Webhook deliveries', nav: 'Deliveries',
  frame: () => [
    filters('deliveries', anyProvider(),
      labelled('State', select('state', 'filter-state', [['', 'All'], 'pending', 'delivered', 'failed', 'dropped'], chosen('state')))),
    addEndpoint(),
  ],
  load: async () => {
    const [{ endpoints }, { deliveries }] = await Promise.all([get('/webhooks/endpoints'), get(`/webhooks/deliveries${asked(['provider', 'state'])}`)])
    return { endpoints, deliveries: deliveries.reverse().slice(0, 200).map(({ body, ...d }) => d) }
  },
  draw: ({ endpoints, deliveries }) => [
    h('h2', {}, 'Endpoints'),
    endpoints.length === 0 ? empty('no-endpoints', 'No endpoint: nothing is sent. Add one above, or start with --webhook PROVIDER=URL.')
      : table('endpoints', ['URL', 'Provider', 'Events', ''], endpoints.map(endpointRow)),
    h('div', { class: 'head' }, h('h2', {}, 'Deliveries'), deliveries.some((d) => d.state === 'failed') && redeliverFailed()),
    deliveries.length === 0 ? empty('no-deliveries', 'No delivery here.')
      : table('deliveries', ['Event', 'State', 'Attempts', 'Next', ''], deliveries.map(deliveryRow)),
  ],
}

const attempt = (d, a) => h('li', { class: 'box' },
  h('p', {}, `Attempt ${a.n} `, pill(String(a.status ?? 'no answer')), ' ', when(a.at, true), ' ', h('span', { class: 'quiet' }, `took ${a.duration}`)),
  a.error && h('p', { class: 'fault' }, a.error),
  more(`attempt-${d.id}-${a.n}`, 'Headers and answer', code(headerLines(a.request.headers)),
    a.response?.body ? code(a.response.body) : h('p', { class: 'quiet' }, 'The answer had no body.')))

export const delivery = {
  title: 'Webhook delivery', parent: 'deliveries',
  load: async () => (await get('/webhooks/deliveries?limit=10000')).deliveries.find((d) => d.id === at.id) ?? null,
  draw: (d) => d === null ? empty('no-delivery', 'There is no such delivery any more.') : [
    h('p', { class: 'lead' }, pill(d.state, 'delivery-state'), ' ', h('strong', {}, d.event.type)),
    h('div', { class: 'buttons' }, redeliver(d)),
    facts(['Id', h('code', {}, d.event.id)], d.event.session && ['Session', link(hash('sessions', d.event.session), d.event.session, 'delivery-session')],
      ['Endpoint', h('code', {}, d.endpoint)], d.reason && ['Why', d.reason], d.next_at && ['Next attempt', when(d.next_at)]),
    h('h2', {}, 'Attempts'),
    d.attempts.length === 0 ? empty('no-attempts', 'None yet.') : h('ol', { class: 'list', test: 'attempts' }, d.attempts.map((a) => attempt(d, a))),
    d.body !== null && [h('h2', {}, 'Body'), h('div', { test: 'delivery-body' }, json(parsed(d.body) ?? d.body))],
  ],
}
