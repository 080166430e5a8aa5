// The pieces that views are made of. Text from outside becomes text nodes and attribute values alone.

import { at, query } from './api.js'

export const byId = (name) => document.querySelector(`[data-testid="${CSS.escape(name)}"]`)

// h makes an element. Attributes that are null or false are left out, test is its data-testid, on… a
// listener; kids that are strings become text.
export function h(tag, attributes = {}, ...kids) {
  const el = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue
    if (name.startsWith('on')) el.addEventListener(name.slice(2), value)
    else el.setAttribute(name === 'test' ? 'data-testid' : name, value === true ? '' : value)
  }
  el.append(...kids.flat(Infinity).filter((kid) => kid !== null && kid !== undefined && kid !== false))
  return el
}

// Fields

let fields = 0
export function labelled(text, field, attributes = {}) {
  field.id ||= `field-${fields++}`
  return h('div', { class: 'field', ...attributes }, h('label', { for: field.id }, text), field)
}

export const input = (name, test, attributes = {}) => h('input', { name, test, autocomplete: 'off', ...attributes })

// select takes options as words, or as [value, text].
export function select(name, test, options, value = '') {
  return h('select', { name, test }, options.map((option) => {
    const [v, text] = [option].flat()
    return h('option', { value: v, selected: v === value }, text ?? v)
  }))
}

// Addresses

export function hash(view, id = '', filters = {}) {
  return `#/${encodeURIComponent(at.box)}/${view}${id !== '' ? `/${encodeURIComponent(id)}` : ''}${query(filters)}`
}
export const link = (to, text, test) => h('a', { href: to, test }, text)

// Words and values

export const pill = (word, test) => h('span', { class: 'pill', 'data-word': word, test }, word)
export const empty = (test, ...text) => h('p', { class: 'empty', test }, ...text)
export const code = (text) => h('pre', { tabindex: '0' }, h('code', {}, text))
export const json = (value) => code(typeof value === 'string' ? value : JSON.stringify(value, null, 2))
export const short = (id) => (id.length > 18 ? `${id.slice(0, 8)}…${id.slice(-6)}` : id)
export const headerLines = (headers) => Object.entries(headers).map(([name, value]) => `${name}: ${value}`).join('\n')

// words writes an object in one line: of a fault, what it matches and what it does.
export const words = (o) => Object.entries(o).map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`).join(', ')

// facts takes [name, value, testid]; false among them is left out.
export function facts(...pairs) {
  return h('dl', { class: 'facts' }, pairs.filter(Boolean).map(([name, value, test]) => h('div', {}, h('dt', {}, name), h('dd', { test }, value))))
}

export const more = (test, title, ...kids) => h('details', { test }, h('summary', { test: `${test}-summary` }, title), ...kids)

// table takes rows of cells; row(cells, test) names one.
export function table(test, heads, rows) {
  const cell = (value, i) => h('td', { 'data-head': heads[i] }, value)
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': heads.filter(Boolean).join(', ') },
    h('table', { test },
      h('thead', {}, h('tr', {}, heads.map((text) => (text ? h('th', { scope: 'col' }, text) : h('td', {}))))),
      h('tbody', {}, rows.map((cells) => h('tr', { test: cells.test }, cells.map(cell))))))
}
export const row = (cells, test) => Object.assign(cells, { test })

// Money and time

export function money(amount, currency) {
  try {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency })
    return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits)
  } catch {
    return `${amount} ${currency}`
  }
}

const digits = (n, count = 2) => String(n).padStart(count, '0')
export const day = (text) => new Date(text).toISOString().slice(0, 10)
export function clockTime(text, fine) {
  const d = new Date(text)
  const seconds = `${digits(d.getUTCHours())}:${digits(d.getUTCMinutes())}:${digits(d.getUTCSeconds())}`
  return fine ? `${seconds}.${digits(d.getUTCMilliseconds(), 3)}` : seconds
}
export const when = (text, fine) => h('time', { datetime: text, title: text }, h('span', { class: 'day' }, day(text)), ' ', clockTime(text, fine))
