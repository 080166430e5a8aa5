// The event plan: what happens to the next webhooks, step by step.

import { call, get } from '../api.js'
import { button, form, providers, small } from '../actions.js'
import { empty, h, input, labelled, row, select, table, words } from '../elements.js'

// does are the steps, as they are called here.
const does = [
  ['drop', 'lose it'], ['duplicate', 'send it twice'], ['delay', 'delay it'], ['reorder', 'swap it with the next'],
  ['bad_signature', 'sign it wrongly'], ['stale_timestamp', 'sign it for a time long past'], ['truncate', 'cut its body short'],
]
const spoken = Object.fromEntries(does)

const steps = async () => (await get('/webhooks/plan')).steps

// put replaces the plan: the control API takes it whole.
const put = (all) => call('PUT', '/webhooks/plan', { steps: all })

async function add(v) {
  const match = Object.fromEntries(['provider', 'type', 'session', 'endpoint'].filter((name) => v[name]).map((name) => [name, v[name]]))
  const step = { ...(Object.keys(match).length && { match }), do: v.do, ...(v.do === 'delay' && { delay: v.delay || '30s' }), times: Number(v.times) || 1 }
  return put([...(await steps()), step])
}

function addStep() {
  const what = select('do', 'plan-do', does)
  const delay = labelled('Delay', input('delay', 'plan-delay', { placeholder: '30s' }), { hidden: true })
  what.addEventListener('change', () => (delay.hidden = what.value !== 'delay'))
  return form({ class: 'filters box', test: 'plan-form' }, add, 'The step is added.',
    labelled('Do', what), delay,
    labelled('Provider', select('provider', 'plan-provider', [['', 'Any'], ...providers()])),
    labelled('Event', input('type', 'plan-type', { placeholder: 'any, or order.paid' })),
    labelled('Session', input('session', 'plan-session', { placeholder: 'any' })),
    labelled('Endpoint', input('endpoint', 'plan-endpoint', { placeholder: 'any' })),
    labelled('Times', input('times', 'plan-times', { type: 'number', min: 1, placeholder: '1' })),
    h('button', { class: 'primary', test: 'plan-add' }, 'Add'))
}

export const plan = {
  title: 'Event plan', nav: 'Event plan',
  frame: () => [
    h('p', {}, 'The next webhooks go wrong as planned, in the order of the steps. When a step has happened, it is over; ',
      'when all have, webhooks go out as ever.'),
    addStep(),
  ],
  load: steps,
  draw: (all) => all.length === 0 ? empty('no-plan', 'No plan: every webhook is sent once, in order, well signed.') : [
    table('plan', ['Step', 'Webhooks', 'Times', ''], all.map((s, i) => row([
      [spoken[s.do] ?? s.do, s.delay && h('small', {}, `by ${s.delay}`)], words(s.match ?? {}) || 'the next', String(s.times),
      small('Remove', `plan-drop-${i}`, async () => put((await steps()).toSpliced(i, 1)), 'The step is removed.', `step ${i + 1}`),
    ], `step-${i}`))),
    h('div', { class: 'buttons' }, button('Remove all', 'plan-clear', () => call('DELETE', '/webhooks/plan'), 'There is no plan any more.')),
  ],
}
