// Everything by keyboard, in the order of the page; axe-core and the width of a phone in every state.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { create } from './desk.mjs'
import { el, leave, open, step, text, visit } from './stage.mjs'
import { states } from './states.mjs'

export async function access(desk) {
  await step('the tab order is the order of the page', async () => {
    for (const [view, first, order] of tabs(desk)) {
      const page = await visit(view)
      await el(page, first).focus()
      const seen = [first]
      while (seen.length < order.length) {
        await page.keyboard.press('Tab')
        seen.push(await page.evaluate(() => document.activeElement.dataset.testid ?? document.activeElement.tagName))
      }
      assert.deepEqual(seen, order, view)
      await leave(page)
    }
  })

  await step('by keyboard alone: to a session, and paid', async () => {
    const made = await create()
    const page = await visit('start')
    const tabTo = async (id) => {
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press('Tab')
        if (await page.evaluate((id) => document.activeElement.dataset.testid === id, id)) return
      }
      assert.fail(`${id} is not reached`)
    }
    await tabTo('nav-sessions')
    await page.keyboard.press('Enter')
    await el(page, `session-${made.id}`).waitFor()
    await tabTo(`session-${made.id}`)
    await page.keyboard.press('Enter')
    await el(page, 'act-pay').waitFor()
    await tabTo('act-pay')
    await page.keyboard.press('Enter')
    await text(page, 'session-status', 'succeeded')
    await leave(page)
  })

  await step('every view and state: all controls by keyboard, nothing for axe-core, no wider than the screen', async () => {
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
    for (const [name, enter, options] of states(desk)) {
      const page = await open('', options)
      await enter(page)
      await byKeyboard(page, name)
      const scripted = options?.javaScriptEnabled !== false // axe-core is a script, and waits for timers
      if (scripted) await page.evaluate(axe)
      for (const [width, colorScheme] of [[1280, 'light'], [360, 'dark']]) {
        await page.setViewportSize({ width, height: 800 })
        await page.emulateMedia({ colorScheme })
        if (scripted) await axeFindsNothing(page, `${name} ${width} ${colorScheme}`)
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        assert.ok(over <= 0, `${name} is ${over} px too wide at ${width}`)
      }
      await page.context().close()
    }
  })
}

async function axeFindsNothing(page, where) {
  const { violations, passes } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  assert.deepEqual(violations.map((v) => `${v.impact} ${v.id}: ${v.nodes.map((n) => n.html).slice(0, 3).join(' | ')}`), [], where)
  assert.ok(passes.some((rule) => rule.id === 'color-contrast'), `${where}: axe did not look`)
}

// byKeyboard presses Tab until every control had the focus, and looks that each shows it.
async function byKeyboard(page, name) {
  const controls = await page.locator(focusable).evaluateAll((all) => all.filter((one) => one.tabIndex >= 0 && one.checkVisibility()).length)
  const seen = new Set()
  for (let i = 0; i < controls * 2 + 2 && seen.size < controls; i++) {
    await page.keyboard.press('Tab')
    const { id, outline, place } = await page.evaluate((focusable) => {
      const one = document.activeElement
      const place = [...document.querySelectorAll(focusable)].indexOf(one)
      return { id: one.dataset.testid ?? one.tagName, outline: getComputedStyle(one).outlineStyle, place }
    }, focusable)
    if (id !== 'BODY') assert.equal(outline, 'solid', `${name}: ${id} does not show the focus`)
    if (place >= 0) seen.add(place)
  }
  assert.equal(seen.size, controls, name)
}

const focusable = 'a[href], button, input, select, summary, [tabindex="0"]'

// tabs lists [view, where the focus begins, what Tab then leads to].
const tabs = (desk) => [
  ['start', 'skip', [
    'skip', 'sandbox', 'nav-start', 'nav-sessions', 'nav-requests', 'nav-deliveries', 'nav-plan', 'nav-clock', 'nav-faults', 'nav-catalog',
    'nav-sandboxes', 'start-sessions', 'env-bias-copy', 'PRE',
  ]],
  ['sessions', 'filter-provider', ['filter-provider', 'filter-status', 'filter-limit', 'DIV', `session-${desk.long.id}`]],
  [`sessions/${desk.open.id}`, 'checkout-link', [
    'checkout-link', 'act-instrument', 'act-code', 'act-status', 'act-after', 'act-webhooks', 'act-pay', 'act-decline', 'act-confirm',
    'act-cancel', 'act-expire', 'act-force',
  ]],
  ['requests', 'filter-provider', [
    'filter-provider', 'filter-answered', 'filter-problem', 'filter-unread', 'download-har', 'clear-requests', 'DIV',
    `request-${desk.longRequest.n}`,
  ]],
  ['deliveries', 'filter-provider', ['filter-provider', 'filter-state', 'new-endpoint-summary', 'DIV']],
  ['plan', 'plan-do', [
    'plan-do', 'plan-provider', 'plan-type', 'plan-session', 'plan-endpoint', 'plan-times', 'plan-add', 'DIV', 'plan-drop-0', 'plan-drop-1',
    'plan-drop-2', 'plan-clear',
  ]],
  ['clock', 'resume', ['resume', 'advance-by', 'advance', 'advance-10m', 'advance-1h', 'advance-24h', 'advance-168h', 'set-to', 'set']],
  ['faults', 'fault-provider', [
    'fault-provider', 'fault-operation', 'fault-kind', 'fault-status', 'fault-code', 'fault-delay', 'fault-phase', 'fault-times',
    'fault-more-summary', 'fault-add', 'DIV', 'drop-fault_1', 'clear-faults',
  ]],
  ['sandboxes', 'sandbox-name', ['sandbox-name', 'sandbox-seed', 'sandbox-start', 'sandbox-add', 'DIV']],
]
