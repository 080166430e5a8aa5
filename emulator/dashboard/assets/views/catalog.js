// The catalog: what the providers' ids in a request may name.

import { get } from '../api.js'
import { empty, h, json, more } from '../elements.js'

const named = (o) => [o.name, o.email, o.code, o.description].find((text) => typeof text === 'string' && text) ?? ''

const kind = (provider, name, list) => more(`catalog-${provider}-${name}`, `${name} (${list.length})`,
  list.length === 0 ? empty(`none-${provider}-${name}`, 'None.')
    : h('ul', { class: 'list' }, list.map((o) => h('li', {}, more(`object-${provider}-${o.id}`, [h('code', {}, o.id), ' ', named(o)], json(o))))))

export const catalog = {
  title: 'Catalog', nav: 'Catalog',
  load: () => get('/fixtures'),
  draw: (all) => Object.entries(all).map(([provider, kinds]) => h('section', { class: 'box', 'aria-label': provider }, h('h2', {}, provider),
    h('div', {}, Object.entries(kinds).map(([name, list]) => kind(provider, name, list))))),
}
