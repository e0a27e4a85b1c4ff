import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/** The process's Prometheus registry, served at /metrics. */
export const metrics = new Registry()
collectDefaultMetrics({ register: metrics })

/** Seconds a request took, by method and status class. */
export const requestSeconds = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Time from the first byte of a request to the end of its answer, in seconds',
  labelNames: ['service', 'method', 'status'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  registers: [metrics],
})
