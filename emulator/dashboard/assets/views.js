// Every view by the name that it has in the address. A view is
//
//	title, and nav (its name in the navigation) or parent (the view that it belongs to)
//	load()      what it shows, of the control API
//	draw(data)  the live part: elements, drawn when the data has changed
//	frame()     what stays while the live part changes: forms, filters; above it, or below with frameBelow

import { catalog } from './views/catalog.js'
import { clock } from './views/clock.js'
import { deliveries, delivery } from './views/deliveries.js'
import { faults } from './views/faults.js'
import { plan } from './views/plan.js'
import { request, requests } from './views/requests.js'
import { sandboxes } from './views/sandboxes.js'
import { session } from './views/session.js'
import { sessions } from './views/sessions.js'
import { start } from './views/start.js'

// In the order of the navigation.
export const views = { start, sessions, requests, deliveries, plan, clock, faults, catalog, sandboxes, session, request, delivery }

// detail is the view of one of a list.
export const detail = { sessions: 'session', requests: 'request', deliveries: 'delivery' }
