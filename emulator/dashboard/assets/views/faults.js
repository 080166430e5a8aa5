// Faults: which requests fail, how, and how often. The form has every word of the control API; those that
// most faults need come first.

import { call, get, parsed } from '../api.js'
import { button, form, providers, small } from '../actions.js'
import { empty, h, input, labelled, more, row, select, table, words } from '../elements.js'

const number = (text, otherwise) => (text === '' ? otherwise : Number(text))

// effects are the kinds: their names here, and what the fields of one become.
const effects = {
  status: ['error status', (v) => ({ status: number(v.status, 500), ...(v.code && { code: v.code }) })],
  rate_limit: ['rate limit (429)', (v) => ({ rate_limit: v.limit || v.reset ? { limit: number(v.limit, 100), reset: v.reset || '30s' } : true })],
  delay: ['delay alone', () => ({})],
  hang: ['hang', () => ({ hang: true })],
  reset: ['connection reset', () => ({ reset: true })],
  empty: ['no byte', () => ({ empty: true })],
  truncate: ['truncated body', (v) => ({ truncate: number(v.bytes, 20) })],
  garbage: ['not HTTP', () => ({ garbage: true })],
  drip: ['slow body', (v) => ({ drip: v.chunk || v.pause ? { chunk: number(v.chunk, 10), every: v.pause || '100ms' } : true })],
}
const spoils = (kind) => kind === 'truncate' || kind === 'drip' // the answer: they are always after

// hows are the ways to compare the value at a place.
const hows = ['is', 'contains', ['regex', 'matches'], ['exists', 'is there'], ['missing', 'is not there']]

function matcher(how, text) {
  if (how === 'exists' || how === 'missing') return { exists: how === 'exists' }
  if (how === 'is') return parsed(text) ?? text
  return { [how]: text }
}

function matched(v) {
  const plain = ['provider', 'operation', 'method', 'path', 'session'].filter((name) => v[name]).map((name) => [name, v[name]])
  const header = v.header && { [v.header]: v.header_how === 'is' ? v.header_value : matcher(v.header_how, v.header_value) }
  const body = v.body && { [v.body]: matcher(v.body_how, v.body_value) }
  return { ...Object.fromEntries(plain), ...(header && { header }), ...(body && { body }) }
}

const arm = (v) => call('POST', '/faults', {
  match: matched(v),
  effect: { ...effects[v.kind][1](v), ...(v.delay && { delay: v.delay }) },
  ...(!spoils(v.kind) && { phase: v.phase }),
  ...(v.times && { times: Number(v.times) }), ...(v.every && { every: Number(v.every) }), ...(v.chance && { chance: Number(v.chance) }),
})

// of shows a field with the kinds of effects that it belongs to alone.
const of = (kinds, field) => Object.assign(field, { kinds: kinds.split(' ') })

function addFault() {
  const parts = [
    of('status', labelled('Status', input('status', 'fault-status', { type: 'number', min: 400, max: 599, value: 500 }))),
    of('status', labelled('Code', input('code', 'fault-code', { placeholder: 'the status’s own' }))),
    of('rate_limit', labelled('Limit', input('limit', 'fault-limit', { type: 'number', min: 1, placeholder: '100' }))),
    of('rate_limit', labelled('Until reset', input('reset', 'fault-reset', { placeholder: '30s' }))),
    of('truncate', labelled('Bytes that come', input('bytes', 'fault-bytes', { type: 'number', min: 0, placeholder: '20' }))),
    of('drip', labelled('Bytes at a time', input('chunk', 'fault-chunk', { type: 'number', min: 1, placeholder: '10' }))),
    of('drip', labelled('One piece each', input('pause', 'fault-pause', { placeholder: '100ms' }))),
    labelled('Delay', input('delay', 'fault-delay', { placeholder: 'none, or 2s' })),
    of('status rate_limit delay hang reset empty garbage', labelled('Phase', select('phase', 'fault-phase',
      [['before', 'before: not served'], ['after', 'after: served, answer lost']]))),
    labelled('Times', input('times', 'fault-times', { type: 'number', min: 1, placeholder: 'always' })),
  ]
  const kind = select('kind', 'fault-kind', Object.entries(effects).map(([name, [text]]) => [name, text]))
  const fit = () => parts.forEach((part) => (part.hidden = part.kinds !== undefined && !part.kinds.includes(kind.value)))
  kind.addEventListener('change', fit)
  fit()
  return form({ class: 'box', test: 'fault-form' }, arm, (f) => `${f.id} is armed.`,
    h('div', { class: 'filters' },
      labelled('Provider', select('provider', 'fault-provider', [['', 'Any'], ...providers()])),
      labelled('Operation', input('operation', 'fault-operation', { placeholder: 'any, or createCheckout' })),
      labelled('Effect', kind), parts),
    more('fault-more', 'Match more closely, or less often', h('div', { class: 'filters' },
      labelled('Method', select('method', 'fault-method', [['', 'Any'], 'GET', 'POST', 'PATCH', 'PUT', 'DELETE'])),
      labelled('Path', input('path', 'fault-path', { placeholder: 'any, or /v1/**' })),
      labelled('Session', input('session', 'fault-session', { placeholder: 'any' })),
      labelled('Every n-th', input('every', 'fault-every', { type: 'number', min: 1, placeholder: 'each' })),
      labelled('Chance', input('chance', 'fault-chance', { type: 'number', min: 0, max: 1, step: 0.01, placeholder: '1' }))),
    compared('Header', 'header', 'X-Test'), compared('Field of the body', 'body', '/customer_email')),
    h('div', { class: 'buttons' }, h('button', { class: 'primary', test: 'fault-add' }, 'Arm')))
}

// compared are the three fields that compare what stands at one place.
const compared = (text, name, example) => h('div', { class: 'filters' },
  labelled(text, input(name, `fault-${name}`, { placeholder: `none, or ${example}` })),
  labelled('Comparison', select(`${name}_how`, `fault-${name}-how`, hows)),
  labelled('Value', input(`${name}_value`, `fault-${name}-value`), { class: 'field wide' }))

const often = (f) => [
  f.left === null ? 'always' : String(f.left), f.every > 1 && h('small', {}, `every ${f.every}.`), f.chance < 1 && h('small', {}, `chance ${f.chance}`),
]

const faultRow = (f) => row([
  f.id, words(f.match) || 'all', [words(f.effect), f.phase === 'after' && h('small', {}, 'after')],
  h('span', { test: `hits-${f.id}` }, String(f.hits)), often(f),
  small('Remove', `drop-${f.id}`, () => call('DELETE', `/faults/${encodeURIComponent(f.id)}`), `${f.id} is removed.`, f.id),
], `row-${f.id}`)

export const faults = {
  title: 'Faults', nav: 'Faults',
  frame: addFault,
  load: () => get('/faults'),
  draw: ({ faults }) => faults.length === 0 ? empty('no-faults', 'No fault is armed: every request is answered as the provider would.') : [
    table('faults', ['Fault', 'Requests', 'Effect', 'Hits', 'Left', ''], faults.map(faultRow)),
    h('div', { class: 'buttons' }, button('Remove all', 'clear-faults', () => call('DELETE', '/faults'), 'No fault is armed.')),
  ],
}
