// Drives a running localcheckout's dashboard in Chromium, with axe-core.
//
//	LOCALCHECKOUT_URL=http://127.0.0.1:4747 node walk.mjs
//
// One line `ok <step>` per step; the first step that fails ends the program with status 1. What needs an
// emulator with a token, or with a control API of its own address, asks for them by name: README.md.

import { access } from './access.mjs'
import { furnish, furnished, openReceiver } from './desk.mjs'
import { forms } from './forms.mjs'
import { guards } from './guards.mjs'
import { live } from './live.mjs'
import { browser } from './stage.mjs'

const receiver = await openReceiver()
const desk = await furnish(receiver)
await live(desk)
await forms(desk, receiver)
await guards(desk)
await access(await furnished(receiver))
await browser.close()
receiver.close()
