// The dashboard: the way between its views. It draws what the control API answers and follows its
// streams. A view has a frame, which stays, and a live part, which is drawn anew; see views.js.

import { at, get, page } from './api.js'
import { say } from './actions.js'
import { byId, h, hash } from './elements.js'
import { begin, connect, fail, refresh, soon, tick } from './live.js'
import { detail, views } from './views.js'

const named = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/ // as a sandbox may be

function decoded(part) {
  try {
    return decodeURIComponent(part)
  } catch {
    return ''
  }
}

// route reads the address. What names nothing leads to the start.
function route() {
  const [way, search = ''] = location.hash.replace(/^#\/?/, '').split('?')
  const [box, view, id] = way.split('/').map(decoded)
  at.box = named.test(box ?? '') ? box : 'default'
  at.view = id && detail[view] ? detail[view] : views[view]?.nav ? view : 'start'
  at.id = id ?? ''
  at.query = new URLSearchParams(search)
}

function navigation(current) {
  const items = Object.entries(views).filter(([, view]) => view.nav)
  return items.map(([name, view]) => h('a', { href: hash(name), test: `nav-${name}`, 'aria-current': name === current && 'page' }, view.nav))
}

// show opens the view that the address names. moved says that its user just went there.
async function show(moved) {
  const before = at.box
  route()
  const view = views[at.view]
  begin(view, start)
  byId('nav').replaceChildren(...navigation(view.parent ?? at.view))
  byId('title').textContent = view.title
  document.title = `${view.title} · ${at.box} · localcheckout`
  if (moved) {
    say('')
    document.getElementById('main').focus()
  }
  if (moved && before !== at.box) connect()
  if (page.sandboxes.length) byId('sandbox').value = at.box
  const place = h('div', { id: 'live', 'aria-busy': 'true' }, h('p', { class: 'empty', test: 'loading' }, 'Loading'))
  document.getElementById('view').replaceChildren(place)
  try {
    if (!page.info || before !== at.box) page.info = await get('/info')
  } catch (err) {
    page.info = null
    fail(place, err)
    return
  }
  if (!place.isConnected) return // its user went on meanwhile
  const frame = [view.frame?.()].flat().filter(Boolean)
  if (view.frameBelow) place.after(...frame)
  else place.before(...frame)
  await refresh()
}

function start() {
  document.querySelector('.bar').hidden = false // without a script it would be of no use
  connect()
  return show(false)
}

byId('sandbox').addEventListener('change', (event) => {
  location.hash = `#/${encodeURIComponent(event.target.value)}/${views[at.view].parent ?? at.view}`
})
byId('skip').addEventListener('click', (event) => {
  event.preventDefault()
  document.getElementById('main').focus()
})
addEventListener('hashchange', () => show(true))
document.addEventListener('visibilitychange', () => {
  connect()
  if (!document.hidden) soon()
})
setInterval(tick, 1000)
// What nothing in the streams tells of: another client's clock and faults, attempts under way.
setInterval(() => {
  if (document.hidden) return
  if (page.info) refresh()
  else if (!document.getElementById('token')) start()
}, 3000)
start()
