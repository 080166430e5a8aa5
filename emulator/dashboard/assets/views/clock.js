// The sandbox's clock: stopped, moved on, and what that caused.

import { call, get } from '../api.js'
import { button, form, small } from '../actions.js'
import { clockTime, day, empty, h, hash, input, labelled, link, pill, short, when } from '../elements.js'
import { forget } from '../live.js'

const shownAtMost = 200 // of what fell due

let fired = null // by the last move, in this page

function moved(c) {
  fired = c.fired
  forget()
  const count = ['Nothing', 'One thing'][c.fired.length] ?? `${c.fired.length} things`
  return `It is ${day(c.now)} ${clockTime(c.now)} now. ${count} fell due.`
}

const advance = (by) => call('POST', '/clock/advance', { by })

const what = (f) => f.skipped ? `${f.action}, skipped: ${f.skipped}`
  : [f.action, ...f.events.map((e) => e.type), f.delivery && `webhook ${f.delivery.event.type}`].filter(Boolean).join(', ')

const firedRow = (f) => h('li', { 'data-kind': f.delivery ? 'webhook' : 'event' }, when(f.at),
  h('span', { class: 'kind' }, f.delivery ? 'webhook' : 'session'),
  h('span', { class: 'what' }, what(f), f.session && [' ', link(hash('sessions', f.session), short(f.session))]))

export const clock = {
  title: 'Clock', nav: 'Clock', frameBelow: true,
  frame: () => [
    h('section', { class: 'box', 'aria-label': 'Advance' },
      form({ class: 'filters', test: 'advance-form' }, ({ by }) => advance(by), moved,
        labelled('Advance by', input('by', 'advance-by', { required: true, value: '1h' })),
        h('button', { class: 'primary', test: 'advance' }, 'Advance')),
      h('div', { class: 'buttons' }, ['10m', '1h', '24h', '168h'].map((by) => small(`+${by}`, `advance-${by}`, () => advance(by), moved)))),
    h('section', { class: 'box', 'aria-label': 'Set' },
      form({ class: 'filters', test: 'set-form' }, ({ to }) => call('POST', '/clock/set', { to }), moved,
        labelled('Set to', input('to', 'set-to', { required: true, placeholder: '2027-01-01T00:00:00Z' }), { class: 'field wide' }),
        h('button', { test: 'set' }, 'Set'))),
  ],
  load: async () => ({ frozen: (await get('/clock')).frozen, fired }),
  draw: (c) => [
    h('p', { class: 'lead' }, pill(c.frozen ? 'frozen' : 'running', 'clock-state')),
    h('div', { class: 'buttons' }, c.frozen ? button('Resume', 'resume', () => call('POST', '/clock/resume'), 'The clock runs.')
      : button('Freeze', 'freeze', () => call('POST', '/clock/freeze'), 'The clock stands still.')),
    fired && [h('h2', {}, 'What fell due'), fired.length === 0 ? empty('nothing-fired', 'Nothing.')
      : h('ol', { class: 'timeline', test: 'fired' }, fired.slice(0, shownAtMost).map(firedRow)),
    fired.length > shownAtMost && h('p', { class: 'quiet' }, `The first ${shownAtMost} of ${fired.length}.`)],
  ],
}
