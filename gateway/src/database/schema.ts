import type { PeopleTables } from '../access/tables.ts'
import type { BoardTables } from '../boards/tables.ts'
import type { ClientRateTables } from '../clients/shared-rates.ts'
import type { InboxTables } from '../inbox/tables.ts'
import type { ObservingTables } from '../observing/store.ts'
import type { PublishingTables } from '../publishing/tables.ts'
import type { QualityTables } from '../quality/tables.ts'
import type { DriftTables } from '../systems/drift/tables.ts'
import type { SystemTables } from '../systems/tables.ts'

/** All tables of the gateway's database; each part declares its own beside the code that uses them. */
export type Database = SystemTables &
  PeopleTables &
  InboxTables &
  BoardTables &
  PublishingTables &
  QualityTables &
  ObservingTables &
  DriftTables &
  ClientRateTables
