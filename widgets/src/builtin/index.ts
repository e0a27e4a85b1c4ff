import type { WidgetManifest } from '../sdk/manifest.ts'
import { announcements } from './announcements/manifest.ts'
import { claimsToCheck } from './claims-to-check/manifest.ts'
import { customersToFollowUp } from './customers-to-follow-up/manifest.ts'
import { dealsInNegotiation } from './deals-in-negotiation/manifest.ts'
import { myAccount } from './my-account/manifest.ts'
import { myRequests } from './my-requests/manifest.ts'
import { mySystems } from './my-systems/manifest.ts'
import { ordersInProgress } from './orders-in-progress/manifest.ts'
import { overdueInvoices } from './overdue-invoices/manifest.ts'
import { production } from './production/manifest.ts'
import { receivables } from './receivables/manifest.ts'
import { shipments } from './shipments/manifest.ts'
import { stockBelowMinimum } from './stock-below-minimum/manifest.ts'
import { teamFollowUps } from './team-follow-ups/manifest.ts'
import { teamThisMonth } from './team-this-month/manifest.ts'

/** The widgets that come with Atrium. */
export const builtinWidgets: readonly WidgetManifest[] = [
  announcements,
  stockBelowMinimum,
  customersToFollowUp,
  teamFollowUps,
  ordersInProgress,
  production,
  shipments,
  myRequests,
  dealsInNegotiation,
  teamThisMonth,
  receivables,
  overdueInvoices,
  claimsToCheck,
  mySystems,
  myAccount,
]
