// Drives a running localcheckout's checkout pages in Chromium, with axe-core and the published embed
// script of Polar.
//
//	LOCALCHECKOUT_URL=http://127.0.0.1:4747 node walk.mjs [part]
//
// One line `ok <step>` per step; the first step that fails ends the program with status 1.

import { access } from './access.mjs'
import { customer } from './customer.mjs'
import { frames } from './frames.mjs'
import { once } from './once.mjs'
import { outcomes } from './outcomes.mjs'
import { safety } from './safety.mjs'
import { browser, shop } from './stage.mjs'

const only = process.argv[2]
for (const part of [outcomes, once, customer, frames, safety, access]) {
  if (!only || only === part.name) await part()
}
await browser.close()
shop.close()
