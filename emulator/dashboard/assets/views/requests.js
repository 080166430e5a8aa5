// The journal of requests, and one of them: why it was refused, what nothing read, both bodies.

import { at, call, get } from '../api.js'
import { anyProvider, asked, button, check, chosen, copy, download, filters } from '../actions.js'
import { code, empty, facts, h, hash, headerLines, input, json, labelled, link, more, pill, row, table, when } from '../elements.js'

const tags = (r) => [
  r.violations.length > 0 && pill(`${r.violations.length} invalid`),
  r.unread.length > 0 && pill(`${r.unread.length} unread`),
  r.decided_by !== 'state' && pill(`by ${r.decided_by}`),
]

// outline is what the list shows of a request.
const outline = ({ n, at, surface, operation, method, path, status, decided_by, violations, unread, problem }) =>
  ({ n, at, surface, operation, method, path, status, decided_by, violations, unread, problem })

export const requests = {
  title: 'Requests', nav: 'Requests',
  frame: () => filters('requests', anyProvider(),
    labelled('Status', input('status', 'filter-answered', { placeholder: '4xx', pattern: '[1-5](\\d\\d|xx)', value: chosen('status') })),
    check('Refused only', 'problem', 'filter-problem'), check('With unread fields', 'unread', 'filter-unread'),
    h('div', { class: 'buttons' },
      download('Download HAR', 'download-har', 'localcheckout.har', async () => JSON.stringify(await get('/requests.har'))),
      button('Clear', 'clear-requests', () => call('DELETE', '/requests'), 'The journal is empty.', { 'aria-label': 'Clear the journal' }))),
  load: async () => (await get(`/requests${asked(['provider', 'status', 'problem', 'unread'], { limit: 200 })}`)).requests.map(outline).reverse(),
  draw: (requests) => requests.length === 0
    ? empty('no-requests', 'No request here. Those to the providers are recorded, with why they were refused.')
    : table('requests', ['Request', 'Status', 'Notes', 'Time'], requests.map((r) => row([
      [link(hash('requests', r.n), `${r.method} /${r.surface}${r.path}`, `request-${r.n}`), h('small', {}, r.operation ?? 'no such route')],
      pill(String(r.status)), [tags(r), r.problem && h('small', {}, r.problem)], when(r.at),
    ], `row-request-${r.n}`))),
}

const message = (title, m, test) => h('section', { class: 'box' }, h('h2', {}, title),
  m.body === null ? h('p', { class: 'quiet' }, 'No body.') : h('div', { test: `${test}-body` }, json(m.body.text ?? m.body)),
  m.cut && h('p', { class: 'quiet' }, `Only the first 64 KiB of ${m.size} bytes are kept.`),
  more(`${test}-headers`, 'Headers', code(headerLines(m.headers))))

const violation = (v) => [
  h('code', {}, `${v.in} ${v.pointer}`), v.rule,
  [v.message ?? '', v.allowed?.length > 0 && h('small', {}, `Allowed: ${v.allowed.join(', ')}`)],
  v.value === undefined ? '' : h('code', {}, JSON.stringify(v.value)),
]

export const request = {
  title: 'Request', parent: 'requests',
  load: () => get(`/requests/${encodeURIComponent(at.id)}`),
  draw: (r) => [
    h('p', { class: 'lead' }, pill(String(r.status), 'request-status'), ' ',
      h('strong', {}, `${r.method} /${r.surface}${r.path}${r.query ? `?${r.query}` : ''}`)),
    h('div', { class: 'buttons' }, copy(() => get(`/requests/${r.n}?as=curl`), 'copy-curl', 'Copy as curl')),
    facts(['Operation', r.operation ?? 'none'], r.session && ['Session', link(hash('sessions', r.session), r.session, 'request-session')],
      ['Decided by', r.decided_by], ['Took', r.duration], ['Time', when(r.at, true)], ['On the sandbox’s clock', when(r.clock, true)]),
    r.problem && h('p', { class: 'messages bad', test: 'problem' }, r.problem, r.nearest && !r.problem.includes(r.nearest) && ` Nearest: ${r.nearest}.`),
    r.violations.length > 0 && [h('h2', {}, 'Invalid'), table('violations', ['Where', 'Rule', 'Why', 'Sent'], r.violations.map(violation))],
    r.unread.length > 0 && [h('h2', {}, 'Unread fields'),
      h('p', { class: 'quiet' }, 'Nothing here took notice of them. The provider may not know them either.'),
      h('ul', { class: 'list', test: 'unread' }, r.unread.map((text) => h('li', {}, h('code', {}, text))))],
    message('Sent', r.request, 'sent'), message('Answered', r.response, 'answered'),
  ],
}
