import { openDatabase } from '@atrium/platform/database'
import { systemsOver } from './approval-system.fixture.ts'
import { startDirectoryReader, startGateway, type Tables } from './world.fixture.ts'

/** A gateway's inbox as a process of its own, to be killed: DATABASE_URL, ISSUER and SYSTEM_URL say where the others are. */
const url = process.env.DATABASE_URL!
const db = openDatabase<Tables>(url)
const people = startDirectoryReader(db, url, process.env.ISSUER!)
await startGateway({ db, url, people }, systemsOver(process.env.SYSTEM_URL!))
process.send?.('ready')
