// The sessions of every provider, newest first.

import { get } from '../api.js'
import { anyProvider, asked, chosen, filters } from '../actions.js'
import { empty, h, hash, labelled, link, money, pill, row, select, short, table, when } from '../elements.js'

export const statuses = ['open', 'confirmed', 'succeeded', 'failed', 'expired']

export const sessions = {
  title: 'Sessions', nav: 'Sessions',
  frame: () => filters('sessions', anyProvider(),
    labelled('Status', select('status', 'filter-status', [['', 'All'], ...statuses], chosen('status'))),
    labelled('Show', select('limit', 'filter-limit', ['50', '200', '1000'], chosen('limit') || '50'))),
  load: () => get(`/sessions${asked(['provider', 'status'], { limit: chosen('limit') || 50 })}`),
  draw: ({ sessions, total }) => sessions.length === 0
    ? empty('no-sessions', 'No session here. ', link(hash('start'), 'Start here', 'to-start'), ' has a command that makes one.')
    : [
      h('p', { class: 'quiet', test: 'total' }, sessions.length < total ? `The latest ${sessions.length} of ${total}` : `${total} in all`),
      table('sessions', ['Session', 'Status', 'Amount', 'Provider', 'Created'], sessions.map((s) => row([
        link(hash('sessions', s.id), short(s.id), `session-${s.id}`),
        [pill(s.status, `status-${s.id}`), s.native_status !== s.status && h('small', {}, s.native_status)],
        money(s.amount, s.currency), s.provider, when(s.created_at),
      ], `row-${s.id}`))),
    ],
}
