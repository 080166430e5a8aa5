// Every view in every state: how a page gets there.

import { apart, at, guarded, ready } from './desk.mjs'

const el = (page, id) => page.getByTestId(id)

// viewed is a state that an address is enough for.
const viewed = (name, view, box) => [name, async (page) => {
  await page.goto(at(view, box))
  await ready(page)
}]

// further is a state of a view in which something was done.
const further = (name, view, act) => [name, async (page) => {
  await page.goto(at(view))
  await ready(page)
  await act(page)
}]

const openAll = (page) => page.locator('main').evaluate((main) => main.querySelectorAll('details').forEach((one) => (one.open = true)))
const bad = (page) => page.locator('[data-testid=message].bad').waitFor()

// states lists [name, open(page), options of the browser's context]; open leaves the page in the state.
export const states = (desk) => [
  viewed('start', 'start'),
  viewed('start-empty', 'start', 'empty'),
  viewed('sessions', 'sessions'),
  viewed('sessions-empty', 'sessions', 'empty'),
  viewed('sessions-none', 'sessions?status=failed'),
  viewed('session', `sessions/${desk.paid.id}`),
  viewed('session-open', `sessions/${desk.open.id}`),
  viewed('session-tilled', `sessions/${desk.tilled.id}`),
  viewed('session-leanrails', `sessions/${desk.leanrails.id}`),
  viewed('session-bias', `sessions/${desk.bias.id}`),
  viewed('session-unknown', 'sessions/nobody'),
  viewed('session-long', `sessions/${desk.long.id}`),
  viewed('requests', 'requests'),
  viewed('requests-empty', 'requests', 'empty'),
  further('request', `requests/${desk.refused.n}`, openAll),
  further('request-long', `requests/${desk.longRequest.n}`, openAll),
  viewed('deliveries', 'deliveries'),
  viewed('deliveries-empty', 'deliveries', 'empty'),
  further('deliveries-endpoint', 'deliveries', (page) => el(page, 'new-endpoint-summary').click()),
  further('delivery', `deliveries/${desk.delivery.id}`, openAll),
  further('delivery-failed', `deliveries/${desk.failed.id}`, openAll),
  viewed('plan', 'plan'),
  viewed('plan-empty', 'plan', 'empty'),
  further('plan-delay', 'plan', (page) => el(page, 'plan-do').selectOption('delay')),
  viewed('clock', 'clock'),
  viewed('clock-running', 'clock', 'empty'),
  further('clock-fired', 'clock', async (page) => {
    await el(page, 'advance-by').fill('1s')
    await el(page, 'advance').click()
    await page.locator('[data-testid=fired], [data-testid=nothing-fired]').waitFor()
  }),
  viewed('faults', 'faults'),
  viewed('faults-empty', 'faults', 'empty'),
  further('faults-more', 'faults', (page) => el(page, 'fault-more-summary').click()),
  further('faults-drip', 'faults', (page) => el(page, 'fault-kind').selectOption('drip')),
  further('faults-refused', 'faults', async (page) => {
    await el(page, 'fault-operation').fill('createChekout')
    await el(page, 'fault-add').click()
    await bad(page)
  }),
  viewed('catalog', 'catalog'),
  further('catalog-open', 'catalog', async (page) => {
    await el(page, 'catalog-polar-products-summary').click()
    await el(page, 'catalog-polar-products').locator('li summary').first().click()
  }),
  viewed('sandboxes', 'sandboxes'),
  ['loading', async (page) => {
    await page.route('**/_control/sessions*', () => {}) // never answered
    await page.goto(at('sessions'))
    await el(page, 'loading').waitFor()
  }],
  ['error', async (page) => {
    await page.route('**/_control/**', (route) => route.abort())
    await page.goto(at('sessions'))
    await el(page, 'error').waitFor()
  }],
  ['token', async (page) => {
    await page.goto(guarded.url)
    await el(page, 'token').waitFor()
  }],
  ['token-wrong', async (page) => {
    await page.goto(guarded.url)
    await el(page, 'token').fill('nobody')
    await el(page, 'token-send').click()
    await el(page, 'token-wrong').waitFor()
  }],
  ['elsewhere', async (page) => {
    await page.goto(apart.url)
    await el(page, 'elsewhere').waitFor()
  }],
  ['no-script', async (page) => page.goto(at('start')), { javaScriptEnabled: false }],
]
