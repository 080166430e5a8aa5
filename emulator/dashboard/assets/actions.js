// What can be pressed and sent, and how the page tells what became of it.

import { at, page, query } from './api.js'
import { byId, code, h, hash, input, labelled, select } from './elements.js'
import { refresh, wrong } from './live.js'

// say tells what became of an action, also to screen readers.
export function say(text, bad = false) {
  const el = byId('message')
  el.textContent = text
  el.classList.toggle('bad', bad)
}

// act runs what a button is for, and shows that it does. done is what is said then, or makes it of the
// result.
async function act(button, run, done) {
  button?.setAttribute('aria-busy', 'true')
  try {
    const result = await run()
    say(typeof done === 'function' ? done(result) : done)
    await refresh()
  } catch (err) {
    say(wrong(err).textContent, true)
  } finally {
    button?.removeAttribute('aria-busy')
  }
}

export function button(text, test, run, done, attributes = {}) {
  const press = (event) => act(event.currentTarget, run, done)
  return h('button', { type: 'button', test, ...attributes, onclick: press }, text)
}

// small is a button within a list. of says what it is about, for those who do not see the list.
export function small(text, test, run, done, of = '') {
  return button(text, test, run, done, { class: 'small', 'aria-label': of && `${text} ${of}` })
}

// form calls run with what is in its fields.
export function form(attributes, run, done, ...kids) {
  const submit = (event) => {
    event.preventDefault()
    act(event.submitter, () => run(Object.fromEntries(new FormData(event.target))), done)
  }
  return h('form', { onsubmit: submit, ...attributes }, ...kids)
}

// copy puts text, or what a function answers, into the clipboard.
export function copy(text, test, name = 'Copy') {
  const run = async () => navigator.clipboard.writeText(typeof text === 'string' ? text : await text())
  return small(name, test, run, 'Copied.')
}
export function snippet(title, text, test) {
  return h('section', { class: 'snippet' }, h('div', { class: 'head' }, h('h3', {}, title), copy(text, `${test}-copy`)), h('div', { test }, code(text)))
}

// download saves what a function answers as a file.
export function download(text, test, name, load) {
  const run = async () => {
    const url = URL.createObjectURL(new Blob([await load()], { type: 'application/json' }))
    h('a', { href: url, download: name }).click()
    setTimeout(() => URL.revokeObjectURL(url), 10_000)
  }
  return button(text, test, run, `Saved as ${name}.`)
}

// filters is a form whose fields become the query of the address.
export function filters(view, ...kids) {
  const change = (event) => {
    event.preventDefault()
    const chosen = new FormData(event.currentTarget)
    history.replaceState(null, '', hash(view, '', Object.fromEntries(chosen)))
    at.query = new URLSearchParams(chosen)
    refresh()
  }
  return h('form', { class: 'filters', onsubmit: change, onchange: change, test: 'filters' }, ...kids)
}
export const chosen = (name) => at.query.get(name) ?? ''
// asked is the query of a call, by the filters of these names.
export const asked = (names, further = {}) => query({ ...Object.fromEntries(names.map((name) => [name, at.query.get(name)])), ...further })

export const providers = () => (page.info?.providers ?? []).map((p) => p.name)
export const anyProvider = () => labelled('Provider', select('provider', 'filter-provider', [['', 'All'], ...providers()], chosen('provider')))
export function check(text, name, test) {
  return labelled(text, input(name, test, { type: 'checkbox', value: 'true', checked: chosen(name) === 'true' }), { class: 'check' })
}
