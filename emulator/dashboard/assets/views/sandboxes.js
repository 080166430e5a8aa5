// The sandboxes there are. The one that is looked at is reset, the others are dropped.

import { at, call, get } from '../api.js'
import { form, small } from '../actions.js'
import { h, input, labelled, table } from '../elements.js'

const make = (v) => call('POST', '/sandboxes', { name: v.name, ...(v.seed && { seed: Number(v.seed) }), ...(v.start && { start: v.start }) })

function end(s) {
  if (s.name === at.box) return small('Reset', 'reset', () => call('POST', '/reset'), `${s.name} is as it was at first use.`)
  return small('Drop', `drop-${s.name}`, () => call('DELETE', `/sandboxes/${encodeURIComponent(s.name)}`), `${s.name} is forgotten.`, s.name)
}

export const sandboxes = {
  title: 'Sandboxes', nav: 'Sandboxes',
  frame: () => form({ class: 'filters box', test: 'sandbox-form' }, make, (s) => `${s.name} is made.`,
    labelled('Name', input('name', 'sandbox-name', { required: true, pattern: '[A-Za-z0-9][A-Za-z0-9._\\-]{0,63}' })),
    labelled('Seed', input('seed', 'sandbox-seed', { type: 'number', min: 0, placeholder: 'the process’s' })),
    labelled('Start', input('start', 'sandbox-start', { placeholder: 'now, or 2026-01-01T00:00:00Z' }), { class: 'field wide' }),
    h('button', { class: 'primary', test: 'sandbox-add' }, 'Make')),
  load: async () => (await get('/sandboxes')).sandboxes.map(({ now, last_used_at, ...s }) => s),
  draw: (all) => table('sandboxes', ['Sandbox', 'Sessions', 'Requests', 'Events', 'Clock', ''], all.map((s) => [
    h('a', { href: `#/${encodeURIComponent(s.name)}/sessions`, test: `sandbox-${s.name}`, 'aria-current': s.name === at.box && 'true' }, s.name),
    String(s.sessions), String(s.requests), String(s.events), s.frozen ? 'frozen' : 'running', end(s),
  ])),
}
