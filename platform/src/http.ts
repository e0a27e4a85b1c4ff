export { createApp } from './http/app.ts'
export { metrics } from './http/metrics.ts'
export { type Served, serve } from './http/serve.ts'
