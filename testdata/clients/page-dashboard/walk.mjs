// Drives a running localcheckout's dashboard in Chromium, with axe-core.
//
//	LOCALCHECKOUT_URL=http://127.0.0.1:4747 node walk.mjs [part]
//
// One line `ok <step>` per step; the first step that fails ends the program with status 1. What needs an
// emulator with a token, or with a control API of its own address, asks for them by name: README.md.

import { access } from './access.mjs'
import { furnish, furnished, openReceiver } from './desk.mjs'
import { forms } from './forms.mjs'
import { guards } from './guards.mjs'
import { live } from './live.mjs'
import { browser } from './stage.mjs'

const only = process.argv[2]
const receiver = await openReceiver()
for (const part of [live, forms, guards, access]) {
  if (only && only !== part.name) continue
  await part(await (part === access ? furnished : furnish)(receiver), receiver)
}
await browser.close()
receiver.close()
