import { listOfMilliseconds, port } from '@atrium/platform/config'
import { z } from 'zod'

/** What every sample system reads from its environment. A system adds its own with `.extend()`. */
export const sampleConfig = z.object({
  PORT: port.describe('Port to listen on'),
  HOST: z.string().default('127.0.0.1').describe('Address to listen on'),
  PUBLIC_URL: z.url().describe('The address people open, without a path'),
  ISSUER: z.url().describe('The OpenID Connect issuer that signs people in'),
  CLIENT_ID: z.string().describe("This system's client id at the issuer"),
  CLIENT_SECRET: z.string().describe('The secret of that client'),
  DATA_DIR: z.string().describe("Folder of this system's SQLite file"),
  GATEWAY_URL: z.url().describe('Where events go: <GATEWAY_URL>/events'),
  ATRIUM_TODAY: z.string().optional().describe('Day the sample data are relative to at the first start, YYYY-MM-DD'),
  CONTROL_TOKEN: z.string().optional().describe('Switches fault control on, for tests'),
  RETRY_DELAYS: listOfMilliseconds
    .default([500, 1000, 2000, 5000, 10_000, 15_000])
    .describe('Waits between attempts to deliver an event, in ms; the last one repeats'),
})

export type SampleConfig = z.infer<typeof sampleConfig>
